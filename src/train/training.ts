import { generalizedAdvantages } from '../advantage/gae.ts';
import { groupAdvantages, grpo, rloo } from '../advantage/group.ts';
import { standardize } from '../advantage/standardize.ts';
import { hasCritic } from '../config/advantage.ts';
import type { Config } from '../config/schema.ts';
import { updatesOf } from '../config/updates.ts';
import { exp } from '../elementary/exponential.ts';
import { engineTraits } from '../network/engine-traits.ts';
import type { Engine } from '../network/network.ts';
import type { Head } from '../policy/head.ts';
import { heads } from '../policy/heads.ts';
import { mean } from '../trust-region/measure.ts';
import { clipRangeOf } from '../objective/objective.ts';
import type { SecondThread } from '../parallel/executor.ts';
import type { EnvironmentDefinition } from '../rollout/environment.ts';
import type { Rollout } from '../rollout/rollout.ts';
import { heldKl, type MetricsWhen, type WrittenRow } from '../row/metrics.ts';
import type { StoredPolicy } from '../run/policy-file.ts';
import { adaptBeta } from '../trust-region/adapt-beta.ts';
import type { LedgerRow } from '../row/ledger.ts';
import type { ActorCriticAgent, Agent } from './agent.ts';
import { type Critic, createCritic } from './critic.ts';
import { createCriticThread } from './critic-thread.ts';
import { requireFiniteUpdate } from './guards.ts';
import type { TrainingInputs } from './initial-policy.ts';
import { createGroundTruth } from './ground-truth.ts';
import { createNoCritic } from './no-critic.ts';
import { createPpo, type PpoSettings } from './ppo.ts';
import { createProjection } from './projection.ts';
import { createRegion, type Region } from './region.ts';
import { bestActionProbability, explainedVariance } from './rollout-figures.ts';
import { createStandstill, type Standstill } from './standstill.ts';
import { criticSettings, ppoSettingsAt, standardizesRollout, trpoSettingsAt } from './settings.ts';
import {
  type CollectingSnapshot,
  createTrainingState,
  policyOf,
  restoreTraining,
  snapshotCollecting,
  snapshotTraining,
  type TrainingSnapshot,
  type TrainingState,
} from './training-state.ts';
import { createTrpo, type TrpoSettings } from './trpo.ts';
import { finish, type Making, type UpdateReport } from './update.ts';

/** What warnings are given by, beside a row. */
export interface PolicyHealth {
  /** L2 norm of the policy's last gradient. */
  readonly gradientNorm: number;
  /** nats: the entropy of a policy that knows no action from another, where there is one. */
  readonly greatestEntropy: number | undefined;
  /** σ of the action that varies least, of a Gaussian policy. */
  readonly leastStd: number | undefined;
}

/** A run in memory: each call of `update` is one rollout and what was learned from it. */
export interface Training {
  /** U: updates of the whole run. */
  readonly updates: number;
  /** Of the updates so far, those in which the value network had a thread of its own. */
  readonly updatesOnTwoThreads: number;
  /** Whether `snapshot` and `restore` work: not where the environment has none. */
  readonly canSnapshot: boolean;
  /** Whether `restore` begins new episodes, since those that ran are in no snapshot. */
  readonly restartsEpisodes: boolean;
  /** Collects, learns and returns the logged row. @throws NonFiniteError */
  update(): WrittenRow;
  /**
   * The same update, which stands still after each gradient step of PPO, or try of TRPO's line search, and ends with the row.
   * Until then there is no snapshot and no other update; `restore` abandons it. @throws NonFiniteError
   */
  steps(): Generator<void, WrittenRow, void>;
  /** Where an update stands still: the policy as it is then. @throws Error between updates */
  standstill(): Standstill;
  /** How the policy is after the last update, beyond what its row says. */
  policyHealth(): PolicyHealth;
  /** The gradient steps of the last update; none without `trustRegion.ledger`. */
  drainLedger(): LedgerRow[];
  /** The policy as it is now. */
  stored(): StoredPolicy;
  /** The policy that this one is held near, where the config names one. */
  readonly reference: StoredPolicy | undefined;
  /**
   * All that the next update depends on, the same on one thread and on two.
   * @throws Error where the environment has no snapshots, with `checkpoint: null` on two threads, or amid an update
   */
  snapshot(): TrainingSnapshot;
  /** Goes on from a snapshot of a training of the same config. */
  restore(snapshot: TrainingSnapshot): void;
  dispose(): void;
}

