import { exp, log1p } from '../elementary/exponential.ts';
import { DistributionError, type Vector } from './distribution.ts';

/**
 * softmax(z)_k = e^{z_k} / Σ e^{z_j}, computed as exp(logSoftmax(z)).
 * @param logits finite or −Infinity (probability 0), at least one finite
 * @throws DistributionError naming the entry
 */
export function softmax(logits: Vector): Float64Array {
  return logSoftmax(logits).map(exp);
}

/**
 * log softmax(z)_k = z_k − max − log Σ e^{z_j − max}, nats. The largest term is 1 exactly and log1p takes the
 * others, so that log p near p = 1 keeps its digits: −5.6e-75, not 0.
 * @param logits finite or −Infinity (probability 0), at least one finite
 * @throws DistributionError naming the entry
 */
export function logSoftmax(logits: Vector): Float64Array {
  const largest = checkLogits(logits);
  const max = logits[largest];
  let rest = 0;
  for (let k = 0; k < logits.length; k++) if (k !== largest) rest += exp(logits[k] - max);
  const logSum = log1p(rest);
  return Float64Array.from(logits, (z) => z - max - logSum);
}

/** The index of the largest logit. */
function checkLogits(logits: Vector): number {
  if (logits.length === 0) throw new DistributionError('logits must have at least 1 entry, got 0');
  let largest = 0;
  for (let k = 0; k < logits.length; k++) {
    const z = logits[k];
    if (!(z < Infinity)) throw new DistributionError(`logits[${k}] must be a number < Infinity, got ${z}`, k);
    if (z > logits[largest]) largest = k;
  }
  if (logits[largest] === -Infinity) throw new DistributionError('logits must not all be -Infinity');
  return largest;
}
