import { statSync } from 'node:fs';
import { layoutOf } from '../network/layout.ts';
import type { NetworkShape } from '../network/shape.ts';
import { initialize } from '../network/orthogonal.ts';
import { randomStream } from '../random/random.ts';
import { type ActorCritic, decodePolicy, encodePolicy, type LoadedPolicy } from '../run/policy-file.ts';
import { UserError } from '../user-error.ts';
import { POLICY_JSON, readPolicyJson } from './json.ts';
import { readModelFile } from './model-file.ts';
import { POLICY_NPZ, readPolicyNpz } from './policy-npz.ts';
import { layersModelOf, layersPolicyOf, perceptronOf, readLayersModel } from './read-layers-model.ts';
import { isStateDict, readSb3Policy } from './sb3.ts';

/** What a file alone does not say. */
export interface ImportOptions {
  /** Of an SB3 policy whose npz does not say it; an error where the file says another. */
  readonly activation?: NetworkShape['activation'] | undefined;
  /** model.json of the value network that goes with a LayersModel. */
  readonly value?: string | undefined;
  /** The outputs of a LayersModel are means of a Gaussian with this log standard deviation. */
  readonly logStd?: number | undefined;
}

/** A policy that was imported. */
export interface ImportedPolicy extends ActorCritic {
  /** Whether its file had no value network, so that it got a new one with random weights. */
  readonly hasNewValue: boolean;
}

/**
 * A policy from a file: what `leash export` wrote (json, npz, tfjs) or a run (`policy.safetensors`), a state dict of
 * Stable-Baselines3 (`.npz`), or a TensorFlow.js LayersModel (`model.json`) of Dense layers.
 * @throws UserError naming the file and what is wrong with it
 */
export function importPolicy(path: string, options: ImportOptions): ImportedPolicy {
  if (statSync(path, { throwIfNoEntry: false })?.isDirectory())
    throw new UserError(`${path} is a folder; of a TensorFlow.js model name its model.json`);
  const imported = reading(path, () => readAny(path, options));
  const { value, ...policy } = imported;
  const stored = { ...policy, value: value ?? randomValue(policy.policy.shape) };
  const network = (role: 'policy' | 'value') => ({ ...stored[role], layout: layoutOf(stored[role].shape) });
  // Read as it will be: what is written is a policy, whichever reader it came from.
  const bytes = encodePolicy({ ...stored, policy: network('policy'), value: network('value') });
  const read = decodePolicy(bytes, path);
  return { ...read, value: read.value ?? stored.value, hasNewValue: value === undefined };
}

function readAny(path: string, options: ImportOptions): LoadedPolicy {
  const file = readModelFile(path);
  if (file.kind === 'json' && file.written.format !== POLICY_JSON)
    return fromLayersModel(file.written, path, options);
  for (const [flag, given] of Object.entries({ value: options.value, 'log-std': options.logStd }))
    if (given !== undefined)
      throw new UserError(`--${flag} belongs to a TensorFlow.js LayersModel, ${path} is none`);
  if (file.kind === 'safetensors') return agreeing(decodePolicy(file.bytes, path), options);
  if (file.kind === 'json') return agreeing(readPolicyJson(file.written, path), options);
  const { npz } = file;
  if (npz.words.get('format') === POLICY_NPZ) return agreeing(readPolicyNpz(npz), options);
  if (isStateDict(npz)) return readSb3Policy(npz, options.activation);
  if (npz.arrays.has('output.weight'))
    throw new UserError('it does not say its activation: leash 0.1.0 wrote it so; export the run again');
  throw new UserError(
    `it is neither a state dict of a Stable-Baselines3 MlpPolicy nor what leash export wrote; it has ${[...npz.arrays.keys()].join(', ') || 'no arrays'}`,
  );
}

/** @throws UserError when `--activation` says another than the file */
function agreeing(policy: LoadedPolicy, { activation }: ImportOptions): LoadedPolicy {
  const own = policy.policy.shape.activation;
  if (activation === undefined || activation === own) return policy;
  throw new UserError(`its activation is ${own}, --activation says ${activation}`);
}

function fromLayersModel(
  written: unknown,
  path: string,
  { activation, value, logStd }: ImportOptions,
): LoadedPolicy {
  const model = layersModelOf(written, path);
  const { metadata } = model;
  if (metadata && logStd !== undefined)
    throw new UserError(
      `--log-std is for the means of another tool's Gaussian, ${path} is a ${metadata.head} of leash`,
    );
  const policy = metadata?.model
    ? layersPolicyOf(model, { ...metadata, model: metadata.model })
    : perceptronOf(model, logStd);
  const { shape } = policy;
  if (activation !== undefined && activation !== shape.activation && shape.hidden.length > 0)
    throw new UserError(`its activation is ${shape.activation}, --activation says ${activation}`);
  return {
    head: metadata?.head ?? (shape.logStd > 0 ? 'diagonalGaussian' : 'categorical'),
    policy,
    observationMoments: metadata?.observationMoments,
    ...(metadata?.actionBounds && { actionBounds: metadata.actionBounds }),
    ...(metadata?.choices && { choices: metadata.choices }),
    ...(metadata?.masked && { masked: true }),
    ...(value !== undefined && { value: reading(value, () => valueNetwork(value)) }),
  };
}

/** @throws Error when the model gives more than one number */
function valueNetwork(path: string): LoadedPolicy['policy'] {
  const { shape, parameters } = perceptronOf(readLayersModel(path));
  if (shape.outputs === 1) return { shape, parameters };
  throw new UserError(`a value network has 1 output, this one ${shape.outputs}`);
}

/** A value network as wide as the policy, with the weights that seed 0 of a config would give it. */
function randomValue({ inputs, hidden, activation }: NetworkShape): LoadedPolicy['policy'] {
  const shape: NetworkShape = { inputs, hidden, outputs: 1, activation, logStd: 0 };
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
