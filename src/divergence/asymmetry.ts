import { exp, expm1, log, log1p } from '../elementary/exponential.ts';
import { type DiagonalGaussian, logStdRatio } from './diagonal-gaussian.ts';
import type { Vector } from './distribution.ts';

/*
 * Which of KL(P‖Q) and KL(Q‖P) is larger, and by what. Each is a sum over outcomes (or dimensions) of terms ≥ 0,
 * and the two terms of one outcome differ by something whose sign is known beforehand: positive where P gives more
 * (or is wider). So the differences are kept as sign and logarithm: nothing cancels, overflows or underflows,
 * however close or far apart P and Q are.
 */

/** How KL(P‖Q) − KL(Q‖P) comes about. */
export interface Asymmetry {
  /** 1: KL(P‖Q) is larger, −1: KL(Q‖P); 0: what one gains the other gains elsewhere, within 1e-12 of it. */
  readonly sign: -1 | 0 | 1;
  /** The outcome or dimension that makes most of the difference; −1 where there is none. */
  readonly most: number;
}

/**
 * Of two categorical distributions with the same outcomes of probability 0.
 * @param logP log-probabilities, nats, −Infinity for 0
 * @param logQ likewise
 * @param logRatios log(p/q), where it is known better than by their difference
 */
export function categoricalAsymmetry(logP: Vector, logQ: Vector, logRatios: Vector): Asymmetry {
  const gaps = Array.from(logRatios, (ratio, i) => ({
    sign: Math.sign(ratio),
    log: Math.max(logP[i], logQ[i]) + logCategoricalGap(Math.abs(ratio)),
  }));
  return sumOf(gaps);
}

/** Of two diagonal Gaussians. */
export function gaussianAsymmetry(p: DiagonalGaussian, q: DiagonalGaussian): Asymmetry {
  const gaps = Array.from(p.std, (std, d) => {
    const ratio = Math.abs(logStdRatio(std, q.std[d]));
    // log |μ_p − μ_q|, of the halves because the difference may overflow
    const logApart = log(Math.abs(0.5 * p.mean[d] - 0.5 * q.mean[d])) + Math.LN2;
    const ofMeans = 2 * logApart - log(std) - log(q.std[d]) + logSinh(ratio);
    return { sign: Math.sign(std - q.std[d]), log: logSum(logGaussianGap(ratio), ofMeans) };
  });
  return sumOf(gaps);
}

/**
 * log of (1 + e^−r)·r − 2(1 − e^−r), r = |log(p/q)|: an outcome's p log(p/q) − p + q less its q log(q/p) − q + p is
 * that times the larger of p and q. It is 4·e^−h·(h cosh h − sinh h), h = r/2, which has the series h³/3 + h⁵/30 + ….
 */
function logCategoricalGap(r: number): number {
  if (r > 0.25) return log((1 + exp(-r)) * r + 2 * expm1(-r));
  const h = 0.5 * r;
  const s = h * h;
  return 3 * log(h) - h + log(4 * (1 / 3 + s * (1 / 30 + s * (1 / 840 + s * (1 / 45360 + s / 3991680)))));
}

/** log of sinh(2r) − 2r, r = |log(σ_p/σ_q)|: what the widths alone make of a dimension's difference. */
function logGaussianGap(r: number): number {
  const x = 2 * r;
  if (x > 0.5) return logSinh(x) + log1p(-x * exp(-logSinh(x)));
  const s = x * x;
  const series =
    1 / 6 + s * (1 / 120 + s * (1 / 5040 + s * (1 / 362880 + s * (1 / 39916800 + s / 6227020800))));
  return 3 * log(x) + log(series);
}

/** log sinh x, x > 0. */
function logSinh(x: number): number {
  return x + log(-0.5 * expm1(-2 * x));
}

/** log(eᵃ + eᵇ). */
function logSum(a: number, b: number): number {
  const larger = Math.max(a, b);
  return Math.abs(larger) === Infinity ? larger : larger + log1p(exp(Math.min(a, b) - larger));
}

/** @param gaps of sign 0, or NaN where neither has the outcome, count for nothing */
function sumOf(gaps: readonly { sign: number; log: number }[]): Asymmetry {
  const total = (sign: number): number =>
    gaps.reduce((sum, gap) => (gap.sign === sign ? logSum(sum, gap.log) : sum), -Infinity);
  const [positive, negative] = [total(1), total(-1)];
  if (positive === negative || Math.abs(positive - negative) < 1e-12) return { sign: 0, most: -1 };
  const sign = positive > negative ? 1 : -1;
  let most = -1;
  gaps.forEach((gap, i) => {
    if (gap.sign === sign && (most < 0 || gap.log > gaps[most].log)) most = i;
  });
  return { sign, most };
}
