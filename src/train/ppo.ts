import { standardize } from '../advantage/standardize.ts';
import type { Config } from '../config/schema.ts';
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
import { createMinibatch, gather, gatherDistributions, gatherRanges, type Minibatch } from './minibatch.ts';
import type { Projection } from './projection.ts';
import type { Reference, ReferenceLoss } from './reference-policy.ts';
import type { Region } from './region.ts';
import { createStepSize } from './step-size.ts';
import type { Making, UpdateReport } from './update.ts';

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

/**
 * Makes the PPO update of an agent on a rollout [Schulman et al., arXiv 1707.06347, algorithm 1]: epochs of
 * shuffled minibatches, each a step of Adam on both networks with the gradient's global norm clipped, until
 * the steps planned are done or the stop rule ends them. What the region asks for comes at its end.
 * @param random the stream that shuffles
 * @param reference what the policy is held near, where it is
 * @param record called after each gradient step; without it the ledger costs nothing
 * @param projection by which the objective sees the policy, where it does
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
  projection?: Projection | null,
): (settings: PpoSettings) => Making<UpdateReport> {
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
      betaOf(objective) !== undefined ||
      divergenceOf(objective) !== undefined ||
      stepSize.readsDistributions ||
      !!projection;
    const tally: Tally = {
      minibatches: 0,
      policyLoss: 0,
      valueLoss: 0,
      clipFraction: clips ? 0 : null,
      gradientNorm: 0,
    };
    let epoch = 0;
    let start = 0;
    let stopped = false;
    const endEpoch = (): void => {
      stepSize.afterEpoch();
      if (!stopped && looksAfterEpoch(stop)) stopped = exceeds(stop, klNow(stop, delta), delta);
      epoch += 1;
      start = 0;
    };
    const step = (): boolean => {
      if (stopped || epoch === settings.epochs) return false;
      if (start === 0) shuffle(rollout.order, random);
      const size = Math.min(minibatchSize, rollout.count - start);
      critic.begin('gradient', start, size);
      gather(rollout, head, start, size, batch);
      if (readsOld) gatherDistributions(rollout.distributions, head, batch);
      if (allowed) gatherRanges(allowed, batch);
      reference?.loss?.look();
      evaluatePolicy(agent, batch);
      stopped = looksBeforeStep(stop) && exceeds(stop, klNow(stop, delta), delta);
      if (stopped) {
        endEpoch();
        return false;
      }
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
        projection,
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
      start += minibatchSize;
      if (stopped || start >= rollout.count) endEpoch();
      return true;
    };
    const end = (): UpdateReport => {
      projection?.regress(batch, delta);
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
        ...(projection && { projection: projection.figures(delta) }),
      };
    };
    projection?.begin();
    return { step, end };
  };
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
  projection: Projection | null | undefined,
): number {
  const { policy } = agent;
  const policyLoss = policyGradient(agent, batch, settings, reference, leavesOut, projection);
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
  projection?: Projection | null,
): number {
  const { size, dOutputs, weights } = batch;
  if (settings.standardize === 'minibatch') standardize(batch.advantages, size);
  const { objective } = settings;
  const seen = projection ? projection.look(batch, settings.delta) : batch;
  const { distributions } = seen;
  const divergence = divergenceOf(objective);
  if (divergence !== undefined)
    measureDivergences(head, divergence, batch.oldDistributions, distributions, size, batch.divergences);
  let loss = sampledLoss(objective, seen, size, weights);
  loss += reference?.addSampled(seen) ?? 0;
  dOutputs.fill(0);
  const entropyWeight = -settings.entropyCoefficient / size;
  head.addPolicyGradient(distributions, batch.actions, weights, entropyWeight, size, dOutputs);
  const beta = betaOf(objective);
  if (beta !== undefined) {
    loss += klPenalty(head, batch.oldDistributions, distributions, size, beta, dOutputs, batch.kl);
  }
  loss += reference?.addExact(seen) ?? 0;
  loss += projection?.pullBack(batch) ?? 0;
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
