import { SUM_TOLERANCE } from '../../divergence/distribution.ts';
import { logRatio } from '../../divergence/kl.ts';
import { logSoftmax, softmax } from '../../divergence/softmax.ts';
import {
  type Divergences,
  divergencesOfGaussians,
  divergencesOfLogits,
  divergencesOfProbabilities,
} from '../../distributions/divergences.ts';
import {
  type Gaussian,
  gaussianJensenShannon,
  type RegionShare,
  regionShares,
} from '../../distributions/gaussians.ts';
import {
  gaussianLimits,
  gaussianSpreads,
  type Limits,
  limitsOf,
  sampleCategorical,
  sampleGaussian,
  type Spreads,
  spreadsOf,
} from '../../distributions/samples.ts';
import { shortLine } from '../../user-error.ts';
import type { Link } from '../link.ts';

/** How two distributions are given. */
export const pairKinds = ['bars', 'logits', 'gaussians'] as const;
export type PairKind = (typeof pairKinds)[number];

/** Two distributions to play with. */
export interface Pair {
  kind: PairKind;
  /** Names of the outcomes; of Gaussians none. */
  labels: readonly string[];
  /** Probabilities, logits, or mean and standard deviation. */
  p: readonly number[];
  q: readonly number[];
  /** Of the samples that KL is estimated from. */
  seed: number;
}

export const OUTCOMES = { least: 2, most: 8 } as const;
export const LOGITS = [-6, 6] as const;
export const MEANS = [-5, 5] as const;
export const STDS = [0.1, 4] as const;
const LETTERS = 'ABCDEFGH';

/** What a kind begins as: the examples of docs/kl-divergence.md. */
export function firstPair(kind: PairKind): Pair {
  const begun = {
    bars: { labels: ['red', 'blue', 'green'], p: [0.5, 0.3, 0.2], q: [0.4, 0.4, 0.2] },
    logits: { labels: ['A', 'B', 'C', 'D'], p: [2.5, -1.3, 5, 0.2], q: [0, 0, 0, 0] },
    gaussians: { labels: [], p: [0, 1], q: [1, 0.7] },
  };
  return { kind, ...begun[kind], seed: 0 };
}

/** Names of the address of a pair. */
export const pairKeys = ['kind', 'p', 'q', 'labels', 'seed'] as const;

/** What an address says of a pair; what makes no sense of it is a line of `problems`, and as it is at first. */
export function pairOf(link: Link, problems: string[]): Pair {
  const first = firstPair(link.oneOf('kind', pairKinds) ?? 'bars');
  const seed = link.seed();
  const count = (name: 'p' | 'q'): number => (link.query.get(name) ?? '').split(',').length;
  const read = (name: 'p' | 'q') =>
    link.numbers(name, count(name), (values) => isDistribution(first.kind, values));
  const [p, q] = [read('p'), read('q')];
  if (p === undefined && q === undefined) return { ...first, seed };
  if (p === undefined || q === undefined || p.length !== q.length) {
    if (link.problems.length === 0)
      problems.push('the link must have both p and q, with as many numbers each');
    return { ...first, seed };
  }
  return { kind: first.kind, p, q, seed, labels: labelsOf(link, first, p.length) };
}

function labelsOf(link: Link, { kind, labels }: Pair, count: number): readonly string[] {
  if (kind === 'gaussians') return [];
  const given = link.query.get('labels')?.split(',').map(shortLine) ?? labels;
  return given.length === count ? given : letters(count);
}

function letters(count: number): string[] {
  return [...LETTERS.slice(0, count)];
}

function isDistribution(kind: PairKind, values: readonly number[]): boolean {
  const within = (value: number, [least, most]: readonly [number, number]): boolean =>
    value >= least && value <= most;
  if (kind === 'gaussians') return values.length === 2 && within(values[0], MEANS) && within(values[1], STDS);
  if (!within(values.length, [OUTCOMES.least, OUTCOMES.most])) return false;
  if (kind === 'logits') return values.every((value) => within(value, LOGITS));
  const sum = values.reduce((total, value) => total + value, 0);
  return values.every((value) => value >= 0) && Math.abs(sum - 1) <= SUM_TOLERANCE;
}

/** The pair as an address has it. */
export function addressOfPair({ kind, labels, p, q, seed }: Pair): Record<string, string> {
  const numbers = (values: readonly number[]): string =>
    values.map((value) => Number(value.toFixed(7))).join();
  return {
    kind,
    p: numbers(p),
    q: numbers(q),
    ...(labels.length > 0 && { labels: labels.join() }),
    ...(seed !== 0 && { seed: String(seed) }),
  };
}

