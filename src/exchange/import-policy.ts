import { readFile } from '../config/text-file.ts';
import { layoutOf } from '../network/layout.ts';
import type { NetworkShape } from '../network/network.ts';
import { initialize } from '../network/orthogonal.ts';
import { randomStream } from '../random/random.ts';
import type { LoadedPolicy } from '../run/policy-file.ts';
import { UserError } from '../user-error.ts';
import { perceptronOf, readLayersModel } from './read-layers-model.ts';
import { readSb3Policy } from './sb3.ts';

/** Of an `.npz`: no policy is larger. */
const MOST_BYTES = 2 ** 29;

/** What a file alone does not say. */
export interface ImportOptions {
  /** Of an SB3 policy, whose state dict does not tell it. */
  readonly activation: NetworkShape['activation'];
  /** model.json of the value network that goes with a LayersModel. */
  readonly value?: string | undefined;
  /** The model's outputs are means of a Gaussian with this log standard deviation. */
  readonly logStd?: number | undefined;
}

/**
 * A policy of another library: a state dict of Stable-Baselines3 (`.npz`) or a TensorFlow.js LayersModel
 * (`model.json`) of Dense layers.
 * @throws UserError naming the file and what is wrong with it
 */
export function importPolicy(path: string, options: ImportOptions): LoadedPolicy {
  if (path.endsWith('.npz')) {
    return reading(path, () => readSb3Policy(readFile(path, 'file', MOST_BYTES), options.activation));
  }
  const { metadata, ...policy } = reading(path, () => {
    const model = readLayersModel(path);
    return { metadata: model.metadata, ...perceptronOf(model, options.logStd) };
  });
  const { value } = options;
  return {
    head: policy.shape.logStd > 0 ? 'diagonalGaussian' : 'categorical',
    policy,
    value: value === undefined ? randomValue(policy.shape) : reading(value, () => valueNetwork(value)),
    observationMoments: metadata?.observationMoments,
  };
}

/** @throws Error when the model gives more than one number */
function valueNetwork(path: string): LoadedPolicy['value'] {
  const { shape, parameters } = perceptronOf(readLayersModel(path));
  if (shape.outputs === 1) return { shape, parameters };
  throw new Error(`a value network has 1 output, this one ${shape.outputs}`);
}

/** A value network as wide as the policy, with the weights that seed 0 of a config would give it. */
function randomValue(policy: NetworkShape): LoadedPolicy['value'] {
  const shape: NetworkShape = { ...policy, outputs: 1, logStd: 0 };
  const parameters = new Float32Array(layoutOf(shape).size);
  const gains = { hiddenGain: Math.SQRT2, headGain: 1, logStd: 0 };
  initialize(layoutOf(shape), shape, gains, randomStream(0, 'init/value'), parameters);
  return { shape, parameters };
}

function reading<T>(path: string, read: () => T): T {
  try {
    return read();
  } catch (cause) {
    // A reader's own words may name the file already; what is neither kind of error is a bug.
    const isKnown = cause instanceof UserError || (cause as Error).constructor === Error;
    if (!isKnown || (cause as Error).message.includes(path)) throw cause;
    throw new UserError(`${path} cannot be imported: ${(cause as Error).message}`);
  }
}
