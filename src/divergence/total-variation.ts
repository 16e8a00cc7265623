import { checkPair, type Vector } from './distribution.ts';

/**
 * Total variation distance ½Σ|p − q|, in [0, 1]: the most the probability of any event can differ. Pinsker:
 * TV ≤ √(KL/2), KL in nats.
 * @throws DistributionError
 */
export function totalVariation(p: Vector, q: Vector): number {
  checkPair(p, q);
  let sum = 0;
  for (let i = 0; i < p.length; i++) sum += Math.abs(p[i] - q[i]);
  return 0.5 * sum;
}
