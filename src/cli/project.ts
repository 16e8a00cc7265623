import { closeSync, lstatSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join, relative, resolve, sep } from 'node:path';
import { packageFolder } from '../node/package-folder.ts';
import { RefusedWriteError, REFUSALS } from '../run/durable-file.ts';
import { removeEmpty } from '../run/folders.ts';
import { UserError } from '../user-error.ts';
import { LEASH_VERSION } from '../version.ts';
import { makeNewFolder, requireFolderPlace } from './new-folder.ts';

/** A project that was made. */
export interface Project {
  readonly folder: string;
  /** Those that were written, by their names in it. */
  readonly files: readonly string[];
}

/** They stand in `docs/project`, as they are. */
const COPIED = ['corridor.ts', 'corridor.json', 'corridor.test.js', 'tsconfig.json'];

/**
 * Makes a project with an environment of one's own: all of its files or, where one of them is there already, none.
 * @param folder made where it is not there
 * @throws UserError naming what is in the way
 */
export function initProject(folder: string): Project {
  const found = packageFolder();
  if (found === undefined)
    throw new UserError('the folder of leash has lost its configs; install it anew', 1);
  const files = new Map([
    ['package.json', manifestOf(folder, found)],
    ['.gitignore', 'node_modules/\nruns/\n'],
    ...COPIED.map((name) => [name, readFileSync(join(found, 'docs/project', name), 'utf8')] as const),
  ]);
  requireFolderPlace('DIR', folder);
  const there = [...files.keys()].filter((name) => lstatSync(join(folder, name), { throwIfNoEntry: false }));
  if (there.length > 0)
    throw new UserError(
      `${folder === '.' ? 'this folder' : folder} has ${there.join(', ')} already, and init writes over nothing; name another DIR`,
    );
  writeAll(folder, files, makeNewFolder('DIR', folder));
  return { folder, files: [...files.keys()] };
}

/**
 * All or none: what was written is taken away again where one cannot be.
 * @param made folders that go with it, the deepest first
 * @throws UserError naming the file that a full disk did not take
 */
function writeAll(folder: string, files: ReadonlyMap<string, string>, made: readonly string[]): void {
  const written: string[] = [];
  try {
    for (const [name, content] of files) {
      const path = join(folder, name);
      // One that came meanwhile stays.
      const file = openSync(path, 'wx');
      written.push(path);
      try {
        writeFileSync(file, content);
      } finally {
        closeSync(file);
      }
    }
  } catch (error) {
    for (const path of written) rmSync(path);
    removeEmpty(made);
    const reason = REFUSALS[(error as NodeJS.ErrnoException).code ?? ''];
    if (reason === undefined) throw error;
    throw new RefusedWriteError(`${written.at(-1) ?? folder}: ${reason}; nothing was made`);
  }
}

function manifestOf(folder: string, leash: string): string {
  const { dependencies } = JSON.parse(readFileSync(join(leash, 'package.json'), 'utf8')) as {
    dependencies: Record<string, string>;
  };
  const manifest = {
    name: packageName(basename(resolve(folder))),
    private: true,
    type: 'module',
    scripts: {
      train: 'leash train corridor.json',
      check: 'leash check-env corridor.ts',
      test: 'node --test',
    },
    dependencies: { 'leash-rl': sourceOf(folder, leash), zod: `^${dependencies.zod}` },
  };
  return `${JSON.stringify(manifest, null, 2)}\n`;
}

/** A name that npm takes. */
function packageName(folder: string): string {
  const name = folder
    .toLowerCase()
    .replaceAll(/[^a-z0-9._-]+/g, '-')
    .replaceAll(/^[._-]+|[._-]+$/g, '')
    .slice(0, 100);
  // One that is called as what it depends on could not be installed.
  return name === '' || ['leash-rl', 'zod', 'node_modules'].includes(name) ? 'my-world' : name;
}

/** The leash that runs, as npm finds it: where it is a clone, or was installed from a file, that; else its version. */
function sourceOf(folder: string, leash: string): string {
  const packages = dirname(leash);
  const from = (path: string): string => `file:${relative(resolve(folder), path).replaceAll(sep, '/')}`;
  if (basename(packages) !== 'node_modules') return from(leash);
  const file = installedFrom(join(packages, '.package-lock.json'));
  return file === undefined ? `^${LEASH_VERSION}` : from(resolve(dirname(packages), file));
}

/** The file that npm's record says leash was installed from; undefined where it was a registry's. */
function installedFrom(record: string): string | undefined {
  try {
    const { packages } = JSON.parse(readFileSync(record, 'utf8')) as {
      packages: Record<string, { resolved?: string }>;
    };
    return /^file:(.+)$/.exec(packages['node_modules/leash-rl']?.resolved ?? '')?.[1];
  } catch {
    // Another installer's folder.
    return undefined;
  }
}
