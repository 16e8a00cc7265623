import type { Engine, Network } from '../network/network.ts';
import type { NetworkShape } from '../network/shape.ts';
import { randomStream } from '../random/random.ts';
import type { EnvironmentDefinition } from '../rollout/environment.ts';
import { ObservationNormalizer } from '../rollout/normalize.ts';
import { createCopies } from '../rollout/copies.ts';
import type { LoadedPolicy } from '../run/policy-file.ts';
import { UserError } from '../user-error.ts';
import { headFor } from './agent.ts';

/** What `evaluate` needs. */
export interface EvaluateOptions {
  readonly definition: EnvironmentDefinition;
  /** The environment's options as in the run's config. */
  readonly options: Record<string, unknown>;
  readonly engine: Engine;
  readonly stored: LoadedPolicy;
  /** Episodes to play, ≥ 1. */
  readonly episodes: number;
  /** greedy: the most probable action; sampled: as in training. */
  readonly mode: 'greedy' | 'sampled';
  /** Seeds streams of its own, apart from training's. */
  readonly seed: number;
  /** The seed that the environment's task was drawn from (the run's). */
  readonly taskSeed: number;
}

/** Returns and lengths of the episodes played, undiscounted and raw. */
export interface Evaluation {
  readonly returns: Float64Array;
  readonly lengths: Float64Array;
}

/** Copies stepped together. */
export const COPIES = 16;

/**
 * Plays `episodes` episodes with a policy that no longer learns. Every copy plays a share fixed beforehand:
 * taking the first episodes to finish would favour short ones.
 */
export function evaluate(options: EvaluateOptions): Evaluation {
  const { definition, engine, stored, episodes, mode, seed } = options;
  const copies = Math.min(COPIES, episodes);
  const environment = createCopies(definition, options.options, copies, seed, 'evaluation', options.taskSeed);
  const head = headFor(environment.actionSpace);
  const { shape, parameters } = stored.policy;
  const outputs = shape.outputs + shape.logStd;
  if (stored.head !== head.kind || shape.inputs !== environment.features || outputs !== head.width) {
    throw new UserError(
      `the policy is a ${stored.head} of ${shape.inputs} inputs and ${outputs} outputs, ${definition.id} needs a ${head.kind} of ${environment.features} and ${head.width}`,
    );
  }
  if (stored.observationMoments && environment.observationSpace.kind === 'discrete')
    throw new UserError(`the policy standardises its observations, those of ${definition.id} are discrete`);
  const network = networkOf(engine, shape, copies);
  const normalizer =
    stored.observationMoments && new ObservationNormalizer(shape.inputs, stored.observationMoments);
  const random = randomStream(seed, 'evaluation/action');
  const observations = new Float32Array(copies * shape.inputs);
  const distributions = new Float64Array(copies * head.width);
  const actions = new Float32Array(copies * head.actionWidth);
  const quota = Int32Array.from({ length: copies }, (_, copy) => Math.ceil((episodes - copy) / copies));
  const running = { returns: new Float64Array(copies), lengths: new Float64Array(copies) };
  const returns = new Float64Array(episodes);
  const lengths = new Float64Array(episodes);
  let played = 0;
  while (played < episodes) {
    if (normalizer) normalizer.apply(environment.observations, copies, observations);
    else observations.set(environment.observations);
    const outputs = network.infer(parameters, observations, copies);
    requireFinite(outputs, definition.id);
    head.read(outputs, copies, distributions);
    for (let copy = 0; copy < copies; copy++) {
      if (mode === 'greedy') head.mode(distributions, copy, actions);
      else head.sample(distributions, copy, random, actions);
    }
    environment.step(actions);
    for (let copy = 0; copy < copies; copy++) {
      running.returns[copy] += environment.rewards[copy];
      running.lengths[copy] += 1;
      if (environment.terminated[copy] === 0 && environment.truncated[copy] === 0) continue;
      if (quota[copy]-- > 0) {
        returns[played] = running.returns[copy];
        lengths[played] = running.lengths[copy];
        played += 1;
      }
      running.returns[copy] = 0;
      running.lengths[copy] = 0;
    }
  }
  network.dispose();
  return { returns, lengths };
}

/** Finite weights can still be too large: the likeliest of actions that are NaN would be the first. @throws UserError */
function requireFinite(outputs: Float32Array, id: string): void {
  const wrong = outputs.find((value) => !Number.isFinite(value));
  if (wrong === undefined) return;
  throw new UserError(`the policy gives ${wrong} for an observation of ${id}: its weights are too large`, 1);
}

/** @throws UserError when the engine cannot compute such a network: too wide for its memory, or no layers it has */
function networkOf(engine: Engine, shape: NetworkShape, copies: number): Network {
  try {
    return engine.create(shape, copies);
  } catch (cause) {
    if (!(cause instanceof RangeError) && shape.model === undefined) throw cause;
    throw new UserError(
      `the policy cannot be computed by engine ${engine.name}: ${(cause as Error).message}`,
    );
  }
}
