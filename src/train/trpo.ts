import type { Config } from '../config/schema.ts';
import { sampledLoss } from '../objective/objective.ts';
import { probabilityRatios } from '../objective/surrogate.ts';
import { conjugateGradient, type ConjugateGradientResult, dot } from '../optimizer/conjugate-gradient.ts';
import { type LineSearchResult, type LineSearchSettings, lineSearch } from '../optimizer/line-search.ts';
import { type Random, shuffle } from '../random/random.ts';
import { NonFiniteError } from '../rollout/environment.ts';
import { readDistributions } from '../rollout/collect.ts';
import type { Rollout } from '../rollout/rollout.ts';
import type { MetricsWhen, RejectedReason } from '../row/metrics.ts';
import { mean } from '../trust-region/measure.ts';
import { regionScopes } from '../trust-region/over.ts';
import type { Agent } from './agent.ts';
import type { Critic } from './critic.ts';
import { createFisher, type Fisher } from './fisher.ts';
import { causeOfValueLoss } from './guards.ts';
import type { ReferenceLoss } from './reference-policy.ts';
import type { Region } from './region.ts';
import type { Making, UpdateReport } from './update.ts';

/** What an update needs of the config, schedules resolved for this update. */
export interface TrpoSettings {
  /** δ: the bound on KL(π_old‖π_new). */
  readonly delta: number;
  readonly damping: number;
  readonly cgIterations: number;
  readonly cgTolerance: number;
  /** null: the whole step is taken unseen (natural policy gradient). */
  readonly lineSearch: LineSearchSettings | null;
  /** Whether a step beyond δ is brought back inside (only without a line search). */
  readonly rollback: boolean;
  readonly valueEpochs: number;
  /** Adam's step size for the value network. */
  readonly learningRate: number;
}

/** The full step s = √(2δ/(xᵀ(F+λI)x))·x, or why there is none. */
interface Direction {
  readonly step: Float64Array;
  readonly rejected: RejectedReason | null;
  readonly iterations: number;
  /** ‖g‖ and ‖g − (F+λI)x‖. */
  readonly residuals: readonly [initial: number, final: number];
  /** sᵀFs, without damping. */
  readonly fisherNorm: number;
  /** gᵀs. */
  readonly gain: number;
}

/** What one trial of the step measured, exactly and on the whole rollout. */
interface Trial {
  readonly kl: number;
  /** What is held to δ: the same, or the worst state's. */
  readonly held: number;
  readonly improvement: number;
}

/**
 * Makes the TRPO update of an agent on a rollout [Schulman et al., arXiv 1502.05477]: one natural gradient
 * step on the surrogate, shortened until KL(π_old‖π_new) ≤ δ, as the region takes it, and the surrogate improves, or none at all; then
 * the value network is fitted apart, beside it where a thread is free for it. Advantages are taken as the rollout holds them. docs/trpo.md goes through
 * it equation by equation. A step of it is a try of the line search, after which the parameters are those of the try.
 * @param random the stream that shuffles the value network's minibatches
 * @param reference what the surrogate pays for its distance from a reference policy, where it does
 * @throws NonFiniteError when the value loss or its gradient is not finite
 */
