import type { Random } from '../random/random.ts';
import type { Interval } from './bootstrap.ts';
import type { Bounds } from './bounded-interval.ts';
import { quantile } from './quantile.ts';

/*
 * What runs say of a distribution of which nothing is known but the ends of its values. How much of it lies below the i-th
 * of n runs is a draw of the i-th of n ordered uniforms; between two runs it is anywhere between them. Each draw so bounds
 * the mean, whole or of the middle half, from below and above; of many draws the outer 2.5% are cut. Of zeros and
 * ones it is the interval of Clopper and Pearson; a mean of runs that all are the same gets an interval, too. [Gaffke 2005;
 * Phan, Thomas & Learned-Miller, arXiv 2106.03163; ends of a fiducial distribution: Cui & Hannig 2019]
 */

/** Beyond so many they are counted in another unit. */
const MANY_WAYS = 2 ** 500;

/** Of the bounds of one mean, a draw each. */
export interface DrawnBounds {
  readonly low: Float64Array;
  readonly high: Float64Array;
}

/**
 * @param sorted ascending
 * @param trim share of the distribution that the mean leaves out at each end, in [0, ½)
 */
export function drawBounds(
  sorted: Float64Array,
  bounds: Bounds,
  trim: number,
  draws: number,
  random: Pick<Random, 'uniform'>,
): DrawnBounds {
  const n = sorted.length;
  const below = Float64Array.from([bounds.least, ...sorted]);
  const above = Float64Array.from([...sorted, bounds.greatest]);
  const [low, high] = [new Float64Array(draws), new Float64Array(draws)];
  const ends = new Float64Array(n + 2);
  for (let d = 0; d < draws; d++) {
    for (let i = 0; i < n; i++) ends[i] = random.uniform();
    ends.fill(1, n);
    ends.subarray(0, n).sort();
    let from = trim;
    let [least, most] = [0, 0];
    for (let i = 0; i <= n; i++) {
      const to = Math.min(1 - trim, Math.max(trim, ends[i]));
      // A share of nothing of an infinite end is nothing.
      if (to > from) {
        least += ((to - from) / (1 - 2 * trim)) * below[i];
        most += ((to - from) / (1 - 2 * trim)) * above[i];
      }
      from = Math.max(from, to);
    }
    // Stuck runs and an end that nothing bounds come to no number: then nothing bounds the mean.
    [low[d], high[d]] = [least, Number.isNaN(most) ? Number.POSITIVE_INFINITY : most];
  }
  return { low, high };
}

/** The 95% interval of a mean whose bounds were drawn; infinite where an end of the values is and counts. */
export function intervalOfBounds({ low, high }: DrawnBounds): Interval {
  return { low: quantile(low.slice().sort(), 0.025), high: quantile(high.slice().sort(), 0.975) };
}

/**
 * Of the difference of two means, drawn independently. Where x can be −∞ it can be as low as that, and where y can be −∞ as high as
 * ∞, the other being −∞ or not: −∞ − (−∞) is no number.
 */
export function differenceOfBounds(x: DrawnBounds, y: DrawnBounds): DrawnBounds {
  return {
    low: x.low.map((each, d) => (each === Number.NEGATIVE_INFINITY ? each : each - y.high[d])),
    high: y.low.map((each, d) => (each === Number.NEGATIVE_INFINITY ? -each : x.high[d] - each)),
  };
}

/**
 * Of a median: from the k-th value to the k-th from above, the narrowest such that covers at least 95% whatever the
 * distribution. [Thompson 1936] @param sorted ascending @returns undefined below six values
 */
export function medianInterval(sorted: Float64Array): Interval | undefined {
  const n = sorted.length;
  // Chance that k values lie below the median: binomial, ways·½^halvings, since ½ⁿ is no number but 0 from 1,075 values on.
  let [ways, halvings, below, k] = [1, n, 0, 0];
  for (;;) {
    const chance = ways * 0.5 ** halvings;
    if (below + chance > 0.025) break;
    below += chance;
    k += 1;
    ways *= (n - k + 1) / k;
    if (ways < MANY_WAYS) continue;
    ways /= MANY_WAYS;
    halvings -= Math.log2(MANY_WAYS);
  }
  return k === 0 ? undefined : { low: sorted[k - 1], high: sorted[n - k] };
}
