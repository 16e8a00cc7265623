import { mean } from '../elementary/mean.ts';
import { within } from './bounded-interval.ts';
import { interquartileCut, interquartileMeanOf } from './interquartile-mean.ts';
import { trimmedInterval } from './trimmed-interval.ts';

/** How the seeds of a group become one curve. */
export type Center = 'iqm' | 'mean';

/** Middle and 95% interval over seeds at one update. */
export interface Band {
  readonly center: number;
  readonly low: number;
  readonly high: number;
}

/** Middle of sorted values. */
export function centerOf(sorted: Float64Array, center: Center): number {
  return center === 'iqm' ? interquartileMeanOf(sorted) : mean(sorted);
}

/**
 * Student's interval, of an interquartile mean on winsorised values, no wider than the values: with few seeds
 * it is from the least of them to the greatest, and where all are the same it has no width. What it covers: docs/plots.md.
 * @param sorted at least two values, ascending
 */
export function bandOf(sorted: Float64Array, center: Center): Band {
  const cut = center === 'iqm' ? interquartileCut(sorted.length) : 0;
  const seen = { least: sorted[0], greatest: sorted[sorted.length - 1] };
  return { center: centerOf(sorted, center), ...within(trimmedInterval(sorted, cut), seen) };
}
