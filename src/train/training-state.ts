import { problemOfGroups } from '../config/advantage.ts';
import { INITIAL } from '../config/file-paths.ts';
import { problemOfDivergence } from '../config/objective.ts';
import { problemOfSequences } from '../config/reference.ts';
import type { Config } from '../config/schema.ts';
import type { StateValue } from '../elementary/state.ts';
import type { Engine } from '../network/network.ts';
import { type Random, type RandomState, randomStream } from '../random/random.ts';
import {
  type Collector,
  type CollectorState,
  createCollector,
  type Normalizers,
} from '../rollout/collect.ts';
import { createVector } from '../rollout/copies.ts';
import { takenName } from '../row/encode.ts';
import type { EnvironmentDefinition } from '../rollout/environment.ts';
import {
  type MomentsState,
  ObservationNormalizer,
  RewardNormalizer,
  type RewardNormalizerState,
} from '../rollout/normalize.ts';
import { ReturnCurve, type ReturnCurveState } from '../rollout/return-curve.ts';
import { notSquashable } from '../rollout/played-actions.ts';
import { createRollout, type Rollout } from '../rollout/rollout.ts';
import type { VectorEnvironment } from '../rollout/vector-environment.ts';
import { actionBoundsOf, otherBounds } from '../run/action-bounds.ts';
import { headInWords, headShapeOf } from '../run/head-shape.ts';
import { observationWrappersOf, otherObservations } from '../run/observation-wrappers.ts';
import type { StoredPolicy } from '../run/policy-file.ts';
import { UserError } from '../user-error.ts';
import {
  type Agent,
  createAgent,
  headFor,
  type LearnerState,
  restoreLearner,
  snapshotLearner,
  storedLearner,
} from './agent.ts';
import { initialPolicy, otherToken, type TrainingInputs } from './initial-policy.ts';
import { createReference, type Reference, withLayouts } from './reference-policy.ts';
import { forwardCapacity, rateRuleOf } from './settings.ts';

/** All that an update reads and changes. */
export interface TrainingState {
  /** Updates done. */
  update: number;
  /** β of the exact KL penalty in the next update; 0 where the objective has none. */
  beta: number;
  /** β of the reference policy in the next update; 0 where there is none. */
  referenceBeta: number;
  /** Adam's step size in the next update's first gradient step, where it follows the KL; else 0. */
  learningRate: number;
  readonly agent: Agent;
  /** The policy that this one is held near, where the config names one. */
  readonly reference: Reference | undefined;
  /** Filled anew in every update; what lasts is `order`, which each epoch shuffles further. */
  readonly rollout: Rollout;
  readonly environment: VectorEnvironment;
  readonly collector: Collector;
  readonly curve: ReturnCurve;
  readonly normalizers: Normalizers;
  readonly streams: { readonly action: Random; readonly shuffle: Random };
}

/** What collecting a rollout reads and changes. */
export type CollectingSnapshot = {
  readonly environment: StateValue;
  readonly collector: CollectorState;
  readonly curve: ReturnCurveState;
  readonly observationMoments: MomentsState | null;
  readonly rewardMoments: RewardNormalizerState | null;
  readonly action: RandomState;
};

/** A `TrainingState` between two updates. */
export type TrainingSnapshot = {
  readonly update: number;
  readonly beta: number;
  readonly referenceBeta: number;
  /** Where it follows the KL. */
  readonly learningRate?: number;
  readonly policy: LearnerState;
  /** null where no value network is trained. */
  readonly value: LearnerState | null;
  /** [T·N] */
  readonly order: Int32Array;
  readonly shuffle: RandomState;
  readonly collecting: CollectingSnapshot;
};

/**
 * The state that a config begins with.
 * @param memory of what of the rollout another thread reads
 * @throws UserError where `network.initialWeights`, `reference` or the name of a figure does not fit
 */
