import { statSync } from 'node:fs';
import { randomStream, type Random } from '../random/random.ts';
import type { Config } from '../config/schema.ts';
import type { DiagonalGaussian } from '../divergence/diagonal-gaussian.ts';
import { exp } from '../elementary/exponential.ts';
import { parseRunAt } from '../node/checkpoints.ts';
import { loadEngine } from '../node/load-engine.ts';
import { readGivenPolicy, readRunPolicy } from '../node/run-policy.ts';
import type { Engine, Network } from '../network/network.ts';
import { nothingAllowed } from '../rollout/contract.ts';
import {
  type ActionSpace,
  type EnvironmentDefinition,
  maskWidthOf,
  type Space,
  widthOf,
} from '../rollout/environment.ts';
import { createPlayed } from '../rollout/played-actions.ts';
import { returnBoundsOf } from '../rollout/return-bounds.ts';
import { featuresOf } from '../rollout/vector-environment.ts';
import { ObservationNormalizer } from '../rollout/normalize.ts';
import type { LoadedPolicy } from '../run/policy-file.ts';
import { probability } from '../policy/multi-binary.ts';
import { actingHead, type Evaluation, evaluate as evaluateOn } from '../train/evaluate.ts';
import { requireFiniteOutputs } from '../train/finite-outputs.ts';
import { requireArrangement } from '../train/input-shape.ts';
import { intervalOfReturns } from '../statistics/bounded-interval.ts';
import { UserError } from '../user-error.ts';
import { namedBy } from '../config/environment-name.ts';
import { configWith } from './config.ts';
import { environmentOfRun, environmentsWith, optionsWith } from './environment.ts';

/** A policy that was trained, in the environment that it was trained in. */
export interface Policy {
  readonly observationSpace: Space;
  readonly actionSpace: ActionSpace;
  /** Weights and moments, as the exporting functions take them (`policyGraphOf`). */
  readonly stored: LoadedPolicy;
  /**
   * An action, as `Environment.step` takes it: [1] with its index in a discrete space, [C] or [n] in a space of several
   * choices or bits, [A] inside the bounds in a box.
   * @param observation [D] as the environment writes it (before any normalisation); an index in a discrete space
   * @param random draws the action; without it the likeliest is taken
   * @param mask what may be done, as `Environment.actionMask` writes it; without it everything
   */
  act(observation: ArrayLike<number>, random?: Random, mask?: Uint8Array): Float32Array;
  /**
   * [n], π(a|s) of a discrete action space; of several choices those of one after the other; of bits that each is 1.
   * @throws RangeError for a box
   */
  probabilities(observation: ArrayLike<number>, mask?: Uint8Array): Float64Array;
  /** What an action of a box is drawn from, [A], before the bounds, and before tanh where the policy has it. @throws RangeError for any other space */
  gaussian(observation: ArrayLike<number>): DiagonalGaussian;
  /** V(s) of the value network. @throws RangeError where the policy was trained without one */
  value(observation: ArrayLike<number>): number;
  /** Plays episodes, all copies from streams of `seed`. */
  evaluate(options?: EvaluateOptions): Evaluated;
  /** Frees its networks. */
  dispose(): void;
}

/** How episodes are played. */
export interface EvaluateOptions {
  /** ≥ 1; 100 by default. */
  readonly episodes?: number;
  /** `greedy`, the default: the likeliest action; `sampled`: as in training. */
  readonly mode?: 'greedy' | 'sampled';
  /** 0 by default. */
  readonly seed?: number;
}

/** What the episodes gave, undiscounted and raw. */
export interface Evaluated extends Evaluation {
  readonly mean: number;
  /** 95% interval of the mean: Wilson's where each return is 0 or 1, else Student's t (NaN for one episode). */
  readonly low: number;
  readonly high: number;
}

/** Which policy is read, and where it acts. */
export interface PolicyOptions {
  /**
   * The environment that it acts in: a built-in by its id, a file by its path, or one's own. A run knows that of its
   * config; where that is a file, which is code, it has to be said.
   */
  readonly environment?: string | EnvironmentDefinition;
  /** Of a run the policy of its best evaluation in training, not its last. */
  readonly best?: boolean;
}

/**
 * Reads the policy of a run (`runs/NAME/seed-N`, or `runs/NAME` of one seed; with `@UPDATE` that of an update on the way),
 * or a file (`policy.safetensors`).
 * @throws UserError when there is none, it is damaged or not the one that its run ended with, or it does not fit its
 *   environment
 */
export async function loadPolicy(
  place: string,
  { environment, best = false }: PolicyOptions = {},
): Promise<Policy> {
  const own = typeof environment === 'object' ? environment : undefined;
  if (parseRunAt(place) !== undefined || statSync(place, { throwIfNoEntry: false })?.isDirectory()) {
    const run = readRunPolicy(place, optionsWith(own), { isBest: best });
    return policyIn(run.config, await environmentOfRun(run, environment), run.stored);
  }
  if (best) throw new UserError(`the option best is for a run; ${place} is none`);
  const stored = readGivenPolicy(place);
  if (environment === undefined)
    throw new UserError(`${place} does not say its environment: the option environment must`);
  const named = own === undefined ? namedBy(environment as string) : { id: own.id };
  const environments = environmentsWith(own);
  const config = await environments.reading((options) => configWith({ environment: named }, options, own));
  return policyIn(config, await environments.resolve(config.environment), stored);
}

