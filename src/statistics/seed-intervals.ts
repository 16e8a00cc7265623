import { extent } from '../elementary/extent.ts';
import { randomStream } from '../random/random.ts';
import type { Interval } from './bootstrap.ts';
import { mean as meanOf } from '../elementary/mean.ts';
import { type Bounds, within } from './bounded-interval.ts';
import { interquartileCut } from './interquartile-mean.ts';
import * as order from './order-interval.ts';
import { skewedInterval } from './skewed-interval.ts';
import { successIntervalOfSeeds } from './success-interval.ts';
import { trimmedDifference, trimmedInterval } from './trimmed-interval.ts';

/** Performances of runs that share a config and a task. */
export interface SeedScores {
  /** −∞ stands for a run without one, below all others. */
  readonly runs: Float64Array;
  /** What they can be. */
  readonly bounds: Bounds;
}

/** Draws of the bounds of a mean. */
const DRAWS = 4000;
/** Of a distribution, what an interquartile mean leaves out at each end. */
const QUARTER = 0.25;

/** The value that more than a quarter of the runs have, at one end of all that have one, and how many have it; the greatest first. */
export function tiedAtAnEnd(runs: Float64Array): { value: number; runs: number } | undefined {
  const least = Math.max(2, interquartileCut(runs.length) + 1);
  for (const value of extent([runs])?.reverse() ?? []) {
    const equal = runs.filter((each) => each === value).length;
    if (equal >= least) return { value, runs: equal };
  }
  return undefined;
}

/** Whether an interval by a standard error would say too much: values pile up at an end, or runs are stuck. */
export function isPiled(runs: Float64Array): boolean {
  return runs.some((each) => each === Number.NEGATIVE_INFINITY) || tiedAtAnEnd(runs) !== undefined;
}

/** The mean over runs, each one sample. */
export interface MeanOfRuns {
  /** Null where a run is stuck. */
  readonly mean: number | null;
  /** 95%; null for a single run, where nothing bounds it, and where a stuck run is why. */
  readonly low: number | null;
  readonly high: number | null;
  /** Runs. */
  readonly samples: number;
  /** Of them without a value: below all others. */
  readonly stuck: number;
  /** Of them equal at an end of all, where they are more than a quarter. */
  readonly equal: number;
  /** What made the interval: effective episodes, the spread of the runs, or, where they pile up, their order alone. */
  readonly by: 'wilson' | 'student' | 'order';
}

/** What runs come to, as a comparison has it. */
export function meanOfRuns(scores: SeedScores): MeanOfRuns {
  const { runs } = scores;
  const number = (value: number | undefined): number | null =>
    value === undefined || !Number.isFinite(value) ? null : value;
  const { low, high } = meanInterval(scores) ?? {};
  return {
    ...{ mean: number(meanOf(runs)), low: number(low), high: number(high), samples: runs.length },
    stuck: runs.filter((each) => each === Number.NEGATIVE_INFINITY).length,
    equal: tiedAtAnEnd(runs)?.runs ?? 0,
    by: isPiled(runs) ? 'order' : 'student',
  };
}

/**
 * The same of the success rates of runs. Where these pile up, at 1 mostly, their spread knows nothing of the runs that will not,
 * however many episodes were played. @param episodes of all together
 */
export function rateOfRuns(rates: Float64Array, episodes: number): MeanOfRuns {
  if (isPiled(rates)) return meanOfRuns({ runs: rates, bounds: { least: 0, greatest: 1 } });
  const { mean, low, high, samples } = successIntervalOfSeeds(rates, episodes);
  const isKnown = samples > 1;
  return {
    ...{ mean, low: isKnown ? low : null, high: isKnown ? high : null, samples },
    ...{ stuck: 0, equal: 0, by: 'wilson' },
  };
}

/** Of the mean. Undefined for a single run, and where values pile up and nothing bounds them. */
export function meanInterval(scores: SeedScores): Partial<Interval> | undefined {
  return intervalOf(scores, 0, 0);
}

