import type { MetricValue } from '../run/metrics.ts';

/** Why the gradient steps of an update ended. */
export type StopReason = 'completed' | 'stopped' | 'rolledBack' | 'rejected';

/** What one update did; losses and norms are means over its gradient steps' minibatches. */
export interface UpdateReport {
  readonly gradientStepsPlanned: number;
  readonly gradientStepsApplied: number;
  readonly stopReason: StopReason;
  readonly policyLoss: number;
  readonly valueLoss: number;
  /** null where the objective has no ε. */
  readonly clipFraction: number | null;
  readonly gradientNorm: number;
  /** Further columns of the row, the same names in every update of a run (β, conjugate gradient, …). */
  readonly figures: Readonly<Record<string, MetricValue>>;
}