/**
 * config → environment → rollout → advantages → objective → gradient step → KL check → row.
 * @param second changes how long it takes, not one bit of what it gives; not used with TensorFlow.js, of which the
 *   thread would have to start one of its own
 * @param inputs where the config names files
 * @param look is shown what each update learns from, before it does; the next update overwrites it
 */
export function createTraining(
  config: Config,
  definition: EnvironmentDefinition,
  engine: Engine,
  second?: SecondThread,
  inputs: TrainingInputs = {},
  look?: (rollout: Rollout) => void,
): Training {
  const isBeside = second !== undefined && engineTraits[engine.name].runsOnThreads && hasCritic(config);
  const state = createTrainingState(
    config,
    definition,
    engine,
    isBeside ? SharedArrayBuffer : ArrayBuffer,
    inputs,
  );
  const { agent, reference, rollout, environment, collector, curve, normalizers, streams } = state;
  const near = reference && { stored: reference.stored, beta: () => state.referenceBeta };
  const truth = createGroundTruth(config, definition, environment, agent, rollout, engine, near);
  const { over } = config.trustRegion;
  const region = createRegion(agent, rollout, over);
  const learning = criticSettings(config, rollout.count);
  const criticOf = (actor: ActorCriticAgent): Critic => {
    const thread = isBeside ? createCriticThread(second, actor, rollout, learning, engine) : undefined;
    return createCritic(actor, rollout, region.measure, learning, thread);
  };
  const critic = agent.value ? criticOf({ ...agent, value: agent.value }) : createNoCritic(region.measure);
  const estimate = createEstimator(config, rollout);
  const collect = (): void => collector.collect(streams.action, critic.collected);
  let ledger: LedgerRow[] = [];
  const record: RecordStep | undefined = config.trustRegion.ledger
    ? (step) => void ledger.push({ update: state.update, ...step })
    : undefined;
  const updates = updatesOf(config);
  const improve = createImprovement(config, updates, state, critic, region, record);
  const adapt = 'beta' in config.objective ? config.objective.adapt : undefined;
  const adaptReference = config.reference?.adapt ?? undefined;
  let updatesOnTwoThreads = 0;
  let observationMoments = normalizers.observations?.snapshot();
  /** A snapshot is asked for where there are checkpoints. */
  const keepsBefore = environment.canSnapshot && config.checkpoint !== null;
  /** Of the next update's rollout, where it is there already: what a snapshot has of before, and what went wrong with it. */
  let ahead: { readonly before: CollectingSnapshot | undefined; readonly error?: unknown } | undefined;

  const standstill = createStandstill(agent, rollout, environment);
  let isUnderWay = false;

  const collectAhead = (): void => {
    const before = keepsBefore ? snapshotCollecting(state) : undefined;
    try {
      collect();
      ahead = { before };
    } catch (error) {
      ahead = { before, error };
    }
  };

  const begin = () => {
    state.update += 1;
    if (ahead === undefined) collect();
    else if ('error' in ahead) throw ahead.error;
    ahead = undefined;
    region.begin();
    if (truth) critic.sync();
    truth?.begin();
    critic.evaluate();
    if (critic.threads() === 2) updatesOnTwoThreads += 1;
    reference?.begin(state.referenceBeta);
    estimate();
    truth?.estimated?.();
    const explained = agent.value && explainedVariance(rollout);
    if (standardizesRollout(config)) standardize(rollout.advantages, rollout.count);
    look?.(rollout);
    return { explained, ...improve() };
  };

  const complete = ({ explained, settings }: ReturnType<typeof begin>, done: UpdateReport): WrittenRow => {
    critic.run('measure', settings.delta);
    const exact = truth?.figures();
    const drift = reference?.measure();
    const { count: episodes, ...episodeFigures } = environment.drainEpisodes();
    const curvePoint = curve.drain();
    const best: MetricsWhen<'knownBest'> | undefined = environment.optimalActions && {
      bestArmProbability: bestActionProbability(agent, rollout),
    };
    const figures = environment.drainFigures();
    observationMoments = normalizers.observations?.snapshot();
    // The next rollout needs the policy, not what the step to it came to.
    if (critic.threads() === 2 && state.update < updates) collectAhead();
    const { badValueParameter, ...measured } = critic.finish('measure');
    requireFiniteUpdate(agent, badValueParameter, measured, drift, done);
    state.learningRate = done.nextLearningRate ?? 0;
    const { entropy, statesOutsideDelta, ...kl } = measured;
    const inStates = over === 'mean' ? undefined : { statesOutsideDelta };
    const { beta, referenceBeta } = state;
    const adapted = adapt && adaptBeta(adapt, beta, kl.klOldNewMean, rollout.count);
    if (adapted) state.beta = adapted.beta;
    const adaptedReference =
      adaptReference &&
      drift &&
      adaptBeta(
        adaptReference,
        referenceBeta,
        drift.klPolicyReference / (reference?.sequenceShare ?? 1),
        rollout.count,
      );
    if (adaptedReference) state.referenceBeta = adaptedReference.beta;
    return {
      update: state.update,
      steps: state.update * rollout.count,
      episodes,
      ...episodeFigures,
      ...curvePoint,
      ...kl,
      delta: settings.delta,
      deltaViolated: !(heldKl({ ...kl, ...inStates }) <= settings.delta),
      ...inStates,
      clipFraction: done.clipFraction,
      entropy,
      policyLoss: done.policyLoss,
      ...(explained !== undefined && { valueLoss: done.valueLoss, explainedVariance: explained }),
      learningRate: done.learningRate,
      clipRange: 'objective' in settings ? (clipRangeOf(settings.objective) ?? null) : null,
      gradientNorm: done.gradientNorm,
      gradientStepsPlanned: done.gradientStepsPlanned,
      gradientStepsApplied: done.gradientStepsApplied,
      stopReason: done.stopReason,
      ...(adapt !== undefined && { beta, ...(adapted && { betaSaturated: adapted.saturated }) }),
      ...(done.learningRateSaturated !== undefined && {
        learningRateSaturated: done.learningRateSaturated,
      }),
      ...done.projection,
      ...drift,
      ...(adaptedReference && { referenceBeta, referenceBetaSaturated: adaptedReference.saturated }),
      ...done.naturalStep,
      ...best,
      ...exact,
      figures,
    };
  };

  function* steps(): Generator<void, WrittenRow, void> {
    if (isUnderWay) throw new Error('an update is under way: its steps come first');
    isUnderWay = true;
    try {
      const begun = begin();
      while (begun.making.step()) yield;
      return complete(begun, begun.making.end());
    } finally {
      isUnderWay = false;
    }
  }

  return {
    updates,
    canSnapshot: environment.canSnapshot,
    restartsEpisodes: environment.restartsEpisodes ?? false,
    get updatesOnTwoThreads() {
      return updatesOnTwoThreads;
    },
    update() {
      if (isUnderWay) throw new Error('an update is under way: its steps come first');
      const begun = begin();
      return complete(begun, finish(begun.making));
    },
    steps,
    standstill() {
      if (!isUnderWay) throw new Error('no update is under way');
      return standstill();
    },
    policyHealth: () => healthOf(agent, rollout),
    drainLedger() {
      const drained = ledger;
      ledger = [];
      return drained;
    },
    stored() {
      critic.sync();
      return policyOf(agent, environment, observationMoments);
    },
    reference: reference?.stored,
    snapshot() {
      if (isUnderWay) throw new Error('no snapshot: an update is under way');
      if (ahead !== undefined && ahead.before === undefined)
        throw new Error('no snapshot: the next rollout was collected ahead, and checkpoint is null');
      critic.sync();
      return snapshotTraining(state, ahead?.before);
    },
    restore(snapshot) {
      ahead = undefined;
      isUnderWay = false;
      truth?.reset();
      critic.sync();
      restoreTraining(state, snapshot);
      observationMoments = snapshot.collecting.observationMoments ?? undefined;
      critic.resume();
    },
    dispose() {
      truth?.dispose();
      environment.dispose?.();
      critic.end();
      reference?.dispose();
      agent.policy.network.dispose();
      agent.value?.network.dispose();
    },
  };
}