/** Of the interquartile mean. */
export function iqmInterval(scores: SeedScores): Partial<Interval> | undefined {
  const cut = interquartileCut(scores.runs.length);
  return intervalOf(scores, cut, cut === 0 ? 0 : QUARTER);
}

/** Of best − mean(min(run, best)). */
export function gapInterval({ runs, bounds }: SeedScores, best: number): Partial<Interval> | undefined {
  const cut = { runs: runs.map((each) => Math.min(each, best)), bounds: { ...bounds, greatest: best } };
  const { low, high } = meanInterval(cut) ?? {};
  const ends = {
    ...(high !== undefined && { low: best - high }),
    ...(low !== undefined && { high: best - low }),
  };
  return low === undefined && high === undefined ? undefined : ends;
}

/** Of the median; undefined below six runs, and where it would be a point. */
export function medianInterval({ runs }: SeedScores): Partial<Interval> | undefined {
  const found = order.medianInterval(runs.slice().sort());
  return found === undefined || found.low === found.high ? undefined : found;
}

/** Of the interquartile mean of x less that of y. */
export function iqmDifferenceInterval(x: SeedScores, y: SeedScores): Partial<Interval> | undefined {
  const sides = [x, y].map(({ runs, bounds }) => {
    const cut = interquartileCut(runs.length);
    return { sorted: runs.slice().sort(), bounds, cut, trim: cut === 0 ? 0 : QUARTER };
  });
  const [a, b] = sides;
  if (!isPiled(x.runs) && !isPiled(y.runs)) {
    return within(trimmedDifference(a.sorted, b.sorted, [a.cut, b.cut]), {
      least: x.bounds.least - y.bounds.greatest,
      greatest: x.bounds.greatest - y.bounds.least,
    });
  }
  const [first, second] = sides.map(({ sorted, bounds, trim }, side) => drawnOf(sorted, bounds, trim, side));
  return known(order.intervalOfBounds(order.differenceOfBounds(first, second)), {
    low: a.sorted[0] === Number.NEGATIVE_INFINITY,
    high: b.sorted[0] === Number.NEGATIVE_INFINITY,
  });
}

function intervalOf({ runs, bounds }: SeedScores, cut: number, trim: number): Partial<Interval> | undefined {
  if (runs.length < 2) return undefined;
  const sorted = runs.slice().sort();
  if (!isPiled(runs))
    return within(cut === 0 ? skewedInterval(sorted) : trimmedInterval(sorted, cut), bounds);
  const isStuck = sorted[0] === Number.NEGATIVE_INFINITY;
  return known(order.intervalOfBounds(drawnOf(sorted, bounds, trim, 0)), { low: isStuck, high: false });
}

/** @param side each side of a difference draws by a stream of its own */
function drawnOf(sorted: Float64Array, bounds: Bounds, trim: number, side: number): order.DrawnBounds {
  // Among runs that can be stuck the least performance is that.
  const isStuck = sorted[0] === Number.NEGATIVE_INFINITY;
  const least = isStuck ? Number.NEGATIVE_INFINITY : bounds.least;
  return order.drawBounds(sorted, { ...bounds, least }, trim, DRAWS, randomStream(side, 'order-interval'));
}

/**
 * An end that nothing bounds is none, and where one is missing so is the other, unless a stuck run is why.
 * @param stuck whether that is why an end is infinite
 */
function known(
  { low, high }: Interval,
  stuck: { low: boolean; high: boolean },
): Partial<Interval> | undefined {
  const hasLow = Number.isFinite(low) || stuck.low;
  const hasHigh = Number.isFinite(high) || stuck.high;
  if (low === high) return undefined;
  if (!(stuck.low || stuck.high)) return hasLow && hasHigh ? { low, high } : undefined;
  return { ...(hasLow && { low }), ...(hasHigh && { high }) };
}
