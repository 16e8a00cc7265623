import { standardize } from '../advantage/standardize.ts';
import type { Config } from '../config/schema.ts';
import type { Activations } from '../network/network.ts';
import { clipFraction } from '../objective/clip.ts';
import { klPenalty } from '../objective/kl-penalty.ts';
import {
  bandOf,
  bandsOf,
  betaOf,
  divergenceOf,
  type Objective,
  type RatioRanges,
  ratiosWithinOf,
  sampledLoss,
} from '../objective/objective.ts';
import { probabilityRatios } from '../objective/surrogate.ts';
import { clipScale } from '../optimizer/gradient-norm.ts';
import type { Head } from '../policy/head.ts';
import { type Random, shuffle } from '../random/random.ts';
import { NonFiniteError } from '../rollout/environment.ts';
import type { Rollout } from '../rollout/rollout.ts';
import type { LedgerRow } from '../row/ledger.ts';
import { clipAnatomy, ratioQuantiles } from '../trust-region/ledger.ts';
import type { RateRule } from '../trust-region/adapt-rate.ts';
import { measureDivergences, sampleKl } from '../trust-region/measure.ts';
import {
  exceeds,
  looksAfterEpoch,
  looksAfterStep,
  looksBeforeStep,
  type StopRule,
  stopMeasures,
} from '../trust-region/stop-rule.ts';
import type { Agent } from './agent.ts';
import type { Critic } from './critic.ts';
import { causeOfPolicyLoss, causeOfValueLoss } from './guards.ts';
import type { Reference, ReferenceLoss } from './reference-policy.ts';
import type { Region } from './region.ts';
import { createStepSize } from './step-size.ts';
import type { UpdateReport } from './update.ts';

/** What an update needs of the config, schedules resolved for this update. */
export interface PpoSettings {
  readonly epochs: number;
  readonly standardize: Config['advantage']['standardize'];
  readonly objective: Objective;
  readonly entropyCoefficient: number;
  /** In the first gradient step, and how it goes on, where it follows the KL. */
  readonly learningRate: number;
  readonly rateRule?: RateRule | undefined;
  /** null: as the policy's. */
  readonly valueLearningRate: number | null;
  readonly maxGradientNorm: number | null;
  readonly delta: number;
  readonly stop: StopRule | null;
  readonly rollback: boolean;
}

/** Sums over the minibatches of an update. */
interface Tally {
  minibatches: number;
  policyLoss: number;
  valueLoss: number;
  /** null where the objective has no ε. */
  clipFraction: number | null;
  gradientNorm: number;
}

/** One gathered minibatch and the arrays its losses are computed in; allocated once. */
export interface Minibatch {
  size: number;
  /** Of the rollout. */
  rows: Int32Array;
  readonly observations: Float32Array;
  readonly actions: Float32Array;
  readonly masks: Uint8Array | undefined;
  readonly oldLogProbs: Float64Array;
  readonly advantages: Float64Array;
  activations: Activations;
  readonly distributions: Float64Array;
  /** π_old's; gathered only where the objective or the step size asks how far the policy is from them. */
  readonly oldDistributions: Float64Array;
  readonly logProbs: Float64Array;
  readonly logRatios: Float64Array;
  readonly ratios: Float64Array;
  /** Of π_old and π_new in each state, where the objective asks for it. */
  readonly divergences: Float64Array;
  /** Likewise: the ratios that a KL in each state allows. */
  readonly ranges: RatioRanges;
  readonly weights: Float64Array;
  readonly kl: Float64Array;
  readonly dOutputs: Float32Array;
}

export function createMinibatch(
  size: number,
  features: number,
  width: number,
  actionWidth: number,
  maskWidth = 0,
): Minibatch {
  const column = (): Float64Array => new Float64Array(size);
  return {
    size,
    rows: new Int32Array(0),
    observations: new Float32Array(size * features),
    actions: new Float32Array(size * actionWidth),
    masks: maskWidth > 0 ? new Uint8Array(size * maskWidth) : undefined,
    oldLogProbs: column(),
    advantages: column(),
    activations: { outputs: new Float32Array(0), count: 0 },
    distributions: new Float64Array(size * width),
    oldDistributions: new Float64Array(size * width),
    logProbs: column(),
    logRatios: column(),
    ratios: column(),
    divergences: column(),
    ranges: { least: column(), greatest: column() },
    weights: column(),
    kl: column(),
    dOutputs: new Float32Array(size * width),
  };
}