function healthOf(
  { head, policy: { network, parameters, gradient } }: Agent,
  rollout: Rollout,
): PolicyHealth {
  const { isGaussian } = heads[head.kind];
  return {
    gradientNorm: Math.sqrt(network.sumOfSquares(gradient)),
    greatestEntropy: rollout.masks
      ? greatestEntropy(head, rollout.masks, rollout.count)
      : head.greatestEntropy,
    leastStd: isGaussian ? exp(leastLogStd(head, network.shape.logStd, parameters, rollout)) : undefined,
  };
}

/** Of the policy, or where each state has its own of the states of the rollout. */
function leastLogStd(
  { width, actionWidth }: Head,
  constants: number,
  parameters: Float32Array,
  { distributions }: Rollout,
): number {
  const least = (a: number, b: number): number => Math.min(a, b);
  if (constants > 0) return parameters.subarray(parameters.length - constants).reduce(least);
  return distributions.reduce((a, b, at) => (at % width < actionWidth ? a : least(a, b)), Infinity);
}

/** Mean over the masks of a rollout: each leaves less to choose from. */
function greatestEntropy(head: Head, masks: Uint8Array, count: number): number {
  const even = new Float64Array(count * head.width);
  const entropies = new Float64Array(count);
  head.read(new Float32Array(count * head.width), count, even, masks);
  head.entropy(even, count, entropies);
  return mean(entropies, count);
}

