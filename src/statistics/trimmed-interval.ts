import { mean as meanOf } from '../elementary/mean.ts';
import type { Interval } from './bootstrap.ts';
import { studentT975 } from './student-interval.ts';

/** A trimmed mean with its squared standard error and the degrees of freedom of that. */
interface Trimmed {
  readonly mean: number;
  readonly squaredError: number;
  readonly degrees: number;
}

/** @param sorted ascending @param cut values that are cut at each end */
function trimmed(sorted: Float64Array, cut: number): Trimmed {
  const n = sorted.length;
  const kept = n - 2 * cut;
  const [least, greatest] = [sorted[cut], sorted[n - 1 - cut]];
  const winsorised = sorted.map((value) => Math.min(greatest, Math.max(least, value)));
  const middle = meanOf(winsorised);
  const squares = winsorised.reduce((sum, value) => sum + (value - middle) ** 2, 0);
  return {
    mean: meanOf(sorted.subarray(cut, n - cut)),
    squaredError: squares / (kept * (kept - 1)),
    degrees: kept - 1,
  };
}

/**
 * Of a trimmed mean: its value ± t·√(Σ(w − w̄)²/(h(h − 1))), w the values with what was cut moved to the nearest that was
 * not, h = n − 2·cut, Student's t at h − 1 degrees. Without a cut it is Student's interval. [Tukey & McLaughlin 1963]
 * @param sorted ascending, at least 2 + 2·cut
 */
export function trimmedInterval(sorted: Float64Array, cut: number): Interval {
  const { mean, squaredError, degrees } = trimmed(sorted, cut);
  const half = studentT975(degrees) * Math.sqrt(squaredError);
  return { low: mean - half, high: mean + half };
}

/**
 * Of the difference of two trimmed means, with the degrees of freedom that Welch has for two variances. [Yuen 1974]
 * @param x ascending, so is y
 */
export function trimmedDifference(
  x: Float64Array,
  y: Float64Array,
  cuts: readonly [number, number],
): Interval {
  const [a, b] = [trimmed(x, cuts[0]), trimmed(y, cuts[1])];
  const squaredError = a.squaredError + b.squaredError;
  const degrees = squaredError ** 2 / (a.squaredError ** 2 / a.degrees + b.squaredError ** 2 / b.degrees);
  const half = squaredError === 0 ? 0 : studentT975(degrees) * Math.sqrt(squaredError);
  return { low: a.mean - b.mean - half, high: a.mean - b.mean + half };
}
