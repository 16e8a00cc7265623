import { log, log1p } from '../elementary/exponential.ts';
import { type Base, checkSameLength, DistributionError, inBase, type Vector } from './distribution.ts';
import { k3 } from './estimators.ts';

/** Independent normals, one per dimension. */
export interface DiagonalGaussian {
  /** μ [D], finite. */
  readonly mean: Vector;
  /** σ [D], finite and > 0: standard deviations, not variances. */
  readonly std: Vector;
}

/** ½·log 2π. */
const HALF_LOG_TWO_PI = 0.9189385332046727;

/**
 * Log-density at x: Σ_d [−½((x−μ)/σ)² − log σ − ½ log 2π].
 * @param x a point [D]
 * @throws DistributionError
 */
export function gaussianLogProb(x: Vector, p: DiagonalGaussian, base: Base = 'nats'): number {
  checkGaussian(p, 'p');
  checkSameLength(x, 'x', p.mean, 'p.mean');
  let sum = 0;
  for (let d = 0; d < x.length; d++) {
    const z = standardized(x[d], p.mean[d], p.std[d]);
    sum -= 0.5 * z * z + log(p.std[d]) + HALF_LOG_TWO_PI;
  }
  return inBase(sum, base);
}

/**
 * Differential entropy Σ_d [log σ + ½ log 2πe]; of any sign.
 * @throws DistributionError
 */
export function gaussianEntropy(p: DiagonalGaussian, base: Base = 'nats'): number {
  checkGaussian(p, 'p');
  let sum = 0;
  for (let d = 0; d < p.std.length; d++) sum += log(p.std[d]) + HALF_LOG_TWO_PI + 0.5;
  return inBase(sum, base);
}

/**
 * KL(P‖Q) = Σ_d [log σ_q − log σ_p + (σ_p² + (μ_p−μ_q)²)/(2σ_q²) − ½], summed as
 * ½·Σ_d [k3(2 log(σ_p/σ_q)) + ((μ_p−μ_q)/σ_q)²]: the same, but no term is negative, none cancels, and no σ² is
 * taken, which would underflow below 1e-154. +Infinity where KL is beyond 1.8e308.
 * @throws DistributionError
 */
export function gaussianKl(p: DiagonalGaussian, q: DiagonalGaussian, base: Base = 'nats'): number {
  checkGaussian(p, 'p');
  checkGaussian(q, 'q');
  checkSameLength(p.mean, 'p.mean', q.mean, 'q.mean');
  let sum = 0;
  for (let d = 0; d < p.mean.length; d++) {
    const z = standardized(p.mean[d], q.mean[d], q.std[d]);
    sum += 0.5 * (k3(2 * logStdRatio(p.std[d], q.std[d])) + z * z);
  }
  return inBase(sum, base);
}

/** log(σ_p/σ_q): by log1p where they are close, by the difference of logarithms only where σ_p/σ_q is no double. */
export function logStdRatio(p: number, q: number): number {
  const apart = p - q;
  if (Math.abs(apart) < 0.5 * q) return log1p(apart / q);
  const ratio = p / q;
  return ratio > 1e-300 && ratio < Infinity ? log(ratio) : log(p) - log(q);
}

/** (x − μ)/σ, also where x − μ alone overflows. */
export function standardized(x: number, mean: number, std: number): number {
  const apart = x - mean;
  return Math.abs(apart) < Infinity ? apart / std : x / std - mean / std;
}

function checkGaussian({ mean, std }: DiagonalGaussian, name: string): void {
  if (mean.length === 0) throw new DistributionError(`${name}.mean must have at least 1 entry, got 0`);
  checkSameLength(mean, `${name}.mean`, std, `${name}.std`);
  for (let d = 0; d < mean.length; d++) {
    if (!Number.isFinite(mean[d])) {
      throw new DistributionError(`${name}.mean[${d}] must be a finite number, got ${mean[d]}`, d);
    }
    if (!(std[d] > 0 && std[d] < Infinity)) {
      throw new DistributionError(`${name}.std[${d}] must be a number > 0, got ${std[d]}`, d);
    }
  }
}
