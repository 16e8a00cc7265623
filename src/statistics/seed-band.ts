import { mean } from '../elementary/mean.ts';
import { randomStream } from '../random/random.ts';
import { interquartileCut, interquartileMeanOf } from './interquartile-mean.ts';
import { between } from './quantile.ts';

/** How the seeds of a group become one curve. */
export type Center = 'iqm' | 'mean';

/** Middle and 95% interval over seeds at one update. */
export interface Band {
  readonly center: number;
  readonly low: number;
  readonly high: number;
}

const RESAMPLES = 500;
/** NumPy's rank of the quantile 0.025, and of 0.975 from above. */
const RANK = 0.025 * (RESAMPLES - 1);

/** Middle of sorted values. */
export function centerOf(sorted: Float64Array, center: Center): number {
  return center === 'iqm' ? interquartileMeanOf(sorted) : mean(sorted);
}

/**
 * Percentile bootstrap over seeds. The resamples are drawn once for each number of seeds, as ranks: seeds are
 * exchangeable at one update, and each resample is then a weighted sum of the sorted values.
 */
export class SeedBand {
  private readonly weights = new Map<number, Float64Array>();
  private readonly tail = new Float64Array(Math.floor(RANK) + 2);
  private readonly means = new Float64Array(RESAMPLES);
  private readonly center: Center;
  constructor(center: Center) {
    this.center = center;
  }

  /** @param sorted at least two values, ascending */
  of(sorted: Float64Array): Band {
    const n = sorted.length;
    const weights = this.weightsFor(n);
    for (let r = 0; r < RESAMPLES; r++) {
      // From the least on: resamples of equal values are exactly that value.
      let excess = 0;
      for (let k = 1; k < n; k++) excess += weights[r * n + k] * (sorted[k] - sorted[0]);
      this.means[r] = sorted[0] + excess;
    }
    return {
      center: centerOf(sorted, this.center),
      low: tailValue(this.means, RANK, 1, this.tail),
      high: tailValue(this.means, RANK, -1, this.tail),
    };
  }

  /** [resamples, n]: the weight of each rank in the middle of each resample. */
  private weightsFor(n: number): Float64Array {
    const known = this.weights.get(n);
    if (known) return known;
    const stream = randomStream(0, `plot/bootstrap/${n}`);
    const cut = this.center === 'iqm' ? interquartileCut(n) : 0;
    const weights = new Float64Array(RESAMPLES * n);
    const drawn = new Float64Array(n);
    for (let r = 0; r < RESAMPLES; r++) {
      for (let k = 0; k < n; k++) drawn[k] = stream.integer(n);
      drawn.sort();
      for (let k = cut; k < n - cut; k++) {
        const at = r * n + drawn[k];
        weights[at] = weights[at] + 1 / (n - 2 * cut);
      }
    }
    this.weights.set(n, weights);
    return weights;
  }
}

/**
 * The value at a rank between two whole ones, counted from the least or, downwards, from the greatest. Only the
 * tail is put in order: sorting all would take most of the time of a plot.
 */
function tailValue(values: Float64Array, rank: number, sign: 1 | -1, tail: Float64Array): number {
  const needed = Math.floor(rank) + 2;
  tail.fill(Number.POSITIVE_INFINITY, 0, needed);
  for (const value of values) {
    const signed = sign * value;
    if (!(signed < tail[needed - 1])) continue;
    let at = needed - 1;
    for (; at > 0 && tail[at - 1] > signed; at--) tail[at] = tail[at - 1];
    tail[at] = signed;
  }
  return sign * between(tail[needed - 2], tail[needed - 1], rank % 1);
}