/**
 * Makes the PPO update of an agent on a rollout [Schulman et al., arXiv 1707.06347, algorithm 1]: epochs of
 * shuffled minibatches, each a step of Adam on both networks with the gradient's global norm clipped, until
 * the steps planned are done or the stop rule ends them.
 * @param random the stream that shuffles
 * @param reference what the policy is held near, where it is
 * @param record called after each gradient step; without it the ledger costs nothing
 * @throws NonFiniteError when a loss or the gradient is not finite; that step is not applied
 */
export function createPpo(
  agent: Agent,
  critic: Critic,
  rollout: Rollout,
  region: Region,
  minibatchSize: number,
  random: Random,
  reference?: Reference,
  record?: (step: Omit<LedgerRow, 'update'>) => void,
): (settings: PpoSettings) => UpdateReport {
  const { head } = agent;
  const batch = createMinibatch(
    Math.min(minibatchSize, rollout.count),
    rollout.features,
    head.width,
    head.actionWidth,
    rollout.masks ? head.maskWidth : 0,
  );

  /** Of the rollout's rows; only an objective that asks has them. */
  let ranges: RatioRanges | undefined;
  const measureRanges = (within: number): RatioRanges => {
    const { count, distributions, actions } = rollout;
    ranges ??= { least: new Float64Array(count), greatest: new Float64Array(count) };
    head.ratioRange(distributions, actions, count, within, ranges.least, ranges.greatest);
    return ranges;
  };

  const klNow = (rule: StopRule, delta: number): number => {
    const measure = stopMeasures[rule.measure];
    if (measure.over === 'rollout') return region.look(delta);
    return sampleKl(batch.logProbs, batch.oldLogProbs, batch.size)[measure.estimator];
  };

  return (settings) => {
    const { stop, delta, objective } = settings;
    const clips = bandOf(objective) !== undefined;
    const within = ratiosWithinOf(objective);
    const allowed = within === undefined ? undefined : measureRanges(within);
    const { seen } = region;
    const leavesOut = seen && stop && ((row: number): boolean => exceeds(stop, seen[row], delta));
    const stepSize = createStepSize(settings.rateRule, settings.learningRate);
    const readsOld =
      betaOf(objective) !== undefined || divergenceOf(objective) !== undefined || stepSize.readsDistributions;
    const tally: Tally = {
      minibatches: 0,
      policyLoss: 0,
      valueLoss: 0,
      clipFraction: clips ? 0 : null,
      gradientNorm: 0,
    };
    let stopped = false;
    for (let epoch = 0; epoch < settings.epochs && !stopped; epoch++) {
      shuffle(rollout.order, random);
      for (let start = 0; start < rollout.count && !stopped; start += minibatchSize) {
        const size = Math.min(minibatchSize, rollout.count - start);
        critic.begin('gradient', start, size);
        gather(rollout, head, start, size, batch);
        if (readsOld) gatherDistributions(rollout, head, start, batch);
        if (allowed) gatherRanges(allowed, batch);
        reference?.loss?.look();
        evaluatePolicy(agent, batch);
        stopped = looksBeforeStep(stop) && exceeds(stop, klNow(stop, delta), delta);
        if (stopped) break;
        stepSize.before(head, batch);
        const norm = gradientStep(
          agent,
          critic,
          rollout,
          batch,
          settings,
          tally,
          stepSize.now,
          reference?.loss,
          leavesOut,
        );
        stepSize.after();
        record?.({
          gradientStep: tally.minibatches,
          epoch: epoch + 1,
          epochEnds: start + minibatchSize >= rollout.count,
          ...ledgerStep(batch, settings, norm, region),
          ...reference?.measure(),
        });
        if (looksAfterStep(stop)) stopped = exceeds(stop, klNow(stop, delta), delta);
      }
      stepSize.afterEpoch();
      if (!stopped && looksAfterEpoch(stop)) stopped = exceeds(stop, klNow(stop, delta), delta);
    }
    const rolledBack = settings.rollback && region.enforce(delta);
    return {
      gradientStepsPlanned: settings.epochs * Math.ceil(rollout.count / minibatchSize),
      gradientStepsApplied: tally.minibatches,
      stopReason: rolledBack ? 'rolledBack' : stopped ? 'stopped' : 'completed',
      policyLoss: tally.policyLoss / tally.minibatches,
      valueLoss: tally.valueLoss / tally.minibatches,
      clipFraction: tally.clipFraction === null ? null : tally.clipFraction / tally.minibatches,
      gradientNorm: tally.gradientNorm / tally.minibatches,
      ...stepSize.report(),
    };
  };
}