export function createTrpo(
  agent: Agent,
  critic: Critic,
  rollout: Rollout,
  region: Region,
  { fisherSubsample }: Pick<Config['trpo'], 'fisherSubsample'>,
  random: Random,
  reference?: ReferenceLoss,
): (settings: TrpoSettings) => Making<UpdateReport> {
  const { policy } = agent;
  const size = policy.parameters.length;
  const fisher = createFisher(agent, rollout, fisherSubsample);
  const objective = createSurrogate(agent, rollout, region, reference);
  const old = new Float32Array(size);

  return (settings) => {
    const { delta } = settings;
    beginFit(critic, rollout, settings, random);
    old.set(policy.parameters);
    const gradient = new Float64Array(size);
    const before = objective.gradient(gradient);
    const direction = naturalStep(fisher, gradient, settings, region);
    const { step } = direction;

    let trial: Trial | null = null;
    let rejected = direction.rejected;
    const acceptable = (fraction: number): boolean => {
      for (let i = 0; i < size; i++) policy.parameters[i] = old[i] + fraction * step[i];
      const { value: now, ...kls } = objective.measure();
      trial = { ...kls, improvement: now - before };
      rejected = verdict(trial, settings);
      return rejected === null;
    };
    const search =
      rejected === null ? lineSearch(acceptable, settings.lineSearch ?? { shrink: 1, tries: 1 }) : null;
    const end = (): UpdateReport => {
      if (rejected !== null) policy.parameters.set(old);
      const rolledBack = rejected === null && settings.rollback && region.enforce(delta);

      const fit = critic.finish('fit');
      requireFinite('valueLoss', fit.lastLoss, rollout);
      requireFinite('gradientNorm', fit.lastSumOfSquares, rollout);
      return {
        gradientStepsPlanned: 1,
        gradientStepsApplied: rejected === null ? 1 : 0,
        stopReason: rejected !== null ? 'rejected' : rolledBack ? 'rolledBack' : 'completed',
        policyLoss: -before,
        valueLoss: fit.loss,
        clipFraction: null,
        gradientNorm: direction.residuals[0],
        learningRate: settings.learningRate,
        naturalStep: figuresOf(direction, trial, search?.end() ?? null, rejected),
      };
    };
    return { step: () => search?.step() ?? false, end };
  };
}

/** Starts the value network's epochs, each in an order of its own. */
function beginFit(
  critic: Critic,
  { order, count }: Rollout,
  { valueEpochs, learningRate }: TrpoSettings,
  random: Random,
): void {
  for (let epoch = 0; epoch < valueEpochs; epoch++) {
    shuffle(order, random);
    critic.orders.set(order, epoch * count);
  }
  critic.begin('fit', valueEpochs, learningRate);
}

function requireFinite(quantity: string, value: number, rollout: Rollout): void {
  if (Number.isFinite(value)) return;
  throw new NonFiniteError(
    quantity,
    `${value} in the last step of the value network: ${causeOfValueLoss(rollout)}`,
  );
}

/** The two tests of the line search; without one, only that the numbers are numbers. */
function verdict(
  { kl, held, improvement }: Trial,
  { delta, lineSearch }: TrpoSettings,
): RejectedReason | null {
  if (!Number.isFinite(kl) || !Number.isFinite(improvement)) return 'nonFinite';
  if (lineSearch === null) return null;
  if (held > delta) return 'outsideDelta';
  return improvement > 0 ? null : 'noImprovement';
}

/**
 * x ≈ (F + λI)⁻¹g by conjugate gradient, scaled so that ½sᵀ(F+λI)s = δ [TRPO, appendix C]; F there is the mean of the
 * states' own matrices, or that of the state in which it is largest, where the region bounds each.
 */
function naturalStep(
  fisher: Fisher,
  gradient: Float64Array,
  settings: TrpoSettings,
  { over }: Region,
): Direction {
  const { damping, cgIterations, cgTolerance, delta } = settings;
  fisher.begin();
  const dampedProduct = (v: Float64Array, out: Float64Array): void => {
    fisher.product(v, out);
    for (let i = 0; i < out.length; i++) out[i] += damping * v[i];
  };
  const solved = conjugateGradient(dampedProduct, gradient, cgIterations, cgTolerance);
  const { x, iterations, residuals } = solved;
  const ax = new Float64Array(x.length);
  if (iterations > 0) dampedProduct(x, ax);
  const curvature = dot(x, ax);
  const reached = over === 'mean' ? curvature : fisher.greatest(x) + damping * dot(x, x);
  const scale = Math.sqrt((2 * delta) / reached);
  const residual = ax.map((a, i) => gradient[i] - a);
  return {
    step: x.map((xi) => scale * xi),
    rejected: rejectedDirection(solved, curvature),
    iterations,
    residuals: [residuals[0], Math.sqrt(dot(residual, residual))],
    fisherNorm: scale * scale * (curvature - damping * dot(x, x)),
    gain: scale * dot(gradient, x),
  };
}