export function createTrainingState(
  config: Config,
  definition: EnvironmentDefinition,
  engine: Engine,
  memory: typeof ArrayBuffer | typeof SharedArrayBuffer,
  inputs: TrainingInputs,
): TrainingState {
  const { copies, options, normalizeObservations, normalizeRewards } = config.environment;
  const resolved = definition.options.parse(options);
  const ungrouped = problemOfGroups(config, definition.episodeLength?.(resolved));
  if (ungrouped !== undefined) throw new UserError(ungrouped.problem);
  const { groupSize } = config.advantage;
  const environment = createVector(definition, options, copies, config.seed, { groupSize });
  const { features, actionSpace, observationSpace } = environment;
  const taken = takenName(environment.figureNames);
  if (taken !== undefined)
    throw new UserError(
      `${definition.id}: its figure ${taken} needs a name that is no column of metrics.jsonl`,
    );
  const curve = new ReturnCurve(copies, config.rollout.steps);
  environment.onEpisode = (copy, episodeReturn, length) => curve.ended(copy, episodeReturn, length);
  const image = observationSpace.kind === 'box' ? observationSpace.image : undefined;
  if (image !== undefined && config.network.tfjs === null)
    throw new UserError(
      `the observations of ${definition.id} are images, ${image}: a layers model takes such (network.tfjs); leash's own networks take rows of numbers, which a wrapper of the environment's makes of them`,
    );
  const unsquashed = config.network.squash ? notSquashable(actionSpace, definition.id) : undefined;
  if (unsquashed !== undefined) throw new UserError(`network.squash must be false, got true: ${unsquashed}`);
  const head = headFor(actionSpace, config.network.squash);
  const unmeasured = problemOfDivergence(config, () => head.totalVariation !== undefined, definition.id);
  if (unmeasured !== undefined) throw new UserError(unmeasured);
  const cut = problemOfSequences(config, definition.episodeLength?.(resolved));
  if (cut !== undefined) throw new UserError(cut);
  const keepsRaw = config.reference !== null && normalizeObservations;
  const { width, actionWidth } = head;
  const rollout = createRollout(
    config.rollout.steps,
    copies,
    features,
    width,
    actionWidth,
    memory,
    keepsRaw,
    environment.actionMasks ? head.maskWidth : 0,
  );
  const capacity = forwardCapacity(config);
  const agent = createAgent(config, observationSpace, actionSpace, engine, capacity, inputs);
  const initial = initialPolicy(config, inputs);
  const initialHead = initial && headInWords(headShapeOf(initial, initial.policy.shape));
  if (initialHead !== undefined && initialHead !== headInWords(head))
    throw new UserError(
      `network.initialWeights: ${config.network.initialWeights} is a ${initialHead}, ${definition.id} needs a ${headInWords(head)}`,
    );
  const other = otherToken(initial?.tokens, actionSpace);
  if (other !== undefined)
    throw new UserError(
      `network.initialWeights: ${config.network.initialWeights}: its ${other} of ${definition.id}`,
    );
  const wrappers = observationWrappersOf(observationSpace);
  const seen = otherObservations(initial?.observationWrappers, wrappers, definition.id);
  if (seen !== undefined)
    throw new UserError(`network.initialWeights: ${config.network.initialWeights}: its ${seen}`);
  const bounded = otherBounds(initial?.actionBounds, actionSpace, definition.id);
  if (bounded !== undefined)
    throw new UserError(`network.initialWeights: ${config.network.initialWeights}: its ${bounded}`);
  const moments = initial?.observationMoments;
  if (moments && observationSpace.kind === 'discrete')
    throw new UserError(
      `network.initialWeights: ${config.network.initialWeights} standardises its observations, those of ${definition.id} are discrete`,
    );
  if (normalizeObservations && observationSpace.kind === 'discrete')
    throw new UserError(
      `environment.normalizeObservations must be false, got true: the observations of ${definition.id} are discrete`,
    );
  const normalizers = {
    observations: normalizeObservations ? new ObservationNormalizer(features, moments) : undefined,
    rewards: normalizeRewards ? new RewardNormalizer(copies, config.advantage.gamma) : undefined,
  };
  const sees = otherObservations(inputs.referencePolicy?.observationWrappers, wrappers, definition.id);
  if (sees !== undefined) throw new UserError(`reference.policy: ${config.reference?.policy}: its ${sees}`);
  const heldTo = otherBounds(inputs.referencePolicy?.actionBounds, actionSpace, definition.id);
  if (heldTo !== undefined)
    throw new UserError(`reference.policy: ${config.reference?.policy}: its ${heldTo}`);
  const reference =
    config.reference === null
      ? undefined
      : createReference(
          config.reference,
          referenceOf(config.reference, inputs) ??
            policyOf(agent, environment, normalizers.observations?.snapshot()),
          agent,
          rollout,
          engine,
          capacity,
          observationSpace,
        );
  return {
    update: 0,
    beta: 'beta' in config.objective ? config.objective.beta : 0,
    referenceBeta: config.reference?.beta ?? 0,
    learningRate: rateRuleOf(config)?.from ?? 0,
    agent,
    reference,
    rollout,
    environment,
    collector: createCollector(environment, agent.policy, agent.head, rollout, normalizers),
    curve,
    normalizers,
    streams: {
      action: randomStream(config.seed, 'action'),
      shuffle: randomStream(config.seed, 'shuffle'),
    },
  };
}