/** Copies the policy's columns of the rows order[start … start+size) of the rollout together. */
export function gather(rollout: Rollout, head: Head, start: number, size: number, batch: Minibatch): void {
  const { features } = rollout;
  const { actionWidth, maskWidth } = head;
  batch.size = size;
  batch.rows = rollout.order.subarray(start, start + size);
  for (let i = 0; i < size; i++) {
    const row = rollout.order[start + i];
    for (let d = 0; d < features; d++) {
      batch.observations[i * features + d] = rollout.observations[row * features + d];
    }
    for (let d = 0; d < actionWidth; d++) {
      batch.actions[i * actionWidth + d] = rollout.actions[row * actionWidth + d];
    }
    if (batch.masks && rollout.masks) {
      for (let d = 0; d < maskWidth; d++) batch.masks[i * maskWidth + d] = rollout.masks[row * maskWidth + d];
    }
    batch.oldLogProbs[i] = rollout.logProbs[row];
    batch.advantages[i] = rollout.advantages[row];
  }
}

/** Copies π_old's distributions of the rows that `gather` copied. */
function gatherDistributions(rollout: Rollout, { width }: Head, start: number, batch: Minibatch): void {
  for (let i = 0; i < batch.size; i++) {
    const row = rollout.order[start + i];
    for (let k = 0; k < width; k++) {
      batch.oldDistributions[i * width + k] = rollout.distributions[row * width + k];
    }
  }
}

/** Copies what is known of the ratios of the rows that `gather` copied. */
export function gatherRanges({ least, greatest }: RatioRanges, { size, rows, ranges }: Minibatch): void {
  for (let i = 0; i < size; i++) {
    ranges.least[i] = least[rows[i]];
    ranges.greatest[i] = greatest[rows[i]];
  }
}

/** The current policy on the minibatch: its activations, distributions, log-probabilities and ratios. */
function evaluatePolicy({ head, policy }: Agent, batch: Minibatch): void {
  batch.activations = policy.network.forward(policy.parameters, batch.observations, batch.size);
  head.read(batch.activations.outputs, batch.size, batch.distributions, batch.masks);
  head.logProb(batch.distributions, batch.actions, batch.size, batch.logProbs);
  probabilityRatios(batch.logProbs, batch.oldLogProbs, batch.size, batch.logRatios, batch.ratios);
}

/** What the ledger says of a step just taken; the batch still holds what was before it. */
function ledgerStep(
  batch: Minibatch,
  settings: PpoSettings,
  gradientNorm: number,
  region: Region,
): Omit<LedgerRow, 'update' | 'gradientStep' | 'epoch' | 'epochEnds'> {
  const { size, ratios, advantages } = batch;
  const before = sampleKl(batch.logProbs, batch.oldLogProbs, size);
  const after = region.measure(settings.delta);
  return {
    minibatchSize: size,
    delta: settings.delta,
    klOldNew: after.klOldNewMean,
    ...(region.over !== 'mean' && { klOldNewMax: after.klOldNewMax }),
    klNewOld: after.klNewOldMean,
    k1Rollout: after.k1,
    k1Minibatch: before.k1,
    k2Minibatch: before.k2,
    k3Minibatch: before.k3,
    ...clipAnatomy(ratios, advantages, size, bandsOf(settings.objective, batch.ranges)),
    gradientNorm,
    ...ratioQuantiles(ratios, size),
  };
}

