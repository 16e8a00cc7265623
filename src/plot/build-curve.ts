import { bandOf, centerOf } from '../statistics/seed-band.ts';
import type { Aligned } from './align.ts';
import { decimate } from './decimate.ts';
import type { Line } from './figure.ts';
import type { FigureOptions, Thinning } from './figure-options.ts';
import { partsOf } from './stretches.ts';

type Curve = Pick<Line, 'x' | 'y' | 'gaps'>;

/** One run's curve, thinned. */
export function curve(
  x: Float64Array,
  row: readonly (number | null)[],
  thinning: Thinning,
): Curve & { kept: number[] } {
  const kept = partsOf(x, thinning).flatMap(([start, end]) =>
    decimate(row.slice(start, end), thinning.points).map((at) => start + at),
  );
  return {
    kept,
    x: kept.map((at) => x[at]),
    y: kept.map((at) => (Number.isFinite(row[at]) ? row[at] : null)),
    gaps: [...x].filter((_, at) => Number.isNaN(row[at])),
  };
}

/** The middle of several runs with its interval; only at the points that are drawn is the interval computed. */
export function middleOf(
  aligned: Aligned,
  values: readonly (readonly (number | null)[])[],
  options: FigureOptions,
): Curve & Pick<Line, 'low' | 'high' | 'completeUntil'> {
  const center = options.band === 'mean' ? 'mean' : 'iqm';
  const scratch = new Float64Array(values.length);
  const row = values[0].map((_, u) => {
    const sorted = sortedAt(values, u, scratch);
    if (sorted.length > 0) return centerOf(sorted, center);
    return values.some((each) => Number.isNaN(each[u])) ? Number.NaN : null;
  });
  const { kept, ...drawn } = curve(aligned.x, row, options);
  const intervals = kept.map((u) => {
    const sorted = sortedAt(values, u, scratch);
    return sorted.length > 1 ? bandOf(sorted, center) : undefined;
  });
  return {
    ...drawn,
    low: intervals.map((each) => each?.low ?? null),
    high: intervals.map((each) => each?.high ?? null),
    completeUntil: kept.filter((u) => u < aligned.completeUntil).length,
  };
}

/** The largest of several runs at each update. */
export function largestOf(
  aligned: Aligned,
  values: readonly (readonly (number | null)[])[],
  thinning: Thinning,
): Curve & Pick<Line, 'completeUntil'> {
  const scratch = new Float64Array(values.length);
  const row = values[0].map((_, u) => sortedAt(values, u, scratch).at(-1) ?? null);
  const { kept, ...drawn } = curve(aligned.x, row, thinning);
  return { ...drawn, completeUntil: kept.filter((u) => u < aligned.completeUntil).length };
}

/** The finite values of all runs at one update, ascending, in the front of `scratch`. */
function sortedAt(
  values: readonly (readonly (number | null)[])[],
  update: number,
  scratch: Float64Array,
): Float64Array {
  let count = 0;
  for (const row of values) {
    const value = row[update];
    if (value === null || !Number.isFinite(value)) continue;
    let at = count++;
    for (; at > 0 && scratch[at - 1] > value; at--) scratch[at] = scratch[at - 1];
    scratch[at] = value;
  }
  return scratch.subarray(0, count);
}
