import type { Random } from '../random/random.ts';
import { quantile } from './quantile.ts';
import type { Scores } from './scores.ts';

/** The ends of an interval. */
export interface Interval {
  readonly low: number;
  readonly high: number;
}

/**
 * Stratified bootstrap percentile interval: every set of scores is resampled with replacement, runs within
 * each task independently, sets independently of each other (rliable's StratifiedBootstrap and
 * StratifiedIndependentBootstrap).
 * @param statistics each is a function of the resampled sets; all see the same resamples
 * @param confidence in (0, 1): 0.95 cuts 2.5% at each end
 * @returns one interval per statistic
 */
export function bootstrapIntervals(
  sets: readonly Scores[],
  statistics: readonly ((...sets: Scores[]) => number)[],
  resamples: number,
  confidence: number,
  random: Pick<Random, 'integer'>,
): Interval[] {
  const drawn = sets.map((scores) => scores.map((runs) => new Float64Array(runs.length)));
  const values = statistics.map(() => new Float64Array(resamples));
  for (let b = 0; b < resamples; b++) {
    sets.forEach((scores, s) => {
      scores.forEach((runs, task) => {
        const sample = drawn[s][task];
        for (let i = 0; i < sample.length; i++) sample[i] = runs[random.integer(runs.length)];
      });
    });
    statistics.forEach((statistic, k) => {
      values[k][b] = statistic(...drawn);
    });
  }
  const tail = (1 - confidence) / 2;
  return values.map((each) => {
    const sorted = each.sort();
    return { low: quantile(sorted, tail), high: quantile(sorted, 1 - tail) };
  });
}
