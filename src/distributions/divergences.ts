import { categoricalAsymmetry, gaussianAsymmetry } from '../divergence/asymmetry.ts';
import { type DiagonalGaussian, gaussianEntropy, gaussianKl } from '../divergence/diagonal-gaussian.ts';
import { type Base, inBase } from '../divergence/distribution.ts';
import { crossEntropy, crossEntropyFromLogits, entropy, entropyFromLogits } from '../divergence/entropy.ts';
import { jensenShannon } from '../divergence/jensen-shannon.ts';
import { kl, klFromLogits, klShares, logRatio } from '../divergence/kl.ts';
import { logSoftmax, softmax } from '../divergence/softmax.ts';
import { log } from '../elementary/exponential.ts';
import { totalVariation } from '../divergence/total-variation.ts';
import { shortLine } from '../user-error.ts';
import { probability } from '../elementary/nats.ts';

/** What two distributions have to do with each other, in one unit. */
export interface Divergences {
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

/** A quantity of two distributions, and what it says. */
export interface Quantity {
  readonly name: string;
  readonly value: number;
  readonly meaning: string;
}

/** All that there are, in the order in which they are read. */
export function quantitiesOf(found: Divergences): Quantity[] {
  const rows: [string, number | null, string][] = [
    ['H(P)', found.entropyP, 'entropy of P: the least that coding P can cost'],
    ['H(Q)', found.entropyQ, 'entropy of Q'],
    ['H(P,Q)', found.crossEntropy, 'cross-entropy: coding P with the code made for Q'],
    ['KL(P‖Q)', found.klPQ, 'what that wastes: the difference of the two'],
    ['KL(Q‖P)', found.klQP, 'the other direction: what coding Q with the code of P wastes'],
    ['JS(P,Q)', found.jensenShannon, 'Jensen–Shannon divergence: symmetric, at most log 2 (1 bit)'],
    ['TV(P,Q)', found.totalVariation, 'total variation: the most any event’s probability differs (no unit)'],
  ];
  return rows.flatMap(([name, value, meaning]) => (value === null ? [] : [{ name, value, meaning }]));
}

/** @throws DistributionError */
export function divergencesOfProbabilities(
  p: readonly number[],
  q: readonly number[],
  labels: readonly string[],
  unit: Base,
): Divergences {
  const found = withoutWords(p, q, unit);
  const logRatios = p.map((pi, i) => logRatio(q[i] as number, pi));
  const why = whyAsymmetric(p.map(log), q.map(log), logRatios, found, labels);
  return { ...found, why };
}

function withoutWords(p: readonly number[], q: readonly number[], unit: Base): Omit<Divergences, 'why'> {
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
  };
}

/** Stands for any logarithm below it. */
const FARTHEST = -1.7e308;

/** As `divergencesOfProbabilities`, of softmax(p) and softmax(q): exact where a softmax would round to 0 or 1. */
export function divergencesOfLogits(
  p: readonly number[],
  q: readonly number[],
  labels: readonly string[],
  unit: Base,
): Divergences {
  const [pp, qq] = [[...softmax(p)], [...softmax(q)]];
  const [logP, logQ] = [[...logSoftmax(p)], [...logSoftmax(q)]];
  const logRatios = logP.map((each, i) => (each === logQ[i] ? 0 : each - (logQ[i] as number)));
  // A logit that is finite stands for more than 0, however small.
  const known = (logs: readonly number[], logits: readonly number[]): number[] =>
    logs.map((each, i) => (logits[i] === -Infinity ? each : Math.max(each, FARTHEST)));
  const [knownP, knownQ] = [known(logP, p), known(logQ, q)];
  const share = (
    x: readonly number[],
    logX: readonly number[],
    logY: readonly number[],
    sign: number,
  ): number[] =>
    x.map((xi, i) => {
      if (logY[i] === -Infinity && logX[i] !== -Infinity) return Infinity;
      return xi === 0 ? 0 : inBase(sign * xi * (logRatios[i] as number), unit);
    });
  const [klPQ, entropyP] = [klFromLogits(p, q, unit), entropyFromLogits(p, unit)];
  const ofTarget = crossEntropyFromLogits(q, pp, unit);
  const found = {
    ...withoutWords(pp, qq, unit),
    sharesPQ: share(pp, knownP, knownQ, 1),
    sharesQP: share(qq, knownQ, knownP, -1),
    klPQ,
    klQP: klFromLogits(q, p, unit),
    entropyP,
    entropyQ: entropyFromLogits(q, unit),
    // What p gives to an outcome that q rules out may have underflowed, and log q may be beyond −1.8e308.
    crossEntropy: klPQ < Infinity && ofTarget < Infinity ? ofTarget : entropyP + klPQ,
  };
  return { ...found, why: whyAsymmetric(knownP, knownQ, logRatios, found, labels) };
}

/** @throws DistributionError */
export function divergencesOfGaussians(
  p: DiagonalGaussian,
  q: DiagonalGaussian,
  labels: readonly string[],
  unit: Base,
): Divergences {
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
    why: whyGaussiansDiffer(p, q, { klPQ, klQP }, labels),
  };
}

type BothWays = Pick<Divergences, 'klPQ' | 'klQP'>;

const SAME = 'P and Q are the same, so both directions are 0.';

/**
 * One sentence on why KL(P‖Q) and KL(Q‖P) differ, or agree.
 * @param logP log-probabilities: −Infinity for what is ruled out alone
 * @param logRatios log(p/q): not taken from p and q, which may have underflowed
 */
