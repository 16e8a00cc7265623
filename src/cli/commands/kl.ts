import { checkDistribution, DistributionError, fromCounts } from '../../divergence/distribution.ts';
import { log } from '../../elementary/exponential.ts';
import { logSoftmax, softmax } from '../../divergence/softmax.ts';
import { encodeJson } from '../../run/metrics.ts';
import { UserError } from '../../user-error.ts';
import { compareGaussians, compareLogits, compareProbabilities } from '../kl/divergences.ts';
import { type DistributionFlags, readGaussians, readLists, type Written } from '../kl/read-distributions.ts';
import { wholeNumber } from '../flag-values.ts';
import { categoricalTable, figureLines, gaussianTable, sampleTable } from '../print/divergences.ts';
import {
  convergence,
  type Limits,
  limitsOf,
  type SampleEstimates,
  sampleCategorical,
  sampleGaussian,
} from '../kl/samples.ts';
import { print, printJson } from '../print/print.ts';

/** Flags of `leash kl`. */
export interface KlFlags extends DistributionFlags {
  logits?: boolean | undefined;
  counts?: boolean | undefined;
  bits?: boolean | undefined;
  samples?: string | undefined;
  /** Of the samples; 0 without it. */
  seed?: string | undefined;
  json?: boolean | undefined;
}

/** More would take long and teach nothing new. */
const MOST_SAMPLES = 10_000_000;

/** What there is to print: `--json` the one, people the other. */
interface Account {
  readonly data: Record<string, unknown>;
  readonly lines: string[];
}

/** `leash kl`: two distributions side by side, and everything between them. */
export async function runKl(given: KlFlags): Promise<number> {
  const chosen = (['logits', 'counts', 'gaussian'] as const).filter((flag) => given[flag]);
  if (chosen.length > 1) throw new UserError(`--${chosen[0]} and --${chosen[1]} exclude each other`);
  if (given.seed !== undefined && given.samples === undefined)
    throw new UserError('--seed is that of the samples: it needs --samples');
  const { data, lines } = given.gaussian ? gaussianAccount(given) : categoricalAccount(given);
  if (given.json) printJson(encodeJson(data));
  else print(lines.join('\n'));
  return 0;
}

function categoricalAccount(given: KlFlags): Account {
  const { labels, p, q } = readLists(given);
  const unit = given.bits ? 'bits' : 'nats';
  const probabilities = ({ values, place }: Written<readonly number[]>, name: string): number[] =>
    inPlace(place, () => {
      if (given.logits) return [...softmax(values)];
      if (given.counts) return [...fromCounts(values)];
      checkDistribution(values, name);
      return [...values];
    });
  const [pp, qq] = [probabilities(p, 'p'), probabilities(q, 'q')];
  const figures = inPlace(placesOf(p, q), () =>
    given.logits
      ? compareLogits(p.values, q.values, labels, unit)
      : compareProbabilities(pp, qq, labels, unit),
  );
  const samples = sampleCount(given);
  const logs = ({ values }: Written<readonly number[]>, x: number[]): readonly number[] =>
    given.logits ? [...logSoftmax(values)] : x.map(log);
  const [logP, logQ] = [logs(p, pp), logs(q, qq)];
  const logRatios = labels.map((_, i) => (logQ[i] as number) - (logP[i] as number));
  const estimates = samples && convergence(sampleCategorical(pp, logRatios, samples, seedOf(given)), unit);
  const limits = limitsOf(pp, qq, logRatios, figures.klPQ, unit);
  return {
    data: { labels, p: pp, q: qq, ...figures, ...(estimates && { estimates, limits }) },
    lines: [
      ...categoricalTable(labels, pp, qq, figures),
      '',
      ...figureLines(figures),
      ...sampled(estimates, limits),
    ],
  };
}

function gaussianAccount(given: KlFlags): Account {
  const { labels, p, q } = readGaussians(given);
  const unit = given.bits ? 'bits' : 'nats';
  const figures = inPlace(placesOf(p, q), () => compareGaussians(p.values, q.values, labels, unit));
  const samples = sampleCount(given);
  const estimates = samples && convergence(sampleGaussian(p.values, q.values, samples, seedOf(given)), unit);
  const limits = { k1: figures.klPQ, k2: null, k3: figures.klPQ };
  return {
    data: { labels, p: p.values, q: q.values, ...figures, ...(estimates && { estimates, limits }) },
    lines: [
      ...gaussianTable(labels, p.values, q.values, figures),
      '',
      ...figureLines(figures),
      ...sampled(estimates, limits),
    ],
  };
}

function sampled(estimates: SampleEstimates[] | 0, limits: Limits): string[] {
  return estimates === 0 ? [] : ['', ...sampleTable(estimates, limits)];
}

/** 0: none are asked for. */
function sampleCount(given: KlFlags): number {
  if (given.samples === undefined) return 0;
  return wholeNumber('samples', given.samples, 1, MOST_SAMPLES);
}

function seedOf(given: KlFlags): number {
  return wholeNumber('seed', given.seed ?? '0', 0);
}

function placesOf(p: Written<unknown>, q: Written<unknown>): string {
  return p.place === q.place ? p.place : `${p.place}, ${q.place}`;
}

/** What the library says of a wrong distribution, in its words, and where that distribution is from. */
function inPlace<T>(place: string, action: () => T): T {
  try {
    return action();
  } catch (error) {
    if (!(error instanceof DistributionError)) throw error;
    const hint = error.message.includes('must sum to 1') ? '; --counts divides by the sum' : '';
    throw new UserError(`${error.message} (${place}${hint})`);
  }
}
