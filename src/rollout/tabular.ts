import type { Random } from '../random/random.ts';
import type { TabularModel, TabularTransition } from './environment.ts';

/** A finite MDP in flat arrays: entries offsets[s·A + a] … offsets[s·A + a + 1] belong to (s, a). */
export class Table implements TabularModel {
  readonly states: number;
  readonly actions: number;
  readonly initial: Float64Array;
  readonly grid?: NonNullable<TabularModel['grid']>;
  readonly offsets: Int32Array;
  readonly probability: Float64Array;
  /** Running sums of `probability` within each (s, a). */
  readonly cumulative: Float64Array;
  readonly next: Int32Array;
  readonly reward: Float64Array;
  readonly terminated: Uint8Array;
  private readonly initialCumulative: Float64Array;

  constructor(model: TabularModel) {
    this.states = model.states;
    this.actions = model.actions;
    this.initial = model.initial;
    if (model.grid) this.grid = model.grid;
    this.offsets = new Int32Array(model.states * model.actions + 1);
    const entries: TabularTransition[] = [];
    for (let pair = 0; pair < model.states * model.actions; pair++) {
      entries.push(...model.transitions(Math.floor(pair / model.actions), pair % model.actions));
      this.offsets[pair + 1] = entries.length;
    }
    this.probability = Float64Array.from(entries, (entry) => entry.probability);
    this.next = Int32Array.from(entries, (entry) => entry.next);
    this.reward = Float64Array.from(entries, (entry) => entry.reward);
    this.terminated = Uint8Array.from(entries, (entry) => (entry.terminated ? 1 : 0));
    this.cumulative = new Float64Array(entries.length);
    for (let pair = 0; pair + 1 < this.offsets.length; pair++) {
      let sum = 0;
      for (let k = this.offsets[pair]; k < this.offsets[pair + 1]; k++) {
        sum += this.probability[k];
        this.cumulative[k] = sum;
      }
    }
    let sum = 0;
    this.initialCumulative = this.initial.map((probability) => (sum += probability));
  }

  transitions(state: number, action: number): TabularTransition[] {
    const entries: TabularTransition[] = [];
    const pair = state * this.actions + action;
    for (let k = this.offsets[pair]; k < this.offsets[pair + 1]; k++) {
      entries.push({
        probability: this.probability[k],
        next: this.next[k],
        reward: this.reward[k],
        terminated: this.terminated[k] === 1,
      });
    }
    return entries;
  }

  /** Draws the entry that follows (state, action): an index into next, reward and terminated. One draw if there is a choice. */
  sample(state: number, action: number, random: Random): number {
    const pair = state * this.actions + action;
    const last = this.offsets[pair + 1] - 1;
    let k = this.offsets[pair];
    if (k === last) return k;
    const u = random.uniform();
    // The last entry takes what rounding left of the sum.
    while (k < last && u >= this.cumulative[k]) k++;
    return k;
  }

  sampleInitial(random: Random): number {
    const u = random.uniform();
    let state = 0;
    while (state < this.states && u >= this.initialCumulative[state]) state++;
    if (state < this.states) return state;
    // Rounding left the sum below u: the last state that can be a start.
    return this.initial.findLastIndex((probability) => probability > 0);
  }
}

/** Σ over the entries of (s, a) of p·(r + γ·(1 − terminated)·V(next)): the Bellman backup of one pair. */
function backup(table: Table, pair: number, values: Float64Array, gamma: number): number {
  let sum = 0;
  for (let k = table.offsets[pair]; k < table.offsets[pair + 1]; k++) {
    const future = table.terminated[k] ? 0 : gamma * values[table.next[k]];
    sum += table.probability[k] * (table.reward[k] + future);
  }
  return sum;
}

function asTable(model: TabularModel): Table {
  return model instanceof Table ? model : new Table(model);
}

/**
 * Best expected undiscounted return of an episode of at most `horizon` steps, by backward induction: exact,
 * reached by a policy that may look at the clock. [Puterman, Markov Decision Processes, §4.3]
 */
export function optimalReturn(model: TabularModel, horizon: number): number {
  const table = asTable(model);
  let values = new Float64Array(table.states);
  for (let step = 0; step < horizon; step++) {
    const better = new Float64Array(table.states);
    for (let state = 0; state < table.states; state++) {
      let best = Number.NEGATIVE_INFINITY;
      for (let action = 0; action < table.actions; action++) {
        best = Math.max(best, backup(table, state * table.actions + action, values, 1));
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
 * Expected undiscounted return from every state under a stationary policy, within `horizon` steps: exact.
 *
 * @param policy [states, actions], π(a|s)
 * @returns [states]; `expectedReturn` weighs it with the initial distribution
 */
export function policyEvaluation(
  model: TabularModel,
  policy: ArrayLike<number>,
  horizon: number,
): Float64Array {
  const table = asTable(model);
  let values = new Float64Array(table.states);
  for (let step = 0; step < horizon; step++) {
    const next = new Float64Array(table.states);
    for (let pair = 0; pair < table.states * table.actions; pair++) {
      if (policy[pair] === 0) continue;
      next[Math.floor(pair / table.actions)] += policy[pair] * backup(table, pair, values, 1);
    }
    const settled = next.every((value, state) => value === values[state]);
    values = next;
    if (settled) break;
  }
  return values;
}

/** Expected undiscounted return of an episode under a stationary policy, from the initial distribution. */
export function expectedReturn(model: TabularModel, policy: ArrayLike<number>, horizon: number): number {
  return expected(model.initial, policyEvaluation(model, policy, horizon));
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
    for (let state = 0; state < table.states; state++) {
      let best = Number.NEGATIVE_INFINITY;
      for (let action = 0; action < table.actions; action++) {
        const value = backup(table, state * table.actions + action, values, gamma);
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
