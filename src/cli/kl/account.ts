import { checkDistribution, DistributionError, fromCounts } from '../../divergence/distribution.ts';
import { gaussianKl } from '../../divergence/diagonal-gaussian.ts';
import { log } from '../../elementary/exponential.ts';
import { logSoftmax, softmax } from '../../divergence/softmax.ts';
import { UserError } from '../../user-error.ts';
import {
  divergencesOfGaussians,
  divergencesOfLogits,
  divergencesOfProbabilities,
} from '../../distributions/divergences.ts';
import { type DistributionFlags, readGaussians, readLists, type Written } from '../kl/read-distributions.ts';
import { categoricalTable, divergenceLines, gaussianTable, sampleTable } from '../print/divergences.ts';
import {
  convergence,
  gaussianLimits,
  type Limits,
  limitsOf,
  type SampleEstimates,
  sampleCategorical,
  sampleGaussian,
} from '../../distributions/samples.ts';

/** Two distributions, and what is asked about them. */
export interface Question extends DistributionFlags {
  /** The numbers are logits: softmax comes first. */
  readonly logits?: boolean | undefined;
  /** The numbers are counts: divided by their sum. */
  readonly counts?: boolean | undefined;
  readonly bits?: boolean | undefined;
  /** Samples of P to estimate KL(P‖Q) from; 0: none. */
  readonly samples: number;
  readonly seed: number;
}

/** What there is to print: `--json` the one, people the other. */
export interface Account {
  readonly data: Record<string, unknown>;
  readonly lines: string[];
}

/** Two distributions side by side, and everything between them. @throws UserError naming entry, value and place */
export function accountOf(question: Question): Account {
  return question.gaussian ? gaussianAccount(question) : categoricalAccount(question);
}

function categoricalAccount(question: Question): Account {
  const { labels, p, q } = readLists(question);
  const unit = question.bits ? 'bits' : 'nats';
  const probabilities = ({ values, place }: Written<readonly number[]>, name: string): number[] =>
    inPlace(place, () => {
      if (question.logits) return [...softmax(values)];
      if (question.counts) return [...fromCounts(values)];
      checkDistribution(values, name);
      return [...values];
    });
  const [pp, qq] = [probabilities(p, 'p'), probabilities(q, 'q')];
  const found = inPlace(placesOf(p, q), () =>
    question.logits
      ? divergencesOfLogits(p.values, q.values, labels, unit)
      : divergencesOfProbabilities(pp, qq, labels, unit),
  );
  const { samples, seed } = question;
  const logs = ({ values }: Written<readonly number[]>, x: number[]): readonly number[] =>
    question.logits ? [...logSoftmax(values)] : x.map(log);
  const [logP, logQ] = [logs(p, pp), logs(q, qq)];
  const logRatios = labels.map((_, i) => (logQ[i] as number) - (logP[i] as number));
  const estimates = samples && convergence(sampleCategorical(pp, logRatios, samples, seed), unit);
  const limits = limitsOf(pp, qq, logRatios, found.klPQ, unit);
  return {
    data: { labels, p: pp, q: qq, ...found, ...(estimates && { estimates, limits }) },
    lines: [
      ...categoricalTable(labels, pp, qq, found),
      '',
      ...divergenceLines(found),
      ...sampled(estimates, limits),
    ],
  };
}

function gaussianAccount(question: Question): Account {
  const { labels, p, q } = readGaussians(question);
  const unit = question.bits ? 'bits' : 'nats';
  const found = inPlace(placesOf(p, q), () => divergencesOfGaussians(p.values, q.values, labels, unit));
  const { samples, seed } = question;
  const estimates = samples && convergence(sampleGaussian(p.values, q.values, samples, seed), unit);
  const limits = gaussianLimits(p.values, q.values, gaussianKl(p.values, q.values), unit);
  return {
    data: { labels, p: p.values, q: q.values, ...found, ...(estimates && { estimates, limits }) },
    lines: [
      ...gaussianTable(labels, p.values, q.values, found),
      '',
      ...divergenceLines(found),
      ...sampled(estimates, limits),
    ],
  };
}

function sampled(estimates: SampleEstimates[] | 0, limits: Limits): string[] {
  return estimates === 0 ? [] : ['', ...sampleTable(estimates, limits)];
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
