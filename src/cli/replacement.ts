import { relative, resolve } from 'node:path';
import { INITIAL } from '../config/file-paths.ts';
import type { Config } from '../config/schema.ts';
import { parseRunAt } from '../node/checkpoints.ts';
import { UserError } from '../user-error.ts';

/**
 * A run that is replaced holds nothing that the new one is made of.
 * @param path of the run
 * @throws UserError
 */
export function requireInputsKept({ network, reference }: Config, path: string, isReplaced = false): void {
  if (!isReplaced) return;
  const inputs = { 'network.initialWeights': network.initialWeights, 'reference.policy': reference?.policy };
  for (const [setting, file] of Object.entries(inputs)) {
    if (file === null || file === undefined || (setting === 'reference.policy' && file === INITIAL)) continue;
    if (relative(resolve(path), resolve(parseRunAt(file)?.run ?? file)).startsWith('..')) continue;
    throw new UserError(
      `--replace: ${setting} ${file} is a file of the run that would be replaced; copy it elsewhere first, or choose another --name`,
    );
  }
}
