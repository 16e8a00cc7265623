import type { Config } from '../config/schema.ts';
import type { FileHashes } from '../run/differing-files.ts';
import { hashesOfInputs } from '../train/input-hashes.ts';
import { UserError } from '../user-error.ts';
import { sha256 } from './policy.ts';
import { readTrainingInputs } from './read-inputs.ts';

/** Of the files that a config names, its environment's aside, as they are now; one that cannot be read is missing. */
export function fileHashesNow(config: Config): FileHashes {
  const { network, reference } = config;
  const { initialWeights, tfjs } = network;
  const none = { ...network, initialWeights: null, tfjs: null };
  const alone: readonly Config[] = [
    { ...config, reference: null, network: { ...none, initialWeights } },
    { ...config, reference: null, network: { ...none, tfjs } },
    { ...config, reference, network: none },
  ];
  return Object.assign({}, ...alone.map(hashesOf)) as FileHashes;
}

function hashesOf(config: Config): FileHashes {
  try {
    return hashesOfInputs(readTrainingInputs(config), sha256);
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    return {};
  }
}
