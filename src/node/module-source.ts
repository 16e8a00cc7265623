import { createHash } from 'node:crypto';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { MODULE_NAME } from '../config/environment-name.ts';
import { UserError } from '../user-error.ts';
import { stripTypes } from './strip-types.ts';

/** What is imported by its path, in each of the three ways. */
const BY_PATH = /\b(?:from|import)\s*\(?\s*(['"])(\.{1,2}\/[^'"\n]+)\1/g;

/**
 * SHA-256 of a file of code and of all files that it imports by their paths, by name and content: what it does may have
 * changed where it is another. Packages are not followed.
 * @param file as messages name it
 * @throws UserError in one line for TypeScript that does not erase, and for an import of a file that is not there
 */
export function sourceHash(file: string): string {
  const sources = sourcesOf(file);
  const hash = createHash('sha256');
  for (const path of [...sources.keys()].sort()) {
    const source = sources.get(path) as Buffer;
    hash.update(`${relative(dirname(resolve(file)), path)}\0${source.length}\0`).update(source);
  }
  return hash.digest('hex');
}

/** The file and all that it imports by their paths: absolute path → content. @throws UserError as `sourceHash` */
export function sourcesOf(file: string): Map<string, Buffer> {
  const sources = new Map<string, Buffer>();
  follow(file, sources);
  return sources;
}

function follow(file: string, sources: Map<string, Buffer>): void {
  const path = resolve(file);
  if (sources.has(path)) return;
  const source = readFileSync(path);
  sources.set(path, source);
  if (!MODULE_NAME.test(file)) return;
  const text = source.toString('utf8');
  const code = /\.m?ts$/.test(file) ? stripTypes(text, file) : text;
  if (typeof code !== 'string')
    throw new UserError(
      `${code.message.replace(' in strip-only mode', '')}${code.isTypeScript ? ': leaving types out must make it JavaScript' : ''} (${file}:${code.line}:${code.column})`,
    );
  for (const { 2: name, index } of code.matchAll(BY_PATH)) {
    const imported = join(dirname(file), name as string);
    if (statSync(imported, { throwIfNoEntry: false })?.isFile()) follow(imported, sources);
    else if (!isCommented(code, index))
      throw withoutFile(name as string, imported, file, lineOf(code, index));
  }
}

/** Whether a line begins as a comment. */
function isCommented(code: string, index: number): boolean {
  return /^\s*(\/\/|\/?\*)/.test(code.slice(code.lastIndexOf('\n', index) + 1));
}

function lineOf(code: string, index: number): number {
  return code.slice(0, index).split('\n').length;
}

function withoutFile(name: string, imported: string, file: string, line: number): UserError {
  const stem = imported.replace(/\.m?js$/, '');
  const found = ['.ts', '.mts', '.js', '.mjs', '/index.ts'].find((end) => existsSync(stem + end));
  const meant = found === undefined ? '' : `; did you mean ${name.replace(/\.m?js$/, '')}${found}?`;
  return new UserError(`import of "${name}": there is no such file${meant} (${file}:${line})`);
}
