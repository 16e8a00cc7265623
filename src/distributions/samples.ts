import { type DiagonalGaussian, logStdRatio, standardized } from '../divergence/diagonal-gaussian.ts';
import { type Base, inBase } from '../divergence/distribution.ts';
import { type Estimate, estimateKlOldNew, k1, k2, k3 } from '../divergence/estimators.ts';
import { type Random, randomStream } from '../random/random.ts';
import { exp } from '../elementary/exponential.ts';
import { expectation, type Gaussian, logRatioIn } from './gaussians.ts';

/** KL(P‖Q) as the first n samples of P estimate it. */
export interface SampleEstimates {
  readonly n: number;
  readonly k1: Estimate;
  readonly k2: Estimate;
  readonly k3: Estimate;
}

/** log Q(x) − log P(x), nats, of `count` outcomes drawn from P. @param logRatios of each outcome */
export function sampleCategorical(
  p: readonly number[],
  logRatios: readonly number[],
  count: number,
  seed: number,
): Float64Array {
  const random = randomStream(seed, 'samples');
  return Float64Array.from({ length: count }, () => logRatios[draw(p, random)] as number);
}

/** The inverse of the cumulative distribution at one uniform draw. */
function draw(p: readonly number[], random: Random): number {
  const u = random.uniform();
  let cumulative = 0;
  let last = 0;
  for (const [k, pk] of p.entries()) {
    cumulative += pk;
    if (u < cumulative) return k;
    if (pk > 0) last = k;
  }
  return last; // the sum was rounded below u
}

/**
 * log Q(x) − log P(x), nats, at `count` points x = μ_P + σ_P·z drawn from P: from z, not from x, which a σ far below μ
 * would not change.
 */
export function sampleGaussian(
  p: DiagonalGaussian,
  q: DiagonalGaussian,
  count: number,
  seed: number,
): Float64Array {
  const random = randomStream(seed, 'samples');
  const dimensions = Array.from(p.mean, (mean, d) => ({
    apart: standardized(mean, q.mean[d] as number, q.std[d] as number),
    ratio: (p.std[d] as number) / (q.std[d] as number),
    logRatio: logStdRatio(p.std[d] as number, q.std[d] as number),
  }));
  return Float64Array.from({ length: count }, () =>
    dimensions.reduce((sum, { apart, ratio, logRatio }) => {
      const z = random.normal();
      const ofQ = apart + ratio * z;
      // ∞ − ∞: both beyond 1.8e308, as is their difference but for one z in 10^300
      return sum + (Number.isNaN(ofQ) ? -Infinity : 0.5 * (z - ofQ) * (z + ofQ)) + logRatio;
    }, 0),
  );
}

/** The estimates at 10, 100, 1000, … and at all samples. */
export function convergence(logRatios: Float64Array, unit: Base): SampleEstimates[] {
  const sizes: number[] = [];
  for (let n = 10; n < logRatios.length; n *= 10) sizes.push(n);
  sizes.push(logRatios.length);
  const scaled = ({ mean, standardError }: Estimate): Estimate => ({
    mean: inBase(mean, unit),
    standardError: inBase(standardError, unit),
  });
  return sizes.map((n) => {
    const found = estimateKlOldNew(logRatios.subarray(0, n));
    return { n, k1: scaled(found.k1), k2: scaled(found.k2), k3: scaled(found.k3) };
  });
}

/** What an estimator tends to. */
export interface Limits {
  /** KL(P‖Q) itself. */
  readonly k1: number;
  /** E[½ℓ²]: not KL, for k2 is biased. */
  readonly k2: number;
  /** KL(P‖Q), less what Q gives to outcomes that P rules out: no sample of P ever sees those. */
  readonly k3: number;
}

/** The limits on a categorical. @param kl KL(P‖Q) in `unit` */
export function limitsOf(
  p: readonly number[],
  q: readonly number[],
  logRatios: readonly number[],
  kl: number,
  unit: Base,
): Limits {
  let second = 0;
  let unseen = 0;
  p.forEach((pk, k) => {
    if (pk > 0) second += pk * k2(logRatios[k] as number);
    else unseen += q[k] as number;
  });
  return { k1: kl, k2: inBase(second, unit), k3: kl - inBase(unseen, unit) };
}

/**
 * The limits on a Gaussian: ℓ is Σ_d [a + b·z + c·z²] of independent standard normals, so that Var ℓ = Σ_d [b² + 2c²] and
 * E ℓ = −KL(P‖Q).
 * @param klNats KL(P‖Q)
 */
export function gaussianLimits(p: DiagonalGaussian, q: DiagonalGaussian, klNats: number, unit: Base): Limits {
  let variance = 0;
  for (let d = 0; d < p.mean.length; d++) {
    const { b, c } = logRatioIn(one(p, d), one(q, d));
    variance += b * b + 2 * c * c;
  }
  const kl = inBase(klNats, unit);
  return { k1: kl, k2: inBase(0.5 * (klNats * klNats + variance), unit), k3: kl };
}

function one({ mean, std }: DiagonalGaussian, d: number): Gaussian {
  return { mean: mean[d] as number, std: std[d] as number };
}

/** Standard deviation of one sample's estimate, nats; ∞ where it has none, NaN where its mean is infinite. */
export interface Spreads {
  readonly k1: number;
  readonly k2: number;
  readonly k3: number;
}

/** The spreads on a categorical. */
export function spreadsOf(p: readonly number[], logRatios: readonly number[]): Spreads {
  return spreads((f) => p.reduce((sum, pk, k) => (pk > 0 ? sum + pk * f(logRatios[k] as number) : sum), 0));
}

/** The spreads on a Gaussian of one dimension. That of k3 is ∞ where Q is √2 times as wide as P, or wider: E[(q/p)²] is. */
export function gaussianSpreads(p: Gaussian, q: Gaussian): Spreads {
  const { a, b, c } = logRatioIn(p, q);
  const found = spreads((f) => expectation((z) => f(a + z * (b + z * c))));
  const kl = -(a + c);
  if (kl < NEAR) return found;
  const { a: otherA, c: otherC } = logRatioIn(q, p);
  const narrow = 1 - 4 * c;
  if (!(narrow > 0)) return { ...found, k3: Number.POSITIVE_INFINITY };
  // E[(q/p)²] − 1 − 2·KL(P‖Q) − 2·KL(Q‖P) + Var ℓ: what counts may lie further out than quadrature looks.
  const square = exp(2 * a + (2 * b * b) / narrow) / Math.sqrt(narrow);
  return { ...found, k3: Math.sqrt(square - 1 - 2 * kl + 2 * (otherA + otherC) + b * b + 2 * c * c) };
}

/** KL below which the terms of a closed form would cancel, and quadrature sees everything, nats. */
const NEAR = 0.01;

function spreads(expect: (f: (logRatio: number) => number) => number): Spreads {
  const spread = (f: (logRatio: number) => number): number => {
    const mean = expect(f);
    return Math.sqrt(expect((logRatio) => (f(logRatio) - mean) ** 2));
  };
  return { k1: spread(k1), k2: spread(k2), k3: spread(k3) };
}
