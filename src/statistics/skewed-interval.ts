import { mean as meanOf } from '../elementary/mean.ts';
import type { Interval } from './bootstrap.ts';
import { studentT975 } from './student-interval.ts';

/**
 * Of a mean: Student's interval, mean ± t·s/√n, and on the side of the longer tail further out by γ·(1 + 2t²)/(6√n) standard
 * errors, which is how far Johnson's correction for skewness moves it [Johnson 1978]. Student's misses the mean of skewed values
 * nearly always on that side: where few of them are far out, most draws have none of these. γ, the unbiased third cumulant over
 * s·Σ(x − mean)²/n, is a little above the usual estimates, which are too small for few values.
 * @param values at least two, finite; of two there is no skewness
 */
export function skewedInterval(values: Float64Array): Interval {
  const n = values.length;
  const mean = meanOf(values);
  const sumOf = (power: number): number => values.reduce((sum, value) => sum + (value - mean) ** power, 0);
  const variance = sumOf(2) / (n - 1);
  const error = Math.sqrt(variance / n);
  const t = studentT975(n - 1);
  const half = t * error;
  if (n < 3 || variance === 0) return { low: mean - half, high: mean + half };
  const cumulant = (sumOf(3) * n) / ((n - 1) * (n - 2));
  const skewness = cumulant / (Math.sqrt(variance) * (sumOf(2) / n));
  const further = (error * skewness * (1 + 2 * t * t)) / (6 * Math.sqrt(n));
  return { low: mean - half + Math.min(0, further), high: mean + half + Math.max(0, further) };
}