async function policyIn(
  config: Config,
  definition: EnvironmentDefinition,
  stored: LoadedPolicy,
): Promise<Policy> {
  const { id } = definition;
  const { options } = config.environment;
  const spaces = definition.create(options, randomStream(config.seed, 'environment/task'));
  const { observationSpace, actionSpace } = spaces;
  const bounds = returnBoundsOf(definition, options, spaces);
  const engine = await loadEngine(stored.policy.shape.model === undefined ? 'wasm' : 'tfjs');
  const evaluate = ({ episodes = 100, mode = 'greedy', seed = 0 }: EvaluateOptions = {}): Evaluated => {
    if (!(Number.isInteger(episodes) && episodes >= 1))
      throw new RangeError(`episodes must be a whole number from 1, got ${episodes}`);
    const played = evaluateOn({
      definition,
      options,
      engine,
      stored,
      episodes,
      mode,
      seed,
      taskSeed: config.seed,
    });
    const { mean, low, high } = intervalOfReturns(played.returns, bounds);
    return { ...played, mean, low, high };
  };
  const head = actingHead(stored, {
    id,
    features: featuresOf(observationSpace),
    observationSpace,
    actionSpace,
  });
  const played = createPlayed(head, actionSpace, 1);
  const input = createInput(observationSpace, stored, id);
  const policyOutputs = forwardOf(engine, stored.policy, input);
  requireArrangement(policyOutputs.network, { id, observationSpace });
  const valueOutputs = stored.value && forwardOf(engine, stored.value, input);
  const distribution = new Float64Array(head.width);
  const read = (observation: ArrayLike<number>, mask?: Uint8Array): Float64Array => {
    if (mask !== undefined) requireMask(actionSpace, mask, id);
    const outputs = policyOutputs.of(observation);
    requireFiniteOutputs(outputs, id);
    head.read(outputs, 1, distribution, mask);
    return distribution;
  };
  return {
    observationSpace,
    actionSpace,
    stored,
    evaluate,
    act(observation, random, mask) {
      const action = new Float32Array(head.actionWidth);
      if (random === undefined) head.mode(read(observation, mask), 0, action);
      else head.sample(read(observation, mask), 0, random, action);
      if (actionSpace.kind !== 'box') return action;
      return played(action).map((each, a) =>
        Math.min(Math.max(each, actionSpace.low[a]), actionSpace.high[a]),
      );
    },
    probabilities(observation, mask) {
      if (actionSpace.kind === 'box') throw new RangeError(`${id} has no discrete actions`);
      return read(observation, mask).map(head.kind === 'multiBinary' ? probability : exp);
    },
    gaussian(observation) {
      if (actionSpace.kind !== 'box') throw new RangeError(`${id} has discrete actions`);
      const row = read(observation);
      return { mean: row.slice(0, head.actionWidth), std: row.slice(head.actionWidth).map(exp) };
    },
    value(observation) {
      if (valueOutputs === undefined) throw new RangeError('the policy has no value network');
      return valueOutputs.of(observation)[0];
    },
    dispose() {
      policyOutputs.network.dispose();
      valueOutputs?.network.dispose();
    },
  };
}

/** @throws RangeError where a mask has another length, or rules out everything */
function requireMask(space: ActionSpace, mask: Uint8Array, id: string): void {
  const width = maskWidthOf(space);
  if (mask.length !== width) throw new RangeError(`a mask of ${id} has ${width} numbers, got ${mask.length}`);
  const nothing = nothingAllowed(space, mask);
  if (nothing !== undefined) throw new RangeError(`the mask rules out every ${nothing}`);
}

/** What the networks are given for an observation: one-hot where it is discrete, normalised where that was learned. */
function createInput(
  space: Space,
  { policy, observationMoments }: LoadedPolicy,
  id: string,
): (observation: ArrayLike<number>) => Float32Array {
  const { inputs } = policy.shape;
  const normalizer = observationMoments && new ObservationNormalizer(inputs, observationMoments);
  const features = new Float32Array(inputs);
  const width = widthOf(space);
  return (observation) => {
    if (observation.length !== width)
      throw new RangeError(`an observation of ${id} has ${width} numbers, got ${observation.length}`);
    for (let i = 0; i < width; i++)
      if (!Number.isFinite(observation[i]))
        throw new RangeError(`observation[${i}] must be finite, got ${observation[i]}`);
    if (space.kind === 'discrete') {
      const index = observation[0];
      if (!(Number.isInteger(index) && index >= 0 && index < inputs))
        throw new RangeError(`observation must be a whole number in [0, ${inputs - 1}], got ${index}`);
      features.fill(0);
      features[index] = 1;
    } else features.set(observation);
    normalizer?.apply(features, 1, features);
    return features;
  };
}

function forwardOf(
  engine: Engine,
  { shape, parameters }: LoadedPolicy['policy'],
  input: (observation: ArrayLike<number>) => Float32Array,
): { readonly network: Network; of(observation: ArrayLike<number>): Float32Array } {
  const network = engine.create(shape, 1);
  return { network, of: (observation) => network.infer(parameters, input(observation), 1) };
}