function rejectedDirection(
  { status, iterations }: ConjugateGradientResult,
  curvature: number,
): RejectedReason | null {
  if (status === 'negativeCurvature' || status === 'nonFinite') return status;
  if (iterations === 0) return 'zeroGradient';
  if (!Number.isFinite(curvature)) return 'nonFinite';
  return curvature > 0 ? null : 'negativeCurvature';
}

/** The surrogate mean(ratio·Â) of a rollout [TRPO, eq. 14], less a reference's price, to be made larger. */
interface Surrogate {
  /** Its value at the policy's parameters; writes its gradient there. */
  gradient(out: Float64Array): number;
  /** Its value and the exact KL(π_old‖π_θ) at the policy's parameters: the mean, and what is held to δ. */
  measure(): { value: number; kl: number; held: number };
}

function createSurrogate(
  { head, policy }: Agent,
  rollout: Rollout,
  { over }: Region,
  reference: ReferenceLoss | undefined,
): Surrogate {
  const { count, observations, masks, actions, advantages } = rollout;
  const current = new Float64Array(count * head.width);
  const logProbs = new Float64Array(count);
  const logRatios = new Float64Array(count);
  const ratios = new Float64Array(count);
  const weights = new Float64Array(count);
  const dOutputs = new Float32Array(count * head.width);
  const rows = Int32Array.from({ length: count }, (_, row) => row);
  const samples = { ratios, logRatios, logProbs, advantages, divergences: new Float64Array(0) };
  const all = { size: count, rows, distributions: current, logProbs, weights, dOutputs };
  /** Of the policy that `current` holds; its slopes go to `weights` and `dOutputs`. */
  const loss = (): number => {
    head.logProb(current, actions, count, logProbs);
    probabilityRatios(logProbs, rollout.logProbs, count, logRatios, ratios);
    const sampled = sampledLoss({ kind: 'surrogate' }, samples, count, weights);
    if (reference === undefined) return sampled;
    dOutputs.fill(0);
    return sampled + reference.addSampled(all) + reference.addExact(all);
  };
  return {
    gradient(out) {
      reference?.look();
      dOutputs.fill(0);
      const at = policy.network.forward(policy.parameters, observations, count);
      head.read(at.outputs, count, current, masks);
      const value = -loss();
      head.addPolicyGradient(current, actions, weights, 0, count, dOutputs);
      policy.network.vjp(at, dOutputs, policy.gradient);
      for (let i = 0; i < out.length; i++) out[i] = -policy.gradient[i];
      return value;
    },
    measure() {
      reference?.look();
      readDistributions(policy, head, observations, count, current, masks);
      const value = -loss();
      head.kl(rollout.distributions, current, count, logProbs);
      return { value, kl: mean(logProbs, count), held: regionScopes[over].held(logProbs, count) };
    },
  };
}

/** What the row says of the step; null where none was tried. */
function figuresOf(
  direction: Direction,
  trial: Trial | null,
  search: LineSearchResult | null,
  rejected: RejectedReason | null,
): MetricsWhen<'naturalStep'> {
  const fraction = search?.fraction ?? 0;
  const tried = trial !== null;
  return {
    cgIterations: direction.iterations,
    cgResidualInitial: direction.residuals[0],
    cgResidualFinal: direction.residuals[1],
    stepFisherNorm: tried ? direction.fisherNorm : null,
    klPredicted: tried ? 0.5 * fraction * fraction * direction.fisherNorm : null,
    klActual: trial?.kl ?? null,
    improvementPredicted: tried ? fraction * direction.gain : null,
    improvementActual: trial?.improvement ?? null,
    backtracks: search?.backtracks ?? 0,
    rejectedReason: rejected,
  };
}
