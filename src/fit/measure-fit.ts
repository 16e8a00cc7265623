import { exp, log } from '../elementary/exponential.ts';
import { klTerm } from '../divergence/kl.ts';
import type { FitRow } from '../row/fit.ts';
import type { Examples } from './examples.ts';

/** How well Q fits P. */
export type FitMeasures = Pick<FitRow, 'crossEntropy' | 'entropyOfTarget' | 'kl' | 'accuracy'>;

/**
 * Weighted means over the examples. KL is summed from its own terms, not by the difference: that they agree is
 * for the reader to see.
 * @param logProbs log Q [N, K]
 */
export function measureFit(
  { count, classes, targets, weights }: Examples,
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
