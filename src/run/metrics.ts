/** What a column of `metrics.jsonl` holds. */
export interface MetricField {
  readonly name: string;
  readonly unit: string;
  /** Formula or definition, one sentence. */
  readonly meaning: string;
}

const field = (name: string, unit: string, meaning: string): MetricField => ({ name, unit, meaning });

/** Every column of `metrics.jsonl`, in order; figures of the environment follow under their own names. */
export const metricFields = [
  field('update', 'count', 'Number of the update, from 1.'),
  field('steps', 'environment steps', 'Steps taken by all copies together, this rollout included.'),
  field('episodes', 'count', 'Episodes finished in this rollout.'),
  field('returnMean', 'reward', 'Mean undiscounted raw return of those episodes; null when none finished.'),
  field('returnMin', 'reward', 'Least of those returns; null when none finished.'),
  field('returnMax', 'reward', 'Greatest of those returns; null when none finished.'),
  field('lengthMean', 'environment steps', 'Mean length of those episodes; null when none finished.'),
  field(
    'curveUpdates',
    'count',
    'Updates, from the first on, of which the curve of returns (docs/compare.md) is known by now.',
  ),
  field(
    'curveReturn',
    'reward',
    'The curve’s mean over the updates that became known in this one; null where none did.',
  ),
  field(
    'klOldNewMean',
    'nats',
    'Mean over the rollout’s states of KL(π_old‖π_new), exact, after the update.',
  ),
  field('klOldNewP95', 'nats', '95th percentile over states of the same.'),
  field('klOldNewMax', 'nats', 'Maximum over states of the same.'),
  field('klNewOldMean', 'nats', 'Mean over states of KL(π_new‖π_old), exact, after the update.'),
  field('k1', 'nats', 'mean(−ℓ) over the rollout, ℓ = log π_new(a|s) − log π_old(a|s), after the update.'),
  field('k2', 'nats', 'mean(ℓ²/2), likewise.'),
  field('k3', 'nats', 'mean(expm1(ℓ) − ℓ), likewise.'),
  field('delta', 'nats', 'δ, the bound on klOldNewMean in this update.'),
  field('deltaViolated', 'true or false', 'Whether klOldNewMean > δ.'),
  field(
    'clipFraction',
    'share',
    'Share of samples with |ratio − 1| > ε, mean over the gradient steps; null where the objective has no ε.',
  ),
  field('entropy', 'nats', 'Mean entropy of π_new over the rollout’s states.'),
  field(
    'policyLoss',
    'reward',
    'Loss of the policy objective, KL penalty included, without the bonus, mean over the gradient steps.',
  ),
  field('valueLoss', 'reward²', '½·mean((V − R)²) without its coefficient, mean over the gradient steps.'),
  field('explainedVariance', 'share', '1 − Var(R − V)/Var(R) of the values before the update.'),
  field('learningRate', '1', 'Adam’s step size in this update; of the value network alone with TRPO.'),
  field('clipRange', '1', 'ε in this update; null where the objective has none.'),
  field(
    'gradientNorm',
    '1',
    'Global L2 norm over both networks before clipping, mean over the gradient steps; with TRPO ‖g‖ of the surrogate.',
  ),
  field('gradientStepsPlanned', 'count', 'Gradient steps the update would take without a stop rule.'),
  field('gradientStepsApplied', 'count', 'Gradient steps it took.'),
  field(
    'stopReason',
    'word',
    'completed: all planned steps; stopped: the stop rule ended it; rolledBack: brought back inside δ; rejected: no step was acceptable, the policy is as it was.',
  ),
] as const satisfies readonly MetricField[];

/** Columns that runs with algorithm `trpo` or `npg` have besides, after `stopReason`. */
export const trpoFields = [
  field('cgIterations', 'count', 'Iterations of conjugate gradient.'),
  field('cgResidualInitial', '1', '‖g‖: the residual of x = 0.'),
  field('cgResidualFinal', '1', '‖g − (F + λI)x‖ of the x found, computed anew.'),
  field(
    'stepFisherNorm',
    'nats',
    'sᵀFs of the full step s, without damping: twice the KL it would make if KL were quadratic.',
  ),
  field(
    'klPredicted',
    'nats',
    '½·sᵀFs of the step taken, or of the last one tried where none was; null without one.',
  ),
  field(
    'klActual',
    'nats',
    'Mean KL(π_old‖π_new) of the same step, exact, on the whole rollout; null likewise.',
  ),
  field('improvementPredicted', 'reward', 'gᵀs of the same step; null likewise.'),
  field(
    'improvementActual',
    'reward',
    'Surrogate mean(ratio·Â) after that step minus before, standardised advantages; null likewise.',
  ),
  field('backtracks', 'count', 'Times the line search shortened the step.'),
  field(
    'rejectedReason',
    'word',
    'null: the step was taken; zeroGradient, negativeCurvature, nonFinite: there was none; outsideDelta, noImprovement: the test that the last try failed.',
  ),
] as const satisfies readonly MetricField[];

/** Columns that follow where the objective has a KL penalty. */
export const penaltyFields = [
  field('beta', '1', 'β of the KL penalty in this update.'),
  field(
    'betaSaturated',
    'true or false',
    'Whether a bound of `objective.adapt` held back the β of the next update; with an adaptive β only.',
  ),
] as const satisfies readonly MetricField[];

/** What a cell may hold: null only where `metricFields` says so. */
export type MetricValue = number | boolean | string | null;

/** One row of `metrics.jsonl`: the fields of `metricFields` in order, then the environment's figures. */
export interface MetricsRow {
  update: number;
  steps: number;
  episodes: number;
  returnMean: number | null;
  returnMin: number | null;
  returnMax: number | null;
  lengthMean: number | null;
  /** Not in the rows of leash 0.1.0. */
  curveUpdates?: number;
  curveReturn?: number | null;
  klOldNewMean: number;
  klOldNewP95: number;
  klOldNewMax: number;
  klNewOldMean: number;
  k1: number;
  k2: number;
  k3: number;
  delta: number;
  deltaViolated: boolean;
  clipFraction: number | null;
  entropy: number;
  policyLoss: number;
  valueLoss: number;
  explainedVariance: number;
  learningRate: number;
  clipRange: number | null;
  gradientNorm: number;
  gradientStepsPlanned: number;
  gradientStepsApplied: number;
  stopReason: string;
  [figure: string]: MetricValue;
}

/** JSON that is always valid: NaN and ±Infinity become the strings "NaN", "Infinity" and "-Infinity". */
export function encodeJson(value: unknown, indent?: number): string {
  return JSON.stringify(
    value,
    (_, v) => (typeof v === 'number' && !Number.isFinite(v) ? String(v) : v),
    indent,
  );
}

/**
 * `encodeJson` of an object whose values are no objects: without the replacer, a call for every value, where all
 * numbers are finite.
 */
export function encodeRow(row: object): string {
  for (const value of Object.values(row)) {
    if (typeof value === 'number' && !Number.isFinite(value)) return encodeJson(row);
  }
  return JSON.stringify(row);
}
