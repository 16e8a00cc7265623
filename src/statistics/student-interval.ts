import { mean as meanOf } from '../elementary/mean.ts';

/** A mean and its 95% confidence interval. */
export interface MeanInterval {
  mean: number;
  low: number;
  high: number;
  samples: number;
}

/** Student's t at 0.975 for 1 to 5 degrees of freedom, where the expansion below is off by more than 0.1%. */
const SMALL = [12.706205, 4.302653, 3.182446, 2.776445, 2.570582];
const Z = 1.959964;

/**
 * Student's t at probability 0.975, by the Cornish–Fisher expansion around the normal quantile.
 * [Abramowitz & Stegun 1964, 26.7.5]
 */
export function studentT975(degrees: number): number {
  const exact = SMALL[degrees - 1];
  if (exact !== undefined) return exact;
  const terms = [
    (Z ** 3 + Z) / 4,
    (5 * Z ** 5 + 16 * Z ** 3 + 3 * Z) / 96,
    (3 * Z ** 7 + 19 * Z ** 5 + 17 * Z ** 3 - 15 * Z) / 384,
  ];
  return terms.reduce((sum, term, k) => sum + term / degrees ** (k + 1), Z);
}

/** Mean ± t·s/√n; NaN bounds for a single sample, which has no spread. */
export function interval(samples: Float64Array): MeanInterval {
  const n = samples.length;
  const mean = meanOf(samples);
  const squares = samples.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  const half = n < 2 ? Number.NaN : studentT975(n - 1) * Math.sqrt(squares / (n - 1) / n);
  return { mean, low: mean - half, high: mean + half, samples: n };
}
