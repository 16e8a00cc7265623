import { RESTART } from '../rollout/environment.ts';
import type { Table } from '../rollout/table.ts';
import { chainOf, MOST_WORK, solveValues, solveVisits, transposed } from './chain.ts';

/** A policy of a table, discounted and without a time limit: everything exact, to rounding. */
export interface PolicyTruth {
  /** [states] V(s) = E[Σ γᵗ r_t | s]. */
  readonly values: Float64Array;
  /** [states, actions] Q(s, a) = E[r + γ·V(s′)]. */
  readonly actionValues: Float64Array;
  /** [states, actions] A(s, a) = Q(s, a) − Σ_a′ π(a′|s)·Q(s, a′). */
  readonly advantages: Float64Array;
  /** [states] ρ(s) = Σ γᵗ P(s_t = s) from the starts, not normalised. [TRPO, arXiv 1502.05477, §2] */
  readonly visitation: Float64Array;
  /** J(π) = Σ_s μ(s)·V(s), μ the starts' probabilities. */
  readonly discountedReturn: number;
}

/**
 * V = r_π + γ·P_π·V and ρ = μ + γ·P_πᵀ·ρ, solved as sparse linear systems. [Sutton & Barto 2018, eq. 4.4]
 * @param policy [states, actions], π(a|s)
 * @param gamma in [0, 1)
 * @param mostWork transitions that the sweeps of V, and those of ρ, go through
 * @throws TableWorkError
 */
export function policyTruth(
  table: Table,
  policy: ArrayLike<number>,
  gamma: number,
  mostWork = MOST_WORK,
): PolicyTruth {
  const chain = chainOf(table, policy);
  const visitation = solveVisits(transposed(chain.transitions), table.initial, gamma, mostWork);
  const solved = solveValues(chain, gamma, table.initial, visitation, mostWork);
  const actionValues = backups(table, solved, gamma);
  const values = weighted(table, policy, actionValues);
  return {
    values,
    actionValues,
    advantages: actionValues.map((value, pair) => value - values[Math.floor(pair / table.actions)]),
    visitation,
    discountedReturn: table.initial.reduce((sum, share, state) => sum + share * values[state], 0),
  };
}

/** [states, actions] Σ p·(r + γ·V(s′)), nothing after an end. */
function backups(table: Table, values: Float64Array, gamma: number): Float64Array {
  const { offsets, probability, next, reward, terminated, starts } = table;
  const restart = starts.reduce((sum, start) => sum + values[start], 0) / starts.length;
  const out = new Float64Array(table.states * table.actions);
  for (let pair = 0; pair < out.length; pair++) {
    for (let k = offsets[pair]; k < offsets[pair + 1]; k++) {
      const after = terminated[k] ? 0 : next[k] === RESTART ? restart : values[next[k]];
      out[pair] += probability[k] * (reward[k] + gamma * after);
    }
  }
  return out;
}

/** [states] Σ_a π(a|s)·x(s, a). */
function weighted({ states, actions }: Table, policy: ArrayLike<number>, x: Float64Array): Float64Array {
  const out = new Float64Array(states);
  for (let pair = 0; pair < x.length; pair++) out[Math.floor(pair / actions)] += policy[pair] * x[pair];
  return out;
}
