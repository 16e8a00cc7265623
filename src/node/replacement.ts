import { relative, resolve } from 'node:path';
import { INITIAL } from '../config/file-paths.ts';
import type { Config } from '../config/schema.ts';
import { UserError } from '../user-error.ts';
import { parseRunAt } from './checkpoints.ts';

/**
 * A run that is replaced holds nothing that the new one is made of.
 * @param path of the run
 * @throws UserError
 */
export function requireInputsKept({ network, reference }: Config, path: string, isReplaced = false): void {
  const inputs = { 'network.initialWeights': network.initialWeights, 'reference.policy': reference?.policy };
  for (const [setting, file] of Object.entries(inputs)) {
    if (file === null || file === undefined || (setting === 'reference.policy' && file === INITIAL)) continue;
    requireKept(setting, file, path, isReplaced);
  }
}

/**
 * The same of one thing that it is made of: the parent of a branch, the expert of a clone.
 * @param what how errors call it
 * @param place a file, a run or `RUN@UPDATE`
 */
export function requireKept(what: string, place: string, path: string, isReplaced = false): void {
  if (!isReplaced) return;
  const below = relative(resolve(path), resolve(parseRunAt(place)?.run ?? place));
  if (below.startsWith('..')) return;
  const is = below === '' ? 'is of the run' : 'is a file of the run';
  throw new UserError(
    `--replace: ${what} ${place} ${is} that would be replaced; copy it elsewhere first, or choose another --name`,
  );
}
