import { exp, log } from '../elementary/exponential.ts';
import type { SequenceTree } from './tree.ts';

/** The best that a policy can do against J(π) = E r − β·KL(π‖π_ref). */
export interface Optimum {
  /** log π*(y) [S]; π*(y) = π_ref(y)·e^{r(y)/β}/Z. */
  readonly logProbs: Float64Array;
  /** J(π*) = β·log Z; every other J(π) is less by β·KL(π‖π*). */
  readonly objective: number;
}

/**
 * The optimum of J over all distributions of sequences [Rafailov et al., arXiv 2305.18290, eq. 4].
 * @param logReference log π_ref(y) [S]; −Infinity where π_ref(y) = 0, where π* is 0 as well
 * @param rewards r(y) [S]
 * @param beta β > 0
 */
export function optimumOf(
  logReference: ArrayLike<number>,
  rewards: ArrayLike<number>,
  beta: number,
): Optimum {
  const scores = Float64Array.from(logReference, (logProb, y) => logProb + rewards[y] / beta);
  const greatest = scores.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
  const logSum = greatest + log(scores.reduce((sum, score) => sum + exp(score - greatest), 0));
  return { logProbs: scores.map((score) => score - logSum), objective: beta * logSum };
}

/** E f under π: Σ e^{log π(y)}·f(y), over the sequences that π gives. */
export function expectation(logProbs: ArrayLike<number>, values: ArrayLike<number>): number {
  let sum = 0;
  for (let y = 0; y < logProbs.length; y++) {
    const probability = exp(logProbs[y]);
    if (probability > 0) sum += probability * values[y];
  }
  return sum;
}

/**
 * Where token-level losses come to rest: each prefix's own KL(π(·|p)‖π_ref(·|p)) is paid in its loss, and nothing of later
 * prefixes' in the return. There π(v|p) ∝ π_ref(v|p)·e^{Q(p,v)/β}, Q(p,v) = E r of what follows under π itself, from the
 * last token backwards; the optimum has the soft value β·log Σ π_ref·e^{…/β} in place of E r. Equal for one token.
 * @param logReference log π_ref(v|p) [P·V]
 * @param rewards r(y) [S]
 * @param beta β > 0
 * @returns log π(v|p) [P·V]
 */
export function tokenLevelOptimum(
  { vocabulary: V, prefixes, next }: SequenceTree,
  logReference: ArrayLike<number>,
  rewards: ArrayLike<number>,
  beta: number,
): Float64Array {
  const logProbs = new Float64Array(prefixes * V);
  const values = new Float64Array(prefixes);
  // Prefixes come after what they continue.
  for (let p = prefixes - 1; p >= 0; p--) {
    const worth = Float64Array.from({ length: V }, (_, v) => {
      const leads = next[p * V + v];
      return leads >= 0 ? values[leads] : rewards[-1 - leads];
    });
    const own = optimumOf(Array.prototype.slice.call(logReference, p * V, (p + 1) * V), worth, beta);
    logProbs.set(own.logProbs, p * V);
    values[p] = expectation(own.logProbs, worth);
  }
  return logProbs;
}
