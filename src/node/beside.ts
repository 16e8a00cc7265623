import { existsSync, statSync } from 'node:fs';
import { dirname, isAbsolute, join, relative, resolve } from 'node:path';
import { withPaths } from '../config/file-paths.ts';

/** What a path in a file means: it starts from where the file stands. Of what is piped in, from the working folder. */
export function pathBeside(file: string, path: string): string {
  if (isAbsolute(path)) return path;
  const isPiped = statSync(file, { throwIfNoEntry: false })?.isFile() === false;
  return join(isPiped ? '.' : dirname(file), path);
}

/** The same as a config holds it, from the working folder: a file named from the root is no other config. */
export function settingBeside(file: string, path: string): string {
  return isAbsolute(path) ? path : relative('', pathBeside(file, path)) || '.';
}

/**
 * A run's config as its folder holds it: paths start from there, so that they lead on when run and files move together.
 * Absolute ones stay.
 */
export function configForRun<T extends object>(run: string, config: T): T {
  return withPaths(config, (path) => (isAbsolute(path) ? path : relative(resolve(run), resolve(path))));
}

/**
 * The inverse: a run's config with paths from the working folder. Runs of before 0.2.0 held them from the folder in which
 * they were trained; such a path stays where a file is at its end.
 */
export function configOfRun<T extends object>(file: string, config: T): T {
  return withPaths(config, (path) => {
    const beside = settingBeside(file, path);
    return existsSync(beside) || !existsSync(path) ? beside : path;
  });
}