/**
 * One step of Adam on both networks, the global norm of their gradients clipped together.
 * @returns that norm before clipping
 */
function gradientStep(
  agent: Agent,
  critic: Critic,
  rollout: Rollout,
  batch: Minibatch,
  settings: PpoSettings,
  tally: Tally,
  learningRate: number,
  reference: ReferenceLoss | undefined,
  leavesOut: LeavesOut | null | undefined,
): number {
  const { policy } = agent;
  const policyLoss = policyGradient(agent, batch, settings, reference, leavesOut);
  const sumOfSquares = policy.network.sumOfSquares(policy.gradient);
  const { loss: valueLoss, sumOfSquares: valueSumOfSquares } = critic.finish('gradient');
  const norm = Math.sqrt(sumOfSquares + valueSumOfSquares);
  if (!Number.isFinite(policyLoss + valueLoss + norm)) {
    const at = `in gradient step ${tally.minibatches + 1}`;
    requireFinite('policyLoss', policyLoss, () => `${at}: ${causeOfPolicyLoss(batch)}`);
    requireFinite('valueLoss', valueLoss, () => `${at}: ${causeOfValueLoss(rollout)}`);
    const parts = `${Math.sqrt(sumOfSquares)} of the policy, ${Math.sqrt(valueSumOfSquares)} of the value network`;
    requireFinite('gradientNorm', norm, () => `${at}: ${parts}`);
  }
  const scale = clipScale(norm, settings.maxGradientNorm);
  critic.run('step', scale, settings.valueLearningRate ?? learningRate);
  policy.optimizer.step(policy.parameters, policy.gradient, scale, learningRate);
  tally.minibatches += 1;
  tally.policyLoss += policyLoss;
  tally.valueLoss += valueLoss;
  const bandAt = bandsOf(settings.objective, batch.ranges);
  if (tally.clipFraction !== null && bandAt !== undefined) {
    tally.clipFraction += clipFraction(batch.ratios, batch.size, bandAt);
  }
  tally.gradientNorm += norm;
  return norm;
}

/** Whether a row of the rollout has no share in the policy's gradient: its state is outside. */
type LeavesOut = (row: number) => boolean;

/**
 * Gradient of the objective minus the entropy bonus.
 * @returns the objective's loss without the bonus, that of rows that are left out included
 */
export function policyGradient(
  { head, policy }: Agent,
  batch: Minibatch,
  settings: PpoSettings,
  reference?: ReferenceLoss,
  leavesOut?: LeavesOut | null,
): number {
  const { size, distributions, dOutputs, weights } = batch;
  if (settings.standardize === 'minibatch') standardize(batch.advantages, size);
  const { objective } = settings;
  const divergence = divergenceOf(objective);
  if (divergence !== undefined)
    measureDivergences(head, divergence, batch.oldDistributions, distributions, size, batch.divergences);
  let loss = sampledLoss(objective, batch, size, weights);
  loss += reference?.addSampled(batch) ?? 0;
  dOutputs.fill(0);
  const entropyWeight = -settings.entropyCoefficient / size;
  head.addPolicyGradient(distributions, batch.actions, weights, entropyWeight, size, dOutputs);
  const beta = betaOf(objective);
  if (beta !== undefined) {
    loss += klPenalty(head, batch.oldDistributions, distributions, size, beta, dOutputs, batch.kl);
  }
  loss += reference?.addExact(batch) ?? 0;
  if (leavesOut) {
    for (let i = 0; i < size; i++) {
      if (leavesOut(batch.rows[i])) dOutputs.fill(0, i * head.width, (i + 1) * head.width);
    }
  }
  policy.network.vjp(batch.activations, dOutputs, policy.gradient);
  return loss;
}

function requireFinite(quantity: string, value: number, where: () => string): void {
  if (!Number.isFinite(value)) throw new NonFiniteError(quantity, `${value} ${where()}`);
}
