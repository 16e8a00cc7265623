import type { Head } from '../policy/head.ts';
import { adaptRate, type RateRule } from '../trust-region/adapt-rate.ts';
import { mean, sampleKl } from '../trust-region/measure.ts';
import type { UpdateReport } from './update.ts';

/** What of a minibatch its KL is made of. */
interface Batch {
  readonly size: number;
  readonly oldLogProbs: Float64Array;
  readonly logProbs: Float64Array;
  /** π_old's and the policy's. */
  readonly oldDistributions: Float64Array;
  readonly distributions: Float64Array;
  /** Overwritten. */
  readonly kl: Float64Array;
}

/** Adam's step size within an update. */
export interface StepSize {
  /** Of the gradient step at hand; after the last, of the next update's first. */
  readonly now: number;
  /** Whether it looks at the distributions of π_old. */
  readonly readsDistributions: boolean;
  /** Before a gradient step; the batch holds both policies. */
  before(head: Head, batch: Batch): void;
  after(): void;
  afterEpoch(): void;
  report(): Pick<UpdateReport, 'learningRate' | 'nextLearningRate' | 'learningRateSaturated'>;
}

/** @param from in the first gradient step of the update @param rule how it follows the KL, if it does */
export function createStepSize(rule: RateRule | undefined, from: number): StepSize {
  let now = from;
  let used = from;
  let saturated = false;
  /** Of the minibatch at hand, and of those of the epoch so far. */
  let kl = 0;
  let sum = 0;
  let minibatches = 0;
  const adapt = (to: number): void => {
    if (rule === undefined) return;
    const adapted = adaptRate(rule, now, to);
    now = adapted.rate;
    saturated ||= adapted.saturated;
  };
  return {
    get now() {
      return now;
    },
    readsDistributions: rule?.measure === 'exact',
    before(head, batch) {
      if (rule !== undefined) {
        kl = minibatchKl(rule, head, batch);
        if (rule.cadence === 'beforeStep') adapt(kl);
      }
      used = now;
    },
    after() {
      if (rule?.cadence === 'afterStep') adapt(kl);
      sum += kl;
      minibatches += 1;
    },
    afterEpoch() {
      if (rule?.cadence === 'epoch' && minibatches > 0) adapt(sum / minibatches);
      sum = 0;
      minibatches = 0;
    },
    report: () => ({
      learningRate: used,
      ...(rule !== undefined && { nextLearningRate: now, learningRateSaturated: saturated }),
    }),
  };
}

function minibatchKl({ measure, direction }: RateRule, head: Head, batch: Batch): number {
  const { size, oldDistributions, distributions, kl } = batch;
  if (measure !== 'exact') return sampleKl(batch.logProbs, batch.oldLogProbs, size)[measure];
  if (direction === 'oldNew') head.kl(oldDistributions, distributions, size, kl);
  else head.kl(distributions, oldDistributions, size, kl);
  return mean(kl, size);
}
