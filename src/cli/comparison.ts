import { type DiagonalGaussian, gaussianEntropy, gaussianKl } from '../divergence/diagonal-gaussian.ts';
import { type Base, inBase } from '../divergence/distribution.ts';
import { crossEntropy, crossEntropyFromLogits, entropy, entropyFromLogits } from '../divergence/entropy.ts';
import { jensenShannon } from '../divergence/jensen-shannon.ts';
import { kl, klFromLogits, klShares } from '../divergence/kl.ts';
import { logSoftmax, softmax } from '../divergence/softmax.ts';
import { log } from '../elementary/exponential.ts';
import { totalVariation } from '../divergence/total-variation.ts';
import { probability } from './figures.ts';

/** The figures of two distributions, in one unit. */
export interface Figures {
  readonly unit: Base;
  readonly entropyP: number;
  readonly entropyQ: number;
  readonly crossEntropy: number;
  readonly klPQ: number;
  readonly klQP: number;
  /** Each outcome's (or dimension's) part of KL(P‖Q). */
  readonly sharesPQ: readonly number[];
  readonly sharesQP: readonly number[];
  /** null for Gaussians: no closed form. */
  readonly jensenShannon: number | null;
  readonly totalVariation: number | null;
  /** Why the two directions differ, one sentence. */
  readonly why: string;
}

/** @throws DistributionError */
export function compareProbabilities(
  p: readonly number[],
  q: readonly number[],
  labels: readonly string[],
  unit: Base,
): Figures {
  return {
    unit,
    klPQ: kl(p, q, unit),
    klQP: kl(q, p, unit),
    entropyP: entropy(p, unit),
    entropyQ: entropy(q, unit),
    crossEntropy: crossEntropy(p, q, unit),
    sharesPQ: [...klShares(p, q, unit)],
    sharesQP: [...klShares(q, p, unit)],
    jensenShannon: jensenShannon(p, q, unit),
    totalVariation: totalVariation(p, q),
    why: whyAsymmetric(
      p,
      q,
      p.map((pi, i) => log(pi) - log(q[i] as number)),
      labels,
    ),
  };
}

/** As `compareProbabilities`, of softmax(p) and softmax(q): exact where a softmax would round to 0 or 1. */
export function compareLogits(
  p: readonly number[],
  q: readonly number[],
  labels: readonly string[],
  unit: Base,
): Figures {
  const [pp, qq] = [[...softmax(p)], [...softmax(q)]];
  const logQ = logSoftmax(q);
  const logRatios = [...logSoftmax(p).map((logP, i) => logP - (logQ[i] as number))];
  const share = (x: readonly number[], sign: number): number[] =>
    x.map((xi, i) => (xi === 0 ? 0 : inBase(sign * xi * (logRatios[i] as number), unit)));
  return {
    ...compareProbabilities(pp, qq, labels, unit),
    sharesPQ: share(pp, 1),
    sharesQP: share(qq, -1),
    why: whyAsymmetric(pp, qq, logRatios, labels),
    klPQ: klFromLogits(p, q, unit),
    klQP: klFromLogits(q, p, unit),
    entropyP: entropyFromLogits(p, unit),
    entropyQ: entropyFromLogits(q, unit),
    crossEntropy: crossEntropyFromLogits(q, pp, unit),
  };
}

/** @throws DistributionError */
export function compareGaussians(
  p: DiagonalGaussian,
  q: DiagonalGaussian,
  labels: readonly string[],
  unit: Base,
): Figures {
  const klPQ = gaussianKl(p, q, unit);
  const klQP = gaussianKl(q, p, unit);
  const entropyP = gaussianEntropy(p, unit);
  const one = ({ mean, std }: DiagonalGaussian, d: number): DiagonalGaussian => ({
    mean: [mean[d] as number],
    std: [std[d] as number],
  });
  const sharesPQ = labels.map((_, d) => gaussianKl(one(p, d), one(q, d), unit));
  const sharesQP = labels.map((_, d) => gaussianKl(one(q, d), one(p, d), unit));
  return {
    unit,
    klPQ,
    klQP,
    entropyP,
    entropyQ: gaussianEntropy(q, unit),
    crossEntropy: entropyP + klPQ,
    sharesPQ,
    sharesQP,
    jensenShannon: null,
    totalVariation: null,
    why: whyGaussiansDiffer(p, q, sharesPQ, sharesQP, labels),
  };
}

