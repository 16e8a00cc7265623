import { log, log1p } from '../elementary/exponential.ts';
import { type Base, DistributionError, inBase } from './distribution.ts';
import { klTerm, logRatio } from './kl.ts';

/**
 * log P(x) of a coin that shows 1 with probability p.
 * @param x 0 or 1
 * @param p in [0, 1]
 * @throws DistributionError
 */
export function bernoulliLogProb(x: number, p: number, base: Base = 'nats'): number {
  checkProbability(p, 'p');
  if (x !== 0 && x !== 1) throw new DistributionError(`x must be 0 or 1, got ${x}`);
  return inBase(x === 1 ? log(p) : log1p(-p), base);
}

/**
 * H = −p log p − (1−p) log(1−p), in [0, log 2].
 * @param p in [0, 1]
 * @throws DistributionError
 */
export function bernoulliEntropy(p: number, base: Base = 'nats'): number {
  checkProbability(p, 'p');
  if (p === 0 || p === 1) return 0;
  return inBase(-p * log(p) - (1 - p) * log1p(-p), base);
}

/**
 * KL(P‖Q) = p log(p/q) + (1−p) log((1−p)/(1−q)); +Infinity where q rules out what p does not.
 * @param p in [0, 1]
 * @param q in [0, 1]
 * @throws DistributionError
 */
export function bernoulliKl(p: number, q: number, base: Base = 'nats'): number {
  checkProbability(p, 'p');
  checkProbability(q, 'q');
  // 1 − p and 1 − q would round away what tells small p and q apart; their difference is p − q.
  const apart = p - q;
  const tails = Math.abs(apart) < 0.5 * (1 - p) ? log1p(apart / (1 - p)) : log1p(-q) - log1p(-p);
  return inBase(klTerm(p, q, logRatio(p, q)) + klTerm(1 - p, 1 - q, tails), base);
}

function checkProbability(p: number, name: string): void {
  if (!(p >= 0 && p <= 1)) throw new DistributionError(`${name} must be in [0, 1], got ${p}`);
}