/** Probabilities with one of them moved: the others share what is left as they did before, evenly if they had nothing. */
export function withProbability(p: readonly number[], at: number, value: number): number[] {
  const rest = p.reduce((sum, each, k) => (k === at ? sum : sum + each), 0);
  const left = 1 - value;
  return p.map((each, k) => {
    if (k === at) return value;
    return rest > 0 ? (each / rest) * left : left / (p.length - 1);
  });
}

/** The same with one outcome more, of probability 0 or logit 0, or one less, whose probability the others share. */
export function withOutcomes(pair: Pair, count: number): Pair {
  const resize = (values: readonly number[]): number[] => {
    if (count > values.length) return [...values, 0];
    if (pair.kind === 'logits') return values.slice(0, count);
    return withProbability(values, count, 0).slice(0, count);
  };
  const more = letters(count).slice(pair.labels.length);
  return {
    ...pair,
    p: resize(pair.p),
    q: resize(pair.q),
    labels: [...pair.labels.slice(0, count), ...more],
  };
}

/** An outcome, or a region of the numbers, and what it adds to both divergences. */
export interface Part extends Pick<RegionShare, 'massP' | 'massQ' | 'sharePQ' | 'shareQP'> {
  readonly label: string;
  /** Of a region: where it begins. */
  readonly from?: number;
}

/** Everything that is shown of a pair. */
export interface Account {
  readonly found: Divergences;
  readonly parts: readonly Part[];
  readonly limits: Limits;
  readonly spreads: Spreads;
  /** ℓ = log q(x) − log p(x) of samples of P, nats. */
  sample(count: number): Float64Array;
}

export function accountOfPair(pair: Pair): Account {
  const { kind, labels, p, q, seed } = pair;
  if (kind === 'gaussians') return gaussianAccount(gaussianOf(p), gaussianOf(q), seed);
  const isLogits = kind === 'logits';
  const [pp, qq] = isLogits ? [[...softmax(p)], [...softmax(q)]] : [p, q];
  const found = (isLogits ? divergencesOfLogits : divergencesOfProbabilities)(p, q, labels, 'nats');
  const logRatios = isLogits
    ? differences(logSoftmax(q), logSoftmax(p))
    : pp.map((each, k) => logRatio(each, qq[k]));
  const parts = labels.map((label, k) => ({
    ...{ label, massP: pp[k], massQ: qq[k] },
    ...{ sharePQ: found.sharesPQ[k], shareQP: found.sharesQP[k] },
  }));
  return {
    ...{ found, parts, spreads: spreadsOf(pp, logRatios) },
    limits: limitsOf(pp, qq, logRatios, found.klPQ, 'nats'),
    sample: (count) => sampleCategorical(pp, logRatios, count, seed),
  };
}

function differences(a: Float64Array, b: Float64Array): number[] {
  return Array.from(a, (each, k) => each - b[k]);
}

export function gaussianOf([mean, std]: readonly number[]): Gaussian {
  return { mean: mean, std: std };
}

function gaussianAccount(p: Gaussian, q: Gaussian, seed: number): Account {
  const [pp, qq] = [p, q].map(({ mean, std }) => ({ mean: [mean], std: [std] })) as [
    { mean: number[]; std: number[] },
    { mean: number[]; std: number[] },
  ];
  const found = divergencesOfGaussians(pp, qq, [''], 'nats');
  const regions = regionShares(p, q);
  // In each region one of the densities is the larger throughout.
  const totalVariation = regions.reduce((sum, { massP, massQ }) => sum + 0.5 * Math.abs(massP - massQ), 0);
  return {
    found: { ...found, jensenShannon: gaussianJensenShannon(p, q), totalVariation },
    parts: regions.map((region) => ({ ...region, label: stretch(region) })),
    limits: gaussianLimits(pp, qq, found.klPQ, 'nats'),
    spreads: gaussianSpreads(p, q),
    sample: (count) => sampleGaussian(pp, qq, count, seed),
  };
}

function stretch({ from, to }: RegionShare): string {
  const number = (value: number): string => value.toFixed(3).replace('-', '−');
  if (from === Number.NEGATIVE_INFINITY)
    return to === Number.POSITIVE_INFINITY ? 'everywhere' : `below ${number(to)}`;
  return to === Number.POSITIVE_INFINITY ? `above ${number(from)}` : `${number(from)} to ${number(to)}`;
}
