import { changesNoRun } from '../config/aside.ts';
import { UserError } from '../user-error.ts';
import { flatten } from './group-runs.ts';
import type { PlottedRun } from './plotted-run.ts';

/** Each of those whose key an earlier one has, behind the first that has it. */
export function repeatedAmong<T>(
  all: readonly T[],
  keyOf: (each: T) => string | number,
): (readonly [T, T])[] {
  const first = new Map<string | number, T>();
  return all.flatMap((each) => {
    const key = keyOf(each);
    const other = first.get(key);
    if (other === undefined) first.set(key, each);
    return other === undefined ? [] : [[other, each]];
  });
}

/**
 * Of runs that are taken as samples each must be one of its own: the same config, files, beginning and seed give the same
 * run again, be it a copy's.
 * @throws UserError where two are the same
 */
export function requireOnce(
  runs: readonly Pick<PlottedRun, 'path' | 'seed' | 'config' | 'files' | 'parent'>[],
): void {
  const [repeated] = repeatedAmong(runs, ({ seed, config, files = {}, parent }) => {
    const settings = [...flatten(config)].filter(([path]) => !changesNoRun(path)).sort();
    return JSON.stringify([seed, settings, Object.entries(files).sort(), parent?.sha256]);
  });
  if (repeated !== undefined) throw takenTwice(repeated);
}

/** That two runs are of one seed. */
export function takenTwice([one, other]: readonly [
  { readonly path: string; readonly seed: number },
  { readonly path: string },
]): UserError {
  return new UserError(
    `${one.path} and ${other.path} are both seed ${one.seed} of one config, which counts once; move one of them away`,
  );
}
