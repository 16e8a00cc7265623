import { randomStream } from '../../src/random/random.ts';
import type { Bounds } from '../../src/statistics/bounded-interval.ts';
import { bootstrapIntervals, type Interval } from '../../src/statistics/bootstrap.ts';
import { interquartileMeanOf } from '../../src/statistics/interquartile-mean.ts';
import { iqmInterval, meanInterval } from '../../src/statistics/seed-intervals.ts';
import { pooledMean } from '../../src/statistics/scores.ts';

/** What returns are drawn from. */
export interface Population {
  readonly values: Float64Array;
  readonly bounds: Bounds;
}

/** Of draws of so many runs that have an interval the share in whose is the truth; `none` have none, of one or the other. */
export interface Coverage {
  readonly mean: number;
  readonly iqm: number;
  /** Of the percentile bootstrap that leash had before, of the mean. */
  readonly bootstrap: number;
  readonly none: number;
  /** Intervals of no width, of either. */
  readonly points: number;
}

/** @param resamples of the bootstrap; 0: it is left out, which takes nearly all of the time */
export function coverageOf(
  { values, bounds }: Population,
  runs: number,
  draws: number,
  resamples = 0,
): Coverage {
  const random = randomStream(0, `coverage/${runs}`);
  const sorted = values.slice().sort();
  const mean = pooledMean([values]);
  // Of fewer than four runs it is the mean.
  const iqm = runs < 4 ? mean : interquartileMeanOf(sorted);
  const covered = { mean: 0, iqm: 0, bootstrap: 0, points: 0 };
  const given = { mean: 0, iqm: 0 };
  for (let d = 0; d < draws; d++) {
    const drawn = Float64Array.from({ length: runs }, () => values[random.integer(values.length)] as number);
    const scores = { runs: drawn, bounds };
    const intervals = { mean: meanInterval(scores), iqm: iqmInterval(scores) };
    for (const [key, truth] of [
      ['mean', mean],
      ['iqm', iqm],
    ] as const) {
      const interval = intervals[key];
      if (interval === undefined) continue;
      given[key] += 1;
      if (has(interval, truth)) covered[key] += 1;
      if (interval.low === interval.high) covered.points += 1;
    }
    if (resamples > 0 && has(bootstrapIntervals([[drawn]], [pooledMean], resamples, 0.95, random)[0], mean))
      covered.bootstrap += 1;
  }
  return {
    mean: covered.mean / given.mean,
    iqm: covered.iqm / given.iqm,
    bootstrap: covered.bootstrap / draws,
    none: 1 - Math.min(given.mean, given.iqm) / draws,
    points: covered.points,
  };
}

/** Rounding aside. */
function has(interval: Partial<Interval> | undefined, value: number): boolean {
  const slack = 1e-9 * Math.abs(value);
  return interval?.low !== undefined && interval.high !== undefined
    ? interval.low <= value + slack && value - slack <= interval.high
    : false;
}
