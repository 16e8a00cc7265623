import { mean as meanOf } from '../elementary/mean.ts';
import { type MeanInterval, studentT975 } from './student-interval.ts';

/** The standard normal at 0.975. */
const Z = 1.959964;

/** Whether these are successes and failures: every one is 0 or 1. */
export function areOutcomes(returns: ArrayLike<number>): boolean {
  return Array.prototype.every.call(returns, (value) => value === 0 || value === 1);
}

/**
 * Wilson's score interval of a proportion: (p + z²/2n ± z·√(p(1 − p)/n + z²/4n²)) / (1 + z²/n). Inside [0, 1], and no
 * point even where all or none succeed. [Wilson 1927; Brown, Cai & DasGupta 2001]
 * @param p successes by n
 * @param n episodes, > 0; not whole where it is an effective number
 * @param z quantile of the confidence; 95% by default
 */
export function wilsonInterval(p: number, n: number, z = Z): { low: number; high: number } {
  const scale = 1 + (z * z) / n;
  const center = p + (z * z) / (2 * n);
  const half = z * Math.sqrt((p * (1 - p)) / n + (z * z) / (4 * n * n));
  // Both ends are 0 or 1 exactly where p is; rounding must not say otherwise.
  return {
    low: p <= 0 ? 0 : Math.max(0, (center - half) / scale),
    high: p >= 1 ? 1 : Math.min(1, (center + half) / scale),
  };
}

/** Of the returns of episodes, each 0 or 1: the share that succeeded. */
export function successInterval(returns: Float64Array): MeanInterval {
  const p = meanOf(returns);
  return { mean: p, ...wilsonInterval(p, returns.length), samples: returns.length };
}

/**
 * Of success rates of several seeds: their mean, and Wilson's interval with Student's t for z and the number of episodes
 * that would spread as the seeds do, p(1 − p)/(s²/k), at most as many as were played. [Korn & Graubard 1998; Dean & Pagano
 * 2015: intervals of proportions in clusters] Episodes of one seed share its policy: counted one by one they would claim
 * more than they say.
 * @param rates in [0, 1], one a seed, not all the same
 * @param episodes of all seeds together
 */
export function successIntervalOfSeeds(rates: Float64Array, episodes: number): MeanInterval {
  const samples = rates.length;
  const p = meanOf(rates);
  if (samples < 2) return { mean: p, low: Number.NaN, high: Number.NaN, samples };
  const squares = rates.reduce((sum, rate) => sum + (rate - p) ** 2, 0);
  const variance = squares / (samples - 1) / samples;
  const effective = Math.min(episodes, (p * (1 - p)) / variance);
  return { mean: p, ...wilsonInterval(p, effective, studentT975(samples - 1)), samples };
}
