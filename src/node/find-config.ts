import { existsSync, readdirSync, statSync } from 'node:fs';
import { basename, dirname, isAbsolute, join, relative } from 'node:path';
import { nearest } from '../config/nearest.ts';
import { UserError } from '../user-error.ts';
import { packageFolder } from './package-folder.ts';

/** Where configs stand in a clone, and in the package that was installed. */
const FOLDERS = ['', 'configs', 'configs/studies'];

/**
 * The config, study, sweep or fit that a name means which is no path of a file: NAME or NAME.json here, in `configs/`
 * and `configs/studies/` below, and in those that came with leash.
 * @param others words that were no files and could have been meant
 * @param runs the folder in which it could have been the name of runs
 * @throws UserError saying where it was looked for, with the nearest name that is there
 */
export function findConfig(name: string, others: readonly string[] = [], runs?: string): string {
  const names = name.endsWith('.json') ? [name] : [`${name}.json`, name];
  const roots = isAbsolute(name) ? [''] : [...new Set([process.cwd(), packageFolder() ?? process.cwd()])];
  const folders = roots.flatMap((root) =>
    isAbsolute(name) ? [dirname(name)] : FOLDERS.map((folder) => join(root, folder)),
  );
  for (const folder of folders)
    for (const each of names) {
      const path = isAbsolute(name) ? each : join(folder, each);
      if (statSync(path, { throwIfNoEntry: false })?.isFile()) return shortest(path);
    }
  const where = isAbsolute(name)
    ? ''
    : ` in ${process.cwd()}, in configs and configs/studies there${roots.length > 1 ? `, and among those that came with leash in ${roots[1]}/configs` : ''}`;
  const looked = names.length > 1 || where !== '' ? `; looked for ${names.join(' and ')}${where}` : '';
  const [what, below] = runs === undefined ? ['config', ''] : ['config or run', `, and in ${runs}`];
  throw new UserError(`there is no ${what} ${name}${looked}${below}${guess(name, folders, others)}`);
}

/** As the working folder has it, where that is below. */
function shortest(path: string): string {
  const below = relative(process.cwd(), path);
  return below.startsWith('..') || isAbsolute(below) ? path : below;
}

/** The nearest of the names that are there. */
function guess(name: string, folders: readonly string[], others: readonly string[]): string {
  const there = folders.flatMap((folder) => [folder, join(folder, dirname(name))].flatMap(configsIn));
  const meant = nearest(basename(name, '.json'), [...others, ...new Set(there)]);
  return meant === undefined ? '' : `; did you mean ${meant}?`;
}

function configsIn(folder: string): string[] {
  if (!existsSync(folder) || !statSync(folder).isDirectory()) return [];
  return readdirSync(folder)
    .filter((file) => file.endsWith('.json') && !/^(package|tsconfig)|schema\.json$/.test(file))
    .map((file) => basename(file, '.json'));
}
