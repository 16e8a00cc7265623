import { existsSync, statSync } from 'node:fs';
import { dirname, isAbsolute, relative, resolve } from 'node:path';
import { withPaths } from '../config/file-paths.ts';

/** What a path in a file means: it starts from where the file stands. Of what is piped in, from the working folder. */
export function pathBeside(file: string, path: string): string {
  if (isAbsolute(path)) return path;
  const isPiped = statSync(file, { throwIfNoEntry: false })?.isFile() === false;
  return fromHere(resolve(isPiped ? '.' : dirname(file), path));
}

/** As the working folder has it. */
function fromHere(path: string): string {
  return relative('', path) || '.';
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
    const beside = pathBeside(file, path);
    return existsSync(beside) || !existsSync(path) ? beside : path;
  });
}
