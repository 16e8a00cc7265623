import { layoutOf } from '../network/layout.ts';
import { initialize } from '../network/orthogonal.ts';
import type { NetworkShape } from '../network/shape.ts';
import { randomStream } from '../random/random.ts';
import { type ActorCritic, decodePolicy, encodePolicy, type LoadedPolicy } from '../run/policy-file.ts';
import { UserError } from '../user-error.ts';
import { fileKinds, kindOfJson } from '../config/file-kind.ts';
import type { Tree } from '../config/problem.ts';
import { POLICY_JSON, readPolicyJson } from './json.ts';
import { modelFileOf } from './model-file.ts';
import { POLICY_NPZ, readPolicyNpz } from './policy-npz.ts';
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
 * A policy from the bytes of a file: what `leash export` wrote (json, npz) or a run (`policy.safetensors`), a state dict of
 * Stable-Baselines3 (`.npz`), or what the caller makes of a TensorFlow.js LayersModel, whose weights are files of their own.
 * @param path how errors call it
 * @throws UserError naming the file and what is wrong with it
 */
export function policyOfBytes(
  bytes: Uint8Array,
  path: string,
  options: ImportOptions,
  fromLayersModel: (written: Tree) => LoadedPolicy,
): ImportedPolicy {
  const imported = reading(path, () => readAny(bytes, path, options, fromLayersModel));
  const { value, ...policy } = imported;
  const stored = { ...policy, value: value ?? randomValue(policy.policy.shape) };
  const network = (role: 'policy' | 'value') => ({ ...stored[role], layout: layoutOf(stored[role].shape) });
  // Read as it will be: what is written is a policy, whichever reader it came from.
  const written = encodePolicy({ ...stored, policy: network('policy'), value: network('value') });
  const read = decodePolicy(written, path);
  return { ...read, value: read.value ?? stored.value, hasNewValue: value === undefined };
}

function readAny(
  bytes: Uint8Array,
  path: string,
  options: ImportOptions,
  fromLayersModel: (written: Tree) => LoadedPolicy,
): LoadedPolicy {
  const file = modelFileOf(bytes, path);
  const format =
    file.kind === 'npz' ? file.npz.words.get('format') : file.kind === 'json' && file.written.format;
  if (kindOfJson({ format }) === 'exportedModel') throw classifierError(path);
  if (file.kind === 'json' && file.written.format !== POLICY_JSON) return fromLayersModel(file.written);
  for (const [flag, given] of Object.entries({ value: options.value, 'log-std': options.logStd }))
    if (given !== undefined)
      throw new UserError(`--${flag} belongs to a TensorFlow.js LayersModel, ${path} is none`);
  if (file.kind === 'safetensors') return agreeing(decodePolicy(file.bytes, path), options);
  if (file.kind === 'json') return agreeing(readPolicyJson(file.written, path), options);
  const { npz } = file;
  if (npz.words.get('format') === POLICY_NPZ) return agreeing(readPolicyNpz(npz, path), options);
  if (isStateDict(npz)) return readSb3Policy(npz, options.activation);
  if (npz.arrays.has('output.weight'))
    throw new UserError('it does not say its activation: leash 0.1.0 wrote it so; export the run again');
  throw new UserError(
    `it is neither a state dict of a Stable-Baselines3 MlpPolicy nor what leash export wrote; it has ${[...npz.arrays.keys()].join(', ') || 'no arrays'}`,
  );
}

/** What `leash fit` came to is no policy, whatever format it was exported in. */
export function classifierError(path: string): UserError {
  return new UserError(`${path} is ${fileKinds.exportedModel.what}, not a policy`);
}

/** @throws UserError when `--activation` says another than the file */
function agreeing(policy: LoadedPolicy, { activation }: ImportOptions): LoadedPolicy {
  const own = policy.policy.shape.activation;
  if (activation === undefined || activation === own) return policy;
  throw new UserError(`its activation is ${own}, --activation says ${activation}`);
}

/** A value network as wide as the policy, with the weights that seed 0 of a config would give it. */
function randomValue({ inputs, hidden, activation }: NetworkShape): LoadedPolicy['policy'] {
  const shape: NetworkShape = { inputs, hidden, outputs: 1, activation, logStd: 0 };
  const parameters = new Float32Array(layoutOf(shape).size);
  const gains = { hiddenGain: Math.SQRT2, headGain: 1, logStd: 0 };
  initialize(layoutOf(shape), shape, gains, randomStream(0, 'init/value'), parameters);
  return { shape, parameters };
}

/** @throws UserError that names the file, where what is wrong with it does not */
export function reading<T>(path: string, read: () => T): T {
  try {
    return read();
  } catch (cause) {
    // A reader's own words may name the file already; what is neither kind of error is a bug.
    const isKnown = cause instanceof UserError || (cause as Error).constructor === Error;
    if (!isKnown || (cause as Error).message.includes(path)) throw cause;
    throw new UserError(`${path} cannot be imported: ${(cause as Error).message}`);
  }
}