/** The agent as a policy file has it, its parameters as they are. @param observationMoments those it acts with */
export function policyOf(
  agent: Agent,
  { observationSpace, actionSpace, actionMasks, sequences }: VectorEnvironment,
  observationMoments: MomentsState | undefined,
): StoredPolicy {
  const observationWrappers = observationWrappersOf(observationSpace);
  return {
    head: agent.head.kind,
    policy: storedLearner(agent.policy),
    value: agent.value && storedLearner(agent.value),
    observationMoments,
    ...(observationWrappers.length > 0 && { observationWrappers }),
    actionBounds: actionBoundsOf(actionSpace),
    ...(agent.head.kind === 'multiDiscrete' && { choices: agent.head.sizes }),
    ...(actionMasks && { masked: true }),
    ...(sequences && { tokens: actionSpace.names }),
  };
}

/** π_ref of a file; undefined for the policy that the training begins with. */
function referenceOf(
  { policy }: NonNullable<Config['reference']>,
  { referencePolicy }: TrainingInputs,
): StoredPolicy | undefined {
  if (referencePolicy !== undefined) return withLayouts(referencePolicy);
  if (policy !== INITIAL) throw new Error(`reference.policy: ${policy} was not read`);
  return undefined;
}

/** What collecting changes, as it is now. @throws Error where the environment has no snapshots */
export function snapshotCollecting(state: TrainingState): CollectingSnapshot {
  const { environment, collector, curve, normalizers, streams } = state;
  return {
    environment: environment.snapshot(),
    collector: collector.snapshot(),
    curve: curve.snapshot(),
    observationMoments: normalizers.observations?.snapshot() ?? null,
    rewardMoments: normalizers.rewards?.snapshot() ?? null,
    action: streams.action.snapshot(),
  };
}

/**
 * @param collecting as it was before the next rollout was collected, where that is there already
 * @throws Error where the environment has no snapshots
 */
export function snapshotTraining(
  state: TrainingState,
  collecting: CollectingSnapshot = snapshotCollecting(state),
): TrainingSnapshot {
  const { update, beta, referenceBeta, learningRate, agent, rollout, streams } = state;
  return {
    update,
    beta,
    referenceBeta,
    ...(learningRate !== 0 && { learningRate }),
    policy: snapshotLearner(agent.policy),
    value: agent.value ? snapshotLearner(agent.value) : null,
    order: rollout.order.slice(),
    shuffle: streams.shuffle.snapshot(),
    collecting,
  };
}

/**
 * @param snapshot of a training of the same config
 * @throws RangeError before anything is changed, where it is seen to be another's
 */
export function restoreTraining(state: TrainingState, snapshot: TrainingSnapshot): void {
  const { agent, rollout, normalizers, streams } = state;
  const { environment, collector, curve, observationMoments, rewardMoments, action } = snapshot.collecting;
  requireLength('policy.parameters', agent.policy.parameters, snapshot.policy.parameters);
  requireBoth('value', agent.value, snapshot.value);
  if (agent.value && snapshot.value)
    requireLength('value.parameters', agent.value.parameters, snapshot.value.parameters);
  requireLength('order', rollout.order, snapshot.order);
  requireBoth('observationMoments', normalizers.observations, observationMoments);
  requireBoth('rewardMoments', normalizers.rewards, rewardMoments);
  state.environment.restore(environment);
  state.update = snapshot.update;
  state.beta = snapshot.beta;
  state.referenceBeta = snapshot.referenceBeta;
  state.learningRate = snapshot.learningRate ?? 0;
  restoreLearner(agent.policy, snapshot.policy);
  if (agent.value && snapshot.value) restoreLearner(agent.value, snapshot.value);
  rollout.order.set(snapshot.order);
  state.collector.restore(collector);
  state.curve.restore(curve);
  if (observationMoments) normalizers.observations?.restore(observationMoments);
  if (rewardMoments) normalizers.rewards?.restore(rewardMoments);
  streams.action.restore(action);
  streams.shuffle.restore(snapshot.shuffle);
  if (state.environment.restartsEpisodes) forgetEpisodes(state);
}

/** What is known of episodes that ran when the snapshot was taken, and run no longer. */
function forgetEpisodes({ collector, curve, normalizers }: TrainingState): void {
  collector.restore({ observations: null });
  curve.restart();
  normalizers.rewards?.restart();
}

function requireLength(part: string, own: ArrayLike<number>, given: ArrayLike<number>): void {
  if (own.length !== given.length)
    throw new RangeError(`${part} of a snapshot must have ${own.length} numbers, has ${given.length}`);
}

function requireBoth(part: string, own: unknown, given: unknown): void {
  const [has, had] = [own !== undefined, given !== null];
  if (has !== had)
    throw new RangeError(`${part} of a snapshot must be ${has ? 'there' : 'absent'}, as this config has it`);
}
