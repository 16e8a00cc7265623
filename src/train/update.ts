import type { MetricsWhen, StopReason } from '../row/metrics.ts';

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
  /** Of the last gradient step. */
  readonly learningRate: number;
  /** Where it follows the KL: what the next update begins with. */
  readonly nextLearningRate?: number;
  /** Likewise: whether a bound held it back in this update. */
  readonly learningRateSaturated?: boolean;
  /** Where the objective sees the policy through a projection. */
  readonly projection?: MetricsWhen<'projection'>;
  /** What else a natural step has to tell. */
  readonly naturalStep?: MetricsWhen<'naturalStep'>;
}

/**
 * An update in the making, a gradient step of PPO at a time, or a try of TRPO's line search. What is looked at between two changes
 * nothing of what it comes to.
 */
export interface Making<Result> {
  /** Makes the next step. @returns false where none was left */
  step(): boolean;
  /** What follows the last step, and what all came to. */
  end(): Result;
}

/** Makes what is left without a break. */
export function finish<Result>(making: Making<Result>): Result {
  while (making.step());
  return making.end();
}
