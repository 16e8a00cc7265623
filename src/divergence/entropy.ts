import { exp, log } from '../elementary/exponential.ts';
import {
  type Base,
  checkDistribution,
  checkPair,
  checkSameLength,
  DistributionError,
  inBase,
  type Vector,
} from './distribution.ts';
import { logSoftmax } from './softmax.ts';

/**
 * H(P) = −Σ p log p, with 0·log 0 = 0; in [0, log n].
 * @throws DistributionError
 */
export function entropy(p: Vector, base: Base = 'nats'): number {
  checkDistribution(p, 'p');
  let sum = 0;
  for (let i = 0; i < p.length; i++) if (p[i] > 0) sum -= p[i] * log(p[i]);
  return inBase(sum, base);
}

/**
 * H(softmax(z)): exact where the softmax itself has been rounded to 1.
 * @throws DistributionError
 */
export function entropyFromLogits(logits: Vector, base: Base = 'nats'): number {
  let sum = 0;
  for (const logP of logSoftmax(logits)) {
    const p = exp(logP);
    if (p > 0) sum -= p * logP;
  }
  return inBase(sum, base);
}

/**
 * H(P,Q) = −Σ p log q = H(P) + KL(P‖Q); +Infinity where q = 0 < p.
 * @throws DistributionError
 */
export function crossEntropy(p: Vector, q: Vector, base: Base = 'nats'): number {
  checkPair(p, q);
  let sum = 0;
  for (let i = 0; i < p.length; i++) if (p[i] > 0) sum -= p[i] * log(q[i]);
  return inBase(sum, base);
}

/**
 * Cross-entropy of the model softmax(logits) under a target, from the raw logits.
 * @param target a class index, or the soft target: a distribution over the classes
 * @throws DistributionError, also for an index that is no class
 */
export function crossEntropyFromLogits(logits: Vector, target: number | Vector, base: Base = 'nats'): number {
  const logQ = logSoftmax(logits);
  if (typeof target === 'number') {
    if (logQ[target] === undefined) {
      throw new DistributionError(`target must be a class in [0, ${logQ.length - 1}], got ${target}`);
    }
    return inBase(0 - logQ[target], base);
  }
  checkDistribution(target, 'target');
  checkSameLength(target, 'target', logits, 'logits');
  let sum = 0;
  for (let i = 0; i < target.length; i++) if (target[i] > 0) sum -= target[i] * logQ[i];
  return inBase(sum, base);
}
