import { isAside } from '../config/aside.ts';
import { diffConfigs } from '../config/diff.ts';
import { configJsonSchema, listFields } from '../config/fields.ts';
import { withFileNames } from '../config/file-paths.ts';
import { show } from '../config/problem.ts';
import type { Config } from '../config/schema.ts';
import { sorted } from '../config/sorted.ts';
import { UserError } from '../user-error.ts';

/** Settings that the rest of a run does not read; steps and seed are compared apart. */
const READ_BEFORE = ['network.initialWeights', 'network.tfjs', 'steps'];

/** @throws UserError naming the first setting in which a run would not be what it was */
export function requireSame(config: Config, before: Config, place: string, file: string): void {
  const seed = config.seed === before.seed ? [] : [{ path: 'seed', a: config.seed, b: before.seed }];
  const aside = listFields(configJsonSchema())
    .map(({ path }) => path)
    .filter(
      (path) => isAside(path) || READ_BEFORE.some((each) => path === each || path.startsWith(`${each}.`)),
    );
  const [first, ...others] = [...seed, ...diffConfigs(config, before, aside)];
  if (first === undefined) return;
  const more = others.length === 0 ? '' : ` (and ${others.length} more)`;
  throw new UserError(
    `${place} is not what the run was made with: ${first.path} is ${show(first.a)}, in ${file} ${show(first.b)}${more}; only steps, checkpoint, snapshots, groundTruth and description may change`,
  );
}

/**
 * That a file in a run's folder is of that run. Paths are told by the names of their files: a run may have moved, or be seen
 * from another working folder.
 * @param config of the run, at `place`
 * @param written what the file says
 * @throws UserError as `requireSame`
 */
export function requireOwn(config: Config, written: Config, place: string, file: string): void {
  requireSame(sorted(withFileNames(config)), sorted(withFileNames(written)), place, file);
}