/** Fills the rollout's advantages and returns as the config says. */
function createEstimator({ advantage }: Config, rollout: Rollout): () => void {
  const { estimator, gamma, gaeLambda, groupSize, divideByStd } = advantage;
  const { advantages, returns } = rollout;
  if (groupSize === null) return () => generalizedAdvantages(rollout, gamma, gaeLambda, advantages, returns);
  const estimate = estimator === 'rloo' ? rloo : grpo(divideByStd === true);
  return () => groupAdvantages(rollout, groupSize, estimate, advantages, returns);
}

type RecordStep = (step: Omit<LedgerRow, 'update'>) => void;

/** An update of the policy, and the settings its schedules have come to. */
interface Improvement {
  readonly settings: PpoSettings | TrpoSettings;
  readonly making: Making<UpdateReport>;
}

/** The algorithm of the config as one function of the state. */
function createImprovement(
  config: Config,
  updates: number,
  state: TrainingState,
  critic: Critic,
  region: Region,
  record: RecordStep | undefined,
): () => Improvement {
  const { agent, rollout, reference } = state;
  const { shuffle } = state.streams;
  if (config.algorithm === 'ppo') {
    const { minibatchSize } = config.ppo;
    const { projection } = config.trustRegion;
    const improve = createPpo(
      agent,
      critic,
      rollout,
      region,
      minibatchSize,
      shuffle,
      reference,
      record,
      projection &&
        createProjection(projection, agent, rollout, region, minibatchSize, config.optimizer, shuffle),
    );
    return () => {
      const settings = ppoSettingsAt(config, state.update, updates, state.beta, state.learningRate);
      return { settings, making: improve(settings) };
    };
  }
  const improve = createTrpo(agent, critic, rollout, region, config.trpo, shuffle, reference?.loss);
  return () => {
    const settings = trpoSettingsAt(config, state.update, updates);
    return { settings, making: improve(settings) };
  };
}
