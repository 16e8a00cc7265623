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
 * An update in the making: it stands still after each gradient step of PPO, and after each try of TRPO's line search. What is
 * looked at meanwhile changes nothing of what it comes to.
 */
export type Steps<Result> = Generator<void, Result, void>;

/** Makes what is left of it without a break. */
export function finish<Result>(steps: Steps<Result>): Result {
  let next = steps.next();
  while (!next.done) next = steps.next();
  return next.value;
}