/**
 * One sentence on why KL(P‖Q) and KL(Q‖P) differ. Each is Σ of terms p log(p/q) − p + q ≥ 0 (see kl.ts); the
 * outcome whose term differs most between the two, in the direction of the sum, is the one to name.
 * @param logRatios log(p/q): not taken from p and q, which may have underflowed
 */
function whyAsymmetric(
  p: readonly number[],
  q: readonly number[],
  logRatios: readonly number[],
  labels: readonly string[],
): string {
  const inQ = p.findIndex((pi, i) => pi > 0 && logRatios[i] === Infinity);
  const inP = q.findIndex((qi, i) => qi > 0 && logRatios[i] === -Infinity);
  const infinite = (i: number, x: string, y: string, xi: number | undefined): string =>
    `KL(${x}‖${y}) is infinite: ${x} gives ${quote(labels[i])} ${probability(xi ?? 0)}, ${y} gives it 0`;
  if (inQ >= 0 && inP >= 0) {
    return `Both are infinite: ${infinite(inQ, 'P', 'Q', p[inQ])}; ${infinite(inP, 'Q', 'P', q[inP])}.`;
  }
  if (inQ >= 0) return `${infinite(inQ, 'P', 'Q', p[inQ])}; KL(Q‖P) is finite, for P allows all that Q does.`;
  if (inP >= 0) return `${infinite(inP, 'Q', 'P', q[inP])}; KL(P‖Q) is finite, for Q allows all that P does.`;
  // [p log(p/q) − p + q] − [q log(q/p) − q + p]
  const gap = p.map((pi, i) => {
    const qi = q[i] as number;
    return pi === 0 && qi === 0 ? 0 : (pi + qi) * (logRatios[i] as number) - 2 * (pi - qi);
  });
  const total = gap.reduce((sum, each) => sum + each, 0);
  if (p.every((pi, i) => pi === q[i])) return 'P and Q are the same, so both directions are 0.';
  if (Math.abs(total) < 1e-12) {
    return 'They agree here by chance: what one direction gains on some outcomes it loses on others.';
  }
  const sign = Math.sign(total);
  const most = gap.reduce((best, each, i) => (sign * each > sign * (gap[best] as number) ? i : best), 0);
  const [larger, smaller] = total > 0 ? ['KL(P‖Q)', 'KL(Q‖P)'] : ['KL(Q‖P)', 'KL(P‖Q)'];
  const [weightP, weightQ] = [probability(p[most] as number), probability(q[most] as number)];
  const [high, low] = total > 0 ? [weightP, weightQ] : [weightQ, weightP];
  return `${larger} is larger, most of all because of ${quote(labels[most])}: P gives it ${weightP} and Q ${weightQ}, so ${larger} counts its log-ratio ${high} times and ${smaller} only ${low} times.`;
}

function whyGaussiansDiffer(
  p: DiagonalGaussian,
  q: DiagonalGaussian,
  sharesPQ: readonly number[],
  sharesQP: readonly number[],
  labels: readonly string[],
): string {
  const gap = sharesPQ.map((share, d) => share - (sharesQP[d] as number));
  const total = gap.reduce((sum, each) => sum + each, 0);
  if (sharesPQ.every((share) => share === 0)) return 'P and Q are the same, so both directions are 0.';
  if (Math.abs(total) < 1e-12) {
    return Array.from(p.std).every((std, d) => std === q.std[d])
      ? 'They agree: with equal standard deviations the KL of Gaussians is symmetric.'
      : 'They agree here by chance: what one direction gains in some dimensions it loses in others.';
  }
  const sign = Math.sign(total);
  const most = gap.reduce((best, each, d) => (sign * each > sign * (gap[best] as number) ? d : best), 0);
  // The wider first is always the larger direction: with r the ratio of σ, (r² − r⁻²)/2 − 2 log r > 0 for r > 1.
  const [larger, wide, narrow] = total > 0 ? ['KL(P‖Q)', 'P', 'Q'] : ['KL(Q‖P)', 'Q', 'P'];
  const stds = [p.std[most], q.std[most]].map((std) => probability(std as number));
  const [greatest, least] = total > 0 ? stds : stds.reverse();
  const where = labels.length > 1 ? `, most of all because of dimension ${quote(labels[most])}` : '';
  return `${larger} is larger${where}: ${wide} is wider${labels.length > 1 ? ' there' : ''} (σ ${greatest} against ${least}), so it draws points far out that ${narrow} finds nearly impossible.`;
}

function quote(label: string | undefined): string {
  return `“${label}”`;
}
