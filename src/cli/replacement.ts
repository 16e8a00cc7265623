import { relative, resolve } from 'node:path';
import type { Config } from '../config/schema.ts';
import { UserError } from '../user-error.ts';

/**
 * A run that is replaced holds nothing that the new one is made of.
 * @param path of the run
 * @throws UserError
 */
export function requireInputsKept({ network }: Config, path: string, isReplaced = false): void {
  const { initialWeights } = network;
  if (!isReplaced || initialWeights === null) return;
  if (relative(resolve(path), resolve(initialWeights)).startsWith('..')) return;
  throw new UserError(
    `--replace: network.initialWeights ${initialWeights} is a file of the run that would be replaced; copy it elsewhere first, or choose another --name`,
  );
}
