import { exp, log } from '../elementary/exponential.ts';
import { klTerm } from '../divergence/kl.ts';
import type { MetricField } from '../run/metrics.ts';
import type { Dataset } from './dataset.ts';

const field = (name: string, unit: string, meaning: string): MetricField => ({ name, unit, meaning });

/** Every column of the `metrics.jsonl` of `leash fit`, in order. */
export const fitFields = [
  field('update', 'count', 'Number of the epoch, from 1: the name that rows of any run go by.'),
  field('gradientSteps', 'count', 'Gradient steps taken so far.'),
  field(
    'crossEntropy',
    'nats',
    'H(P,Q), weighted mean over the examples, after the epoch: what is minimised.',
  ),
  field(
    'entropyOfTarget',
    'nats',
    'H(P), likewise: the same in every row, the least crossEntropy can become where equal inputs have equal targets.',
  ),
  field('kl', 'nats', 'KL(P‖Q), likewise, summed by itself: crossEntropy − entropyOfTarget.'),
  field('accuracy', 'share', 'Probability under P of the class that Q holds likeliest, likewise.'),
  field('learningRate', '1', 'Adam’s step size.'),
  field(
    'gradientNorm',
    '1',
    'L2 norm of the gradient before clipping, mean over the epoch’s gradient steps.',
  ),
] as const satisfies readonly MetricField[];

/** How well Q fits P. */
export interface FitMeasures {
  readonly crossEntropy: number;
  readonly entropyOfTarget: number;
  readonly kl: number;
  readonly accuracy: number;
}

/** One row of `metrics.jsonl`, the columns of `fitFields`. */
export interface FitRow extends FitMeasures {
  readonly update: number;
  readonly gradientSteps: number;
  readonly learningRate: number;
  readonly gradientNorm: number;
}

/**
 * Weighted means over the examples. KL is summed from its own terms, not by the difference: that they agree is
 * for the reader to see.
 * @param logProbs log Q [N, K]
 */
export function measureFit(
  { count, classes, targets, weights }: Dataset,
  logProbs: Float64Array,
): FitMeasures {
  const K = classes.length;
  const sums = { crossEntropy: 0, entropyOfTarget: 0, kl: 0, accuracy: 0 };
  for (let i = 0; i < count; i++) {
    const weight = weights[i] / count;
    let best = i * K;
    for (let k = i * K; k < (i + 1) * K; k++) {
      const p = targets[k];
      if (logProbs[k] > logProbs[best]) best = k;
      if (p > 0) {
        sums.crossEntropy -= weight * p * logProbs[k];
        sums.entropyOfTarget -= weight * p * log(p);
      }
      sums.kl += weight * klTerm(p, exp(logProbs[k]), logProbs[k] - log(p));
    }
    sums.accuracy += weight * targets[best];
  }
  return sums;
}
