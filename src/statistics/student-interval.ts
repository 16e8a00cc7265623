import { exp, log } from '../elementary/exponential.ts';
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
 * @param degrees ≥ 1, whole or not
 */
export function studentT975(degrees: number): number {
  const whole = Math.floor(degrees);
  const [exact, next] = [SMALL[whole - 1], SMALL[whole]];
  if (degrees === whole && exact !== undefined) return exact;
  // Between two of them log t is nearly linear in 1/degrees: off by up to 3% below two degrees, 0.5% above.
  if (exact !== undefined && next !== undefined) {
    const share = (1 / whole - 1 / degrees) * whole * (whole + 1);
    return exp((1 - share) * log(exact) + share * log(next));
  }
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
