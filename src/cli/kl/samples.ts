import { type DiagonalGaussian, logStdRatio, standardized } from '../../divergence/diagonal-gaussian.ts';
import { type Base, inBase } from '../../divergence/distribution.ts';
import { type Estimate, estimateKlOldNew, k2 } from '../../divergence/estimators.ts';
import { type Random, randomStream } from '../../random/random.ts';

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
  /** Σ p·½ℓ²: not KL, for k2 is biased; null where there is no sum to take. */
  readonly k2: number | null;
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
