import type { Engine, Network } from '../network/network.ts';
import type { NetworkShape } from '../network/shape.ts';
import { otherToken } from './initial-policy.ts';
import type { Head } from '../policy/head.ts';
import { createHead } from '../policy/heads.ts';
import { randomStream } from '../random/random.ts';
import type { EnvironmentDefinition } from '../rollout/environment.ts';
import { ObservationNormalizer } from '../rollout/normalize.ts';
import { createPlayed, notSquashable } from '../rollout/played-actions.ts';
import { createVector } from '../rollout/copies.ts';
import type { VectorEnvironment } from '../rollout/vector-environment.ts';
import { otherBounds } from '../run/action-bounds.ts';
import { headInWords, headShapeOf } from '../run/head-shape.ts';
import { observationWrappersOf, otherObservations } from '../run/observation-wrappers.ts';
import type { LoadedPolicy } from '../run/policy-file.ts';
import { UserError } from '../user-error.ts';
import { headFor } from './agent.ts';
import { requireFiniteOutputs } from './finite-outputs.ts';
import { requireArrangement } from './input-shape.ts';

/** What episodes are played in. */
export interface EvaluatorOptions {
  readonly definition: EnvironmentDefinition;
  /** The environment's options as in the run's config. */
  readonly options: Record<string, unknown>;
  readonly engine: Engine;
  /** Episodes to play each time, ≥ 1. */
  readonly episodes: number;
  /** The seed that the environment's task was drawn from (the run's). */
  readonly taskSeed: number;
}

/** How episodes are played. */
export interface PlayOptions {
  /** greedy: the most probable action; sampled: as in training. */
  readonly mode: 'greedy' | 'sampled';
  /** Seeds streams of its own, apart from training's. */
  readonly seed: number;
  /** How their names begin: `evaluation`. */
  readonly streams?: string;
}

/** What `evaluate` needs. */
export interface EvaluateOptions extends EvaluatorOptions, PlayOptions {
  readonly stored: ActingPolicy;
}

/** What of a policy acts. */
type ActingPolicy = Pick<
  LoadedPolicy,
  'head' | 'choices' | 'policy' | 'observationMoments' | 'observationWrappers' | 'actionBounds' | 'tokens'
>;

/** Returns and lengths of the episodes played, undiscounted and raw. */
export interface Evaluation {
  readonly returns: Float64Array;
  readonly lengths: Float64Array;
}

/** Plays policies of one shape. */
export interface Evaluator {
  /** @throws UserError when the policy does not fit the environment, or its weights are too large */
  play(stored: ActingPolicy, options: PlayOptions): Evaluation;
  dispose(): void;
}

/** Copies stepped together. */
export const COPIES = 16;

/** Plays `episodes` episodes with a policy that no longer learns. */
export function evaluate(options: EvaluateOptions): Evaluation {
  const evaluator = createEvaluator(options, options.stored.policy.shape);
  try {
    return evaluator.play(options.stored, options);
  } finally {
    evaluator.dispose();
  }
}

/**
 * Every copy plays a share of the episodes that is fixed beforehand: taking the first to finish would favour short ones.
 * @throws UserError when the engine cannot compute such a network
 */
export function createEvaluator(
  { definition, options, engine, episodes, taskSeed }: EvaluatorOptions,
  shape: NetworkShape,
): Evaluator {
  const copies = Math.min(COPIES, episodes);
  const network = networkOf(engine, shape, copies);
  return {
    play(stored, { mode, seed, streams = 'evaluation' }) {
      const environment = createVector(definition, options, copies, seed, { prefix: streams, taskSeed });
      const head = actingHead(stored, environment);
      requireArrangement(network, environment);
      const { parameters } = stored.policy;
      const normalizer =
        stored.observationMoments && new ObservationNormalizer(shape.inputs, stored.observationMoments);
      const random = randomStream(seed, `${streams}/action`);
      const observations = new Float32Array(copies * shape.inputs);
      const distributions = new Float64Array(copies * head.width);
      const actions = new Float32Array(copies * head.actionWidth);
      const played = createPlayed(head, environment.actionSpace, copies);
      const act = (): Float32Array => {
        if (normalizer) normalizer.apply(environment.observations, copies, observations);
        else observations.set(environment.observations);
        const outputs = network.infer(parameters, observations, copies);
        requireFiniteOutputs(outputs, definition.id);
        head.read(outputs, copies, distributions, environment.actionMasks);
        for (let copy = 0; copy < copies; copy++) {
          if (mode === 'greedy') head.mode(distributions, copy, actions);
          else head.sample(distributions, copy, random, actions);
        }
        return played(actions);
      };
      try {
        return playEpisodes(environment, episodes, act);
      } finally {
        environment.dispose?.();
      }
    },
    dispose: () => network.dispose(),
  };
}

/** Steps all copies until each has played its share. @param act gives the actions of the next step */
function playEpisodes(environment: VectorEnvironment, episodes: number, act: () => Float32Array): Evaluation {
  const { copies } = environment;
  const quota = Int32Array.from({ length: copies }, (_, copy) => Math.ceil((episodes - copy) / copies));
  const returns = new Float64Array(episodes);
  const lengths = new Float64Array(episodes);
  let played = 0;
  environment.onEpisode = (copy, episodeReturn, length) => {
    if (quota[copy]-- <= 0) return;
    returns[played] = episodeReturn;
    lengths[played] = length;
    played += 1;
  };
  while (played < episodes) environment.step(act());
  return { returns, lengths };
}

/** The head that a policy says it has. */
export function headOfPolicy(stored: Pick<ActingPolicy, 'head' | 'choices' | 'policy'>): Head {
  return createHead(headShapeOf(stored, stored.policy.shape));
}

/** The same. @throws UserError when it is another than the environment asks for, or takes other observations */
export function actingHead(
  stored: ActingPolicy,
  {
    id,
    features,
    observationSpace,
    actionSpace,
  }: Pick<VectorEnvironment, 'id' | 'features' | 'observationSpace' | 'actionSpace'>,
): Head {
  const { policy, observationMoments, observationWrappers, actionBounds, tokens } = stored;
  const { shape } = policy;
  const head = headOfPolicy(stored);
  const needed = headFor(actionSpace, stored.head === 'squashedGaussian');
  if (shape.inputs !== features || headInWords(head) !== headInWords(needed)) {
    const choices = ({ kind, sizes, width }: Head): string =>
      kind === 'multiDiscrete' ? `${sizes.join(' + ')}` : String(width);
    throw new UserError(
      `the policy is a ${head.kind} of ${shape.inputs} inputs and ${choices(head)} outputs, ${id} needs a ${needed.kind} of ${features} and ${choices(needed)}`,
    );
  }
  if (observationMoments && observationSpace.kind === 'discrete')
    throw new UserError(`the policy standardises its observations, those of ${id} are discrete`);
  const other = otherToken(tokens, actionSpace);
  if (other !== undefined) throw new UserError(`the policy’s ${other} of ${id}`);
  const seen = otherObservations(observationWrappers, observationWrappersOf(observationSpace), id);
  if (seen !== undefined) throw new UserError(`the policy’s ${seen}`);
  const bounded = otherBounds(actionBounds, actionSpace, id);
  if (bounded !== undefined) throw new UserError(`the policy’s ${bounded}`);
  const unbounded = head.kind === 'squashedGaussian' ? notSquashable(actionSpace, id) : undefined;
  if (unbounded !== undefined) throw new UserError(`the policy’s actions go through tanh: ${unbounded}`);
  return head;
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
