import type { SampleKl } from './measure.ts';

/** How Adam's step size follows the KL within an update: see `optimizer.learningRate` of the config. */
export interface RateRule {
  /** What it is in the first gradient step of a run. */
  readonly from: number;
  /** The KL of a minibatch to hold, nats, > 0. */
  readonly target: number;
  /** The exact KL over the minibatch's states, or an estimator of KL(π_old‖π_new) on its actions. */
  readonly measure: 'exact' | keyof SampleKl;
  /** KL(π_old‖π_new) or KL(π_new‖π_old); estimators have the first alone. */
  readonly direction: 'oldNew' | 'newOld';
  /**
   * When it moves, always by the KL that a minibatch shows before its gradient step: for that step already, for the next
   * one, or once an epoch by the mean over its minibatches.
   */
  readonly cadence: 'beforeStep' | 'afterStep' | 'epoch';
  /** > 1: beyond margin·target it is lowered, below target/margin raised. */
  readonly margin: number;
  /** > 1: by which it is divided or multiplied. */
  readonly factor: number;
  /** What a KL of 0, or an estimate below, does: leave it, or raise it. */
  readonly atZero: 'leave' | 'raise';
  /** Bounds of the step size, 0 < min ≤ max. */
  readonly min: number;
  readonly max: number;
}

/** The step size after a look at the KL, and whether a bound held it back. */
export interface AdaptedRate {
  readonly rate: number;
  readonly saturated: boolean;
}

/**
 *   d > margin·target → rate/factor;  d < target/margin → rate·factor;  within [min, max]
 * rsl_rl (`schedule: "adaptive"`), rl_games (`AdaptiveScheduler`), skrl and SBX (`KLAdaptiveLR`) have this rule with other
 * measures, instants and bounds; it goes back to Heess et al., arXiv 1707.02286.
 * @param kl d, nats
 */
export function adaptRate(rule: RateRule, rate: number, kl: number): AdaptedRate {
  const wanted = wantedRate(rule, rate, kl);
  const bounded = Math.min(Math.max(wanted, rule.min), rule.max);
  return { rate: bounded, saturated: bounded !== wanted };
}

function wantedRate({ target, margin, factor, atZero }: RateRule, rate: number, kl: number): number {
  if (kl > margin * target) return rate / factor;
  if (kl < target / margin && (kl > 0 || atZero === 'raise')) return rate * factor;
  return rate;
}