function whyAsymmetric(
  logP: readonly number[],
  logQ: readonly number[],
  logRatios: readonly number[],
  both: BothWays,
  labels: readonly string[],
): string {
  const inQ = logP.findIndex((each, i) => each > -Infinity && logQ[i] === -Infinity);
  const inP = logQ.findIndex((each, i) => each > -Infinity && logP[i] === -Infinity);
  const infinite = (i: number, x: string, y: string, logX: number | undefined): string =>
    `KL(${x}‖${y}) is infinite: ${x} gives ${quote(labels[i])} ${weights(logX)[0]}, ${y} gives it 0`;
  if (inQ >= 0 && inP >= 0) {
    return `Both are infinite: ${infinite(inQ, 'P', 'Q', logP[inQ])}; ${infinite(inP, 'Q', 'P', logQ[inP])}.`;
  }
  if (inQ >= 0)
    return `${infinite(inQ, 'P', 'Q', logP[inQ])}; KL(Q‖P) is finite, for P allows all that Q does.`;
  if (inP >= 0)
    return `${infinite(inP, 'Q', 'P', logQ[inP])}; KL(P‖Q) is finite, for Q allows all that P does.`;
  if (logP.every((each, i) => each === logQ[i])) return SAME;
  const { sign, most } = categoricalAsymmetry(logP, logQ, logRatios);
  if (sign === 0 && both.klPQ === Infinity) {
    return 'Both are finite, but beyond the largest double, 1.8e308, so that no difference shows.';
  }
  if (sign === 0) {
    return `They agree here by chance: what one direction gains on some outcomes it loses on others.${rounded(both)}`;
  }
  if (!shows(both, sign))
    return `P and Q are so close that both directions are the same to the last digit.${rounded(both)}`;
  const [larger, smaller] = sign > 0 ? ['KL(P‖Q)', 'KL(Q‖P)'] : ['KL(Q‖P)', 'KL(P‖Q)'];
  const [weightP, weightQ] = weights(logP[most], logQ[most]) as [string, string];
  const [high, low] = sign > 0 ? [weightP, weightQ] : [weightQ, weightP];
  return `${larger} is larger, most of all because of ${quote(labels[most])}: P gives it ${weightP} and Q ${weightQ}, so ${larger} counts its log-ratio ${high} times and ${smaller} only ${low} times.${rounded(both)}`;
}

function whyGaussiansDiffer(
  p: DiagonalGaussian,
  q: DiagonalGaussian,
  both: BothWays,
  labels: readonly string[],
): string {
  if (labels.every((_, d) => p.std[d] === q.std[d])) {
    if (labels.every((_, d) => p.mean[d] === q.mean[d])) return SAME;
    return `They agree: with equal standard deviations the KL of Gaussians is symmetric.${rounded(both)}`;
  }
  // The wider first is always the larger direction: with r the ratio of σ, (r² − r⁻²)/2 − 2 log r > 0 for r > 1.
  const { sign, most } = gaussianAsymmetry(p, q);
  if (sign === 0) {
    return `They agree here by chance: what one direction gains in some dimensions it loses in others.${rounded(both)}`;
  }
  if (!shows(both, sign))
    return `P and Q are so nearly as wide that both directions are the same to the last digit.${rounded(both)}`;
  const [larger, wide, narrow] = sign > 0 ? ['KL(P‖Q)', 'P', 'Q'] : ['KL(Q‖P)', 'Q', 'P'];
  const stds = apart(p.std[most] as number, q.std[most] as number);
  const [greatest, least] = sign > 0 ? stds : stds.reverse();
  const where = labels.length > 1 ? `, most of all because of dimension ${quote(labels[most])}` : '';
  return `${larger} is larger${where}: ${wide} is wider${labels.length > 1 ? ' there' : ''} (σ ${greatest} against ${least}), so it draws points far out more often than ${narrow} expects.${rounded(both)}`;
}

/** Whether the figures show the difference that there is, beyond the rounding of either. */
function shows({ klPQ, klQP }: BothWays, sign: number): boolean {
  return (klPQ === Infinity && klQP === Infinity) || sign * (klPQ - klQP) > 1e-14 * Math.min(klPQ, klQP);
}

/** That what is shown as ∞ or as 0 is neither. */
function rounded({ klPQ, klQP }: BothWays): string {
  if (klPQ === 0 && klQP === 0) return ' Both round to 0.';
  if (klPQ < Infinity && klQP < Infinity) return '';
  const which = klPQ === klQP ? 'Both are' : `${klPQ === Infinity ? 'KL(P‖Q)' : 'KL(Q‖P)'} is`;
  return ` ${which} finite, but beyond the largest double, 1.8e308.`;
}

/** Probabilities as text from their logarithms, told apart: 0.3; e^-800 where the probability underflows. */
function weights(...logs: readonly (number | undefined)[]): string[] {
  const values = logs.map((each = -Infinity) => Math.exp(each));
  if (values.some((value, i) => value === 0 && logs[i] !== -Infinity)) {
    return values.map((value, i) => {
      const logarithm = logs[i] ?? -Infinity;
      if (value > 0 || logarithm === -Infinity) return probability(value);
      return `${logarithm === FARTHEST ? 'under ' : ''}e^${probability(logarithm)}`;
    });
  }
  return values.length === 2 ? apart(values[0] as number, values[1] as number) : values.map(probability);
}

/** Two different numbers with four significant digits, more where those are the same. */
function apart(a: number, b: number): [string, string] {
  let digits = 4;
  while (digits < 17 && a.toPrecision(digits) === b.toPrecision(digits)) digits += 1;
  return [String(Number(a.toPrecision(digits))), String(Number(b.toPrecision(digits)))];
}

function quote(label: string | undefined): string {
  return `“${shortLine(label ?? '')}”`;
}
