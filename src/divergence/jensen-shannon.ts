import { type Base, checkPair, inBase, type Vector } from './distribution.ts';
import { klTerm, logRatio } from './kl.ts';

/**
 * Jensen–Shannon divergence ½KL(P‖M) + ½KL(Q‖M), M = ½(P + Q) [Lin 1991]: symmetric, finite, in [0, log 2].
 * Not its square root, which is the distance SciPy returns.
 * @throws DistributionError
 */
export function jensenShannon(p: Vector, q: Vector, base: Base = 'nats'): number {
  checkPair(p, q);
  let sum = 0;
  for (let i = 0; i < p.length; i++) sum += 0.5 * (toMixture(p[i], q[i]) + toMixture(q[i], p[i]));
  return inBase(Math.min(sum, Math.LN2), base);
}

/** One outcome's term of KL(P‖M). */
function toMixture(p: number, q: number): number {
  const m = p + 0.5 * (q - p);
  return klTerm(p, m, logRatio(p, m));
}
