import { statSync } from 'node:fs';
import { readFile } from '../node/text-file.ts';
import type { LoadedPolicy } from '../run/policy-file.ts';
import { UserError } from '../user-error.ts';
import { MOST_BYTES } from './model-file.ts';
import { perceptronOf } from './perceptron-of-layers.ts';
import { policyOfLayersModel } from './policy-of-layers.ts';
import { type ImportedPolicy, type ImportOptions, policyOfBytes, reading } from './policy-bytes.ts';
import { readLayersModel, weightsBeside } from './read-layers-model.ts';

/**
 * A policy from a file of any kind that `policyOfBytes` reads, or from a TensorFlow.js LayersModel (`model.json`) of Dense layers.
 * @throws UserError naming the file and what is wrong with it
 */
export function importPolicy(path: string, options: ImportOptions): ImportedPolicy {
  if (statSync(path, { throwIfNoEntry: false })?.isDirectory())
    throw new UserError(`${path} is a folder; of a TensorFlow.js model name its model.json`);
  const bytes = readFile(path, 'file', MOST_BYTES);
  return policyOfBytes(bytes, path, options, (written) => fromLayersModel(written, path, options));
}

function fromLayersModel(written: unknown, path: string, options: ImportOptions): LoadedPolicy {
  const { value } = options;
  return {
    ...policyOfLayersModel(written, path, options, weightsBeside(path)),
    ...(value !== undefined && { value: reading(value, () => valueNetwork(value)) }),
  };
}

/** @throws Error when the model gives more than one number */
function valueNetwork(path: string): LoadedPolicy['policy'] {
  const { shape, parameters } = perceptronOf(readLayersModel(path));
  if (shape.outputs === 1) return { shape, parameters };
  throw new UserError(`a value network has 1 output, this one ${shape.outputs}`);
}
