import { RESTART, type ReturnBounds, type TabularModel } from './environment.ts';
import { asTable, type Table, TableSizeError } from './table.ts';

/**
 * Pairs of state and action that are looked at, over all sweeps, before an exact value is given up: half a minute.
 * Values that settle before the horizon, as without chance, take few sweeps.
 */
export const MOST_BACKUPS = 3e8;

/** Undefined where it is too large. */
function tableWithin(model: TabularModel): Table | undefined {
  try {
    return asTable(model);
  } catch (cause) {
    if (cause instanceof TableSizeError) return undefined;
    throw cause;
  }
}

/** V after a restart: the mean over the starts. */
function restartValue({ starts }: Table, values: Float64Array): number {
  return starts.reduce((sum, start) => sum + values[start], 0) / starts.length;
}

/**
 * Σ over the entries of (s, a) of p·(r + γ·(1 − terminated)·V(next)): the Bellman backup of one pair.
 * @param restart V after a restart
 */
function backup(table: Table, pair: number, values: Float64Array, restart: number, gamma: number): number {
  let sum = 0;
  for (let k = table.offsets[pair]; k < table.offsets[pair + 1]; k++) {
    const next = table.next[k];
    const future = table.terminated[k] ? 0 : gamma * (next === RESTART ? restart : values[next]);
    sum += table.probability[k] * (table.reward[k] + future);
  }
  return sum;
}

/**
 * Best expected undiscounted return of an episode of at most `horizon` steps, by backward induction: exact,
 * reached by a policy that may look at the clock. [Puterman, Markov Decision Processes, §4.5]
 * @returns undefined where that would take more than `mostBackups`
 */
export function optimalReturn(
  model: TabularModel,
  horizon: number,
  mostBackups = MOST_BACKUPS,
): number | undefined {
  const table = tableWithin(model);
  if (table === undefined) return undefined;
  let values = new Float64Array(table.states);
  for (let step = 0; step < horizon; step++) {
    if (step * table.sweepCost > mostBackups) return undefined;
    const restart = restartValue(table, values);
    const better = new Float64Array(table.states);
    for (let state = 0; state < table.states; state++) {
      let best = Number.NEGATIVE_INFINITY;
      for (let pair = state * table.actions; pair < (state + 1) * table.actions; pair++) {
        if (table.allows(pair)) best = Math.max(best, backup(table, pair, values, restart, 1));
      }
      better[state] = best;
    }
    const settled = better.every((value, state) => value === values[state]);
    values = better;
    if (settled) break;
  }
  return expected(table.initial, values);
}

/**
 * The least and the greatest return that an episode of at most `horizon` steps can have, whatever is done and whatever
 * chance brings: backward induction over the best and the worst of all entries.
 * @returns undefined where that would take more than `mostBackups`
 */
export function returnBoundsOfTable(
  model: TabularModel,
  horizon: number,
  mostBackups = MOST_BACKUPS,
): ReturnBounds | undefined {
  const table = tableWithin(model);
  if (table === undefined) return undefined;
  const greatest = extremeReturn(table, horizon, mostBackups, 1);
  const least = extremeReturn(table, horizon, mostBackups, -1);
  return greatest === undefined || least === undefined ? undefined : { least: 0 - least, greatest };
}

/** Of `sign` times the rewards the greatest. */
function extremeReturn(table: Table, horizon: number, mostBackups: number, sign: 1 | -1): number | undefined {
  const { states, actions, offsets, next, reward, terminated, starts } = table;
  let values = new Float64Array(states);
  const atStart = (): number =>
    starts.reduce((most, start) => Math.max(most, values[start]), Number.NEGATIVE_INFINITY);
  for (let step = 0; step < horizon; step++) {
    if (step * table.sweepCost > mostBackups) return undefined;
    const restart = atStart();
    const better = new Float64Array(states).fill(Number.NEGATIVE_INFINITY);
    for (let state = 0; state < states; state++) {
      for (let pair = state * actions; pair < (state + 1) * actions; pair++) {
        if (!table.allows(pair)) continue;
        for (let k = offsets[pair]; k < offsets[pair + 1]; k++) {
          const future = terminated[k] ? 0 : next[k] === RESTART ? restart : values[next[k]];
          better[state] = Math.max(better[state], sign * reward[k] + future);
        }
      }
    }
    const settled = better.every((value, state) => value === values[state]);
    values = better;
    if (settled) break;
  }
  return atStart();
}

/**
 * Expected undiscounted return from every state under a stationary policy, within `horizon` steps: exact.
 *
 * @param policy [states, actions], π(a|s)
 * @returns [states]; `expectedReturn` weighs it with the initial distribution; undefined where that would take more
 *   than `mostBackups`
 */
export function policyEvaluation(
  model: TabularModel,
  policy: ArrayLike<number>,
  horizon: number,
  mostBackups = MOST_BACKUPS,
): Float64Array | undefined {
  const table = tableWithin(model);
  if (table === undefined) return undefined;
  let values = new Float64Array(table.states);
  const pairs = table.states * table.actions;
  for (let step = 0; step < horizon; step++) {
    if (step * table.sweepCost > mostBackups) return undefined;
    const restart = restartValue(table, values);
    const next = new Float64Array(table.states);
    for (let pair = 0; pair < pairs; pair++) {
      if (policy[pair] === 0) continue;
      next[Math.floor(pair / table.actions)] += policy[pair] * backup(table, pair, values, restart, 1);
    }
    const settled = next.every((value, state) => value === values[state]);
    values = next;
    if (settled) break;
  }
  return values;
}

/**
 * Expected undiscounted return of an episode under a stationary policy, from the initial distribution; undefined where
 * that would take more than `MOST_BACKUPS`.
 */
export function expectedReturn(
  model: TabularModel,
  policy: ArrayLike<number>,
  horizon: number,
): number | undefined {
  const values = policyEvaluation(model, policy, horizon);
  return values && expected(model.initial, values);
}

/**
 * The discounted optimum without a time limit. [Sutton & Barto 2018, §4.4]
 *
 * @param gamma in [0, 1); 1 only where every policy ends
 * @param tolerance stop when no value changes by more
 * @returns values [states] and a deterministic greedy policy [states, actions]; of equal actions the first
 */
export function valueIteration(
  model: TabularModel,
  gamma: number,
  tolerance = 1e-12,
): { values: Float64Array; policy: Float64Array } {
  const table = asTable(model);
  const values = new Float64Array(table.states);
  const greedy = new Int32Array(table.states);
  let change = Number.POSITIVE_INFINITY;
  while (change > tolerance) {
    change = 0;
    const restart = restartValue(table, values);
    for (let state = 0; state < table.states; state++) {
      let best = Number.NEGATIVE_INFINITY;
      for (let action = 0; action < table.actions; action++) {
        const pair = state * table.actions + action;
        if (!table.allows(pair)) continue;
        const value = backup(table, pair, values, restart, gamma);
        // Values that differ by rounding alone are equal, or the policy would be an accident.
        if (value > best + 1e-12) {
          best = value;
          greedy[state] = action;
        }
      }
      change = Math.max(change, Math.abs(best - values[state]));
      values[state] = best;
    }
  }
  const policy = new Float64Array(table.states * table.actions);
  for (let state = 0; state < table.states; state++) policy[state * table.actions + greedy[state]] = 1;
  return { values, policy };
}

function expected(initial: Float64Array, values: Float64Array): number {
  return initial.reduce(
    (sum, probability, state) => sum + (probability > 0 ? probability * values[state] : 0),
    0,
  );
}
