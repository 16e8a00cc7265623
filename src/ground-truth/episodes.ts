import { RESTART } from '../rollout/environment.ts';
import type { Table } from '../rollout/table.ts';
import { chainOf, scatter } from './chain.ts';

/** Episodes of a policy within the time limit, undiscounted: exact. */
export interface EpisodeTruth {
  /** J(π) = E[Σ r] from the starts. */
  readonly expectedReturn: number;
  /**
   * What the surrogate promises of the way to another policy: Σ_t Σ_s P(s_t = s) Σ_a (π_new − π_old)(a|s)·Q_t(s, a). It is the
   * slope of J along π_old + x·(π_new − π_old) at x = 0, and as such comes out of the same backward pass.
   */
  readonly promise: number;
}

/**
 * @param policy, next [states, actions]
 * @param horizon the time limit, steps
 */
export function episodeTruth(
  table: Table,
  policy: ArrayLike<number>,
  next: ArrayLike<number>,
  horizon: number,
): EpisodeTruth {
  const { states, actions, offsets, probability, reward, terminated, starts, initial } = table;
  const pairs = states * actions;
  let [values, slopes] = [new Float64Array(states), new Float64Array(states)];
  const atStart = (x: Float64Array): number =>
    starts.reduce((sum, start) => sum + x[start], 0) / starts.length;
  for (let step = 0; step < horizon; step++) {
    const [restart, restartSlope] = [atStart(values), atStart(slopes)];
    const [newValues, newSlopes] = [new Float64Array(states), new Float64Array(states)];
    for (let pair = 0, state = 0; pair < pairs; pair++) {
      if (pair === (state + 1) * actions) state += 1;
      if (policy[pair] === 0 && next[pair] === 0) continue;
      let [value, slope] = [0, 0];
      for (let k = offsets[pair]; k < offsets[pair + 1]; k++) {
        const to = table.next[k];
        value += probability[k] * reward[k];
        if (terminated[k]) continue;
        value += probability[k] * (to === RESTART ? restart : values[to]);
        slope += probability[k] * (to === RESTART ? restartSlope : slopes[to]);
      }
      newValues[state] += policy[pair] * value;
      newSlopes[state] += (next[pair] - policy[pair]) * value + policy[pair] * slope;
    }
    const settled = newValues.every((value, i) => value === values[i] && newSlopes[i] === slopes[i]);
    [values, slopes] = [newValues, newSlopes];
    if (settled) break;
  }
  const expected = (x: Float64Array): number =>
    initial.reduce((sum, share, state) => sum + share * x[state], 0);
  return { expectedReturn: expected(values), promise: expected(slopes) };
}

/** [states] Σ_t P(s_t = s) over the steps of an episode within the limit: where a rollout's samples come from. */
export function expectedVisits(table: Table, policy: ArrayLike<number>, horizon: number): Float64Array {
  const { transitions } = chainOf(table, policy);
  const visits = new Float64Array(table.states);
  let now = table.initial.slice();
  let then = new Float64Array(table.states);
  for (let step = 0; step < horizon; step++) {
    let mass = 0;
    for (let state = 0; state < now.length; state++) {
      visits[state] += now[state];
      mass += now[state];
    }
    // All episodes have ended, to rounding.
    if (mass < 1e-18) break;
    scatter(transitions, now, then);
    [now, then] = [then, now];
  }
  return visits;
}
