import { existsSync, lstatSync, mkdirSync, readdirSync, rmdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { UserError } from '../user-error.ts';
import { REFUSALS, RefusedWriteError } from './durable-file.ts';

/* Folders as runs and experiments make them: all or none, and what was made for one that came to nothing goes again. */

/** Makes a folder. @param made gets the folders above that had to be made, the deepest first */
export function makeStaging(staging: string, made: string[]): void {
  for (let attempt = 1; ; attempt++) {
    try {
      made.unshift(...makeFolders(dirname(staging)));
      mkdirSync(staging);
      return;
    } catch (cause) {
      // Another start, refused, took the empty folders above away again.
      if ((cause as NodeJS.ErrnoException).code !== 'ENOENT' || attempt === 20) throw cause;
    }
  }
}

/** A folder that is there already, and empty, is as good as none. */
export function isFree(path: string): boolean {
  const found = lstatSync(path, { throwIfNoEntry: false });
  return found === undefined || (found.isDirectory() && readdirSync(path).length === 0);
}

/** Why a folder could not be made: a mistake, or a disk that refuses. */
export function cannotMake(root: string, path: string, { code, message }: NodeJS.ErrnoException): UserError {
  const why = `--runs ${root}: cannot make ${path} (${code ?? message})`;
  return code !== undefined && code in REFUSALS ? new RefusedWriteError(why) : new UserError(why);
}

/**
 * `mkdir -p`, level by level: Node 20's recursive mkdirSync never returns in /proc. Another thread may make
 * the same parents at the same time.
 * @returns the folders made, the deepest first
 */
export function makeFolders(path: string): string[] {
  if (existsSync(path)) return [];
  const above = makeFolders(dirname(path));
  try {
    mkdirSync(path);
    return [path, ...above];
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    return above;
  }
}

/** Removes folders, the deepest first, as far as they are empty. */
export function removeEmpty(folders: readonly string[]): void {
  for (const folder of folders) {
    try {
      rmdirSync(folder);
    } catch {
      return;
    }
  }
}
