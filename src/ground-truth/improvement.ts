import type { Table } from '../rollout/table.ts';
import type { PolicyTruth } from './policy-truth.ts';

/** A step from π_old to π_new, discounted and without a time limit. */
export interface Improvement {
  /** J(π_new) − J(π_old) = Σ_s ρ_new(s) Σ_a π_new(a|s)·A_old(s, a). [Kakade & Langford 2002; TRPO, eq. 1] */
  readonly improvement: number;
  /** L_old(π_new) − J(π_old) = Σ_s ρ_old(s) Σ_a π_new(a|s)·A_old(s, a). [TRPO, eq. 3] */
  readonly promise: number;
  /** Σ_s ρ_old(s)·KL_s / Σ_s ρ_old(s). */
  readonly klMean: number;
  /** max_s KL_s, over all states of the table. */
  readonly klMax: number;
  /** C = 4εγ/(1 − γ)², ε = max |A_old(s, a)| over what may be done. [TRPO, arXiv 1502.05477, eq. 9] */
  readonly constant: number;
  /** promise − C·klMax ≤ improvement. */
  readonly boundMaxKl: number;
  /**
   * promise − 2γε′/(1 − γ)² · √(½·E[KL_s]) ≤ improvement, ε′ = max_s |Σ_a π_new(a|s)·A_old(s, a)|, the mean over
   * (1 − γ)·ρ_old, in which an episode that has ended goes on with KL 0. [CPO, arXiv 1705.10528, corollary 3; there with the
   * other direction of KL: the total variation between the two, which it stands for, has none]
   */
  readonly boundMeanKl: number;
}

/**
 * @param old, next [states, actions] π_old(a|s), π_new(a|s)
 * @param truth, nextTruth of each
 * @param kl [states] KL(π_old‖π_new), nats
 * @param gamma in [0, 1)
 */
export function improvementOf(
  table: Table,
  [old, truth]: readonly [ArrayLike<number>, PolicyTruth],
  [next, nextTruth]: readonly [ArrayLike<number>, PolicyTruth],
  kl: Float64Array,
  gamma: number,
): Improvement {
  const { states, actions } = table;
  let [promise, improvement, visits, klSum, klMax, epsilon, epsilonNew] = [0, 0, 0, 0, 0, 0, 0];
  for (let state = 0; state < states; state++) {
    let gain = 0;
    for (let pair = state * actions; pair < (state + 1) * actions; pair++) {
      const advantage = truth.advantages[pair];
      // Σ_a π_old·A_old is 0: without it a small step does not drown in rounding.
      gain += (next[pair] - old[pair]) * advantage;
      if (table.allows(pair)) epsilon = Math.max(epsilon, Math.abs(advantage));
    }
    const visited = truth.visitation[state];
    promise += visited * gain;
    improvement += nextTruth.visitation[state] * gain;
    visits += visited;
    // A state that nobody comes to may be infinitely far away.
    if (visited > 0) klSum += visited * kl[state];
    klMax = Math.max(klMax, kl[state]);
    epsilonNew = Math.max(epsilonNew, Math.abs(gain));
  }
  const perKl = gamma / (1 - gamma) ** 2;
  const constant = 4 * epsilon * perKl;
  const distance = Math.sqrt(0.5 * (1 - gamma) * klSum);
  return {
    improvement,
    promise,
    klMean: klSum / visits,
    klMax,
    constant,
    boundMaxKl: constant === 0 ? promise : promise - constant * klMax,
    boundMeanKl: epsilonNew === 0 ? promise : promise - 2 * perKl * epsilonNew * distance,
  };
}
