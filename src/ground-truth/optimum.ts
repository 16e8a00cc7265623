import type { Table } from '../rollout/table.ts';
import { type PolicyTruth, policyTruth } from './policy-truth.ts';

/** The best policy of a table, discounted and without a time limit. */
export interface Optimum {
  /** [states, actions] 1 for one action a state; of equal ones the first that was found. */
  readonly policy: Float64Array;
  readonly truth: PolicyTruth;
}

/** Of the largest |Q|: actions that differ by less are equal, or the policy would be an accident of rounding. */
const TIE = 1e-11;

/**
 * Policy iteration: what is greedy in Q of the policy before, until nothing is better. [Howard 1960; Puterman, Markov
 * Decision Processes, §6.4]
 * @param gamma in [0, 1)
 */
export function optimum(table: Table, gamma: number): Optimum {
  const { states, actions } = table;
  const policy = new Float64Array(states * actions);
  const firstOf = (state: number): number => {
    let action = 0;
    while (!table.allows(state * actions + action)) action += 1;
    return action;
  };
  for (let state = 0; state < states; state++) policy[state * actions + firstOf(state)] = 1;
  for (;;) {
    const truth = policyTruth(table, policy, gamma);
    const { actionValues, values } = truth;
    const tie = TIE * actionValues.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
    let isBetter = false;
    for (let state = 0; state < states; state++) {
      const row = actionValues.subarray(state * actions, (state + 1) * actions);
      const best = row.reduce(
        (at, value, action) => (value > row[at] && table.allows(state * actions + action) ? action : at),
        firstOf(state),
      );
      if (!(row[best] > values[state] + tie)) continue;
      isBetter = true;
      policy.fill(0, state * actions, (state + 1) * actions);
      policy[state * actions + best] = 1;
    }
    if (!isBetter) return { policy, truth };
  }
}
