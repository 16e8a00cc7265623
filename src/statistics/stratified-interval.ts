import { mean as meanOf } from '../elementary/mean.ts';
import { randomStream } from '../random/random.ts';
import type { Interval } from './bootstrap.ts';
import { type Bounds, within } from './bounded-interval.ts';
import { interquartileCut } from './interquartile-mean.ts';
import { drawBounds, intervalOfBounds } from './order-interval.ts';
import { interquartileMean, pooledMean } from './scores.ts';
import { isPiled, type SeedScores } from './seed-intervals.ts';
import { studentT975 } from './student-interval.ts';

/** Draws of the bounds of a world's mean. */
const DRAWS = 4000;

/**
 * Of the mean of all runs of all worlds. Undefined where a run is stuck, where nothing bounds runs that pile up, and where it would
 * be a point.
 * @param worlds of each the runs, at least two, independent of those of the others
 */
export function stratifiedMeanInterval(worlds: readonly SeedScores[]): Interval | undefined {
  const scores = worlds.map(({ runs }) => runs);
  const found = combined(
    pooledMean(scores),
    worlds.map((world) => ({ ...world, isPiled: isPiled(world.runs) })),
  );
  const endOf = (end: keyof Bounds): number =>
    pooledMean(worlds.map(({ runs, bounds }) => runs.map(() => bounds[end])));
  return found && within(found, { least: endOf('least'), greatest: endOf('greatest') });
}

/**
 * Of the interquartile mean of all runs of all worlds together: the runs that it leaves out are moved to the nearest that it does
 * not, which makes it a mean with the error of one, Student's t at (h − 1)/(N − 1) of the degrees, h of N runs being left. Of
 * one world it is Tukey and McLaughlin's interval. Undefined as that of the mean is.
 */
export function stratifiedIqmInterval(worlds: readonly SeedScores[]): Interval | undefined {
  const scores = worlds.map(({ runs }) => runs);
  const sorted = Float64Array.from(scores.flatMap((runs) => [...runs])).sort();
  const cut = interquartileCut(sorted.length);
  const [all, kept] = [sorted.length, sorted.length - 2 * cut];
  const [least, greatest] = [sorted[cut], sorted[all - 1 - cut]];
  const winsorised = worlds.map(({ runs, bounds }) => {
    const moved = runs.map((run) => Math.min(greatest, Math.max(least, run)));
    const inside = within({ low: least, high: greatest }, bounds);
    return { runs: moved, bounds: { least: inside.low, greatest: inside.high }, isPiled: isPiled(runs) };
  });
  const scale = (all / kept) * Math.sqrt(((all - 1) * kept) / (all * (kept - 1)));
  return combined(interquartileMean(scores), winsorised, scale, (kept - 1) / (all - 1));
}

interface World extends SeedScores {
  readonly isPiled: boolean;
}

/**
 * value ± the root of the sum of squares of what each world may add: t·s/√n of those that spread, t at Satterthwaite's degrees
 * of all of them together [Satterthwaite 1946]; of one whose runs pile up how far the ends that hold whatever the
 * distribution are from its mean [combined as by Zou & Donner 2008].
 * @param scale by which a world's share in the error is multiplied
 * @param share of the degrees
 */
function combined(value: number, worlds: readonly World[], scale = 1, share = 1): Interval | undefined {
  const all = worlds.reduce((sum, { runs }) => sum + runs.length, 0);
  let [squaredError, perDegree, below, above] = [0, 0, 0, 0];
  worlds.forEach(({ runs, bounds, isPiled: isBounded }, w) => {
    const weight = (scale * runs.length) / all;
    if (isBounded) {
      const { low, high } = boundsOfMean(runs, bounds, w);
      below += (weight * (meanOf(runs) - low)) ** 2;
      above += (weight * (high - meanOf(runs))) ** 2;
      return;
    }
    const degrees = runs.length - 1;
    const error = (weight * weight * squaresOf(runs)) / degrees / runs.length;
    squaredError += error;
    perDegree += error ** 2 / degrees;
  });
  const degrees = squaredError === 0 ? 1 : (share * squaredError ** 2) / perDegree;
  const spread = studentT975(Math.max(1, degrees)) ** 2 * squaredError;
  const ends = { low: value - Math.sqrt(spread + below), high: value + Math.sqrt(spread + above) };
  const isKnown = Number.isFinite(ends.low) && Number.isFinite(ends.high) && ends.low < ends.high;
  return isKnown ? ends : undefined;
}

function squaresOf(runs: Float64Array): number {
  const middle = meanOf(runs);
  return runs.reduce((sum, run) => sum + (run - middle) ** 2, 0);
}

/** @param world each draws by a stream of its own */
function boundsOfMean(runs: Float64Array, bounds: Bounds, world: number): Interval {
  const stream = randomStream(world, 'stratified-interval');
  return intervalOfBounds(drawBounds(runs.slice().sort(), bounds, 0, DRAWS, stream));
}
