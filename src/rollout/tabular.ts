import { thousands } from '../elementary/thousands.ts';
import type { Random } from '../random/random.ts';
import {
  type Enumerated,
  EnvironmentError,
  RESTART,
  type ReturnBounds,
  type TabularModel,
  type TabularTransition,
  type Transition,
} from './environment.ts';
import { nameOfTable, requireTable, requireTransitions } from './table-contract.ts';

/** Entries of a table: half a gigabyte, built in seconds. */
const MOST_ENTRIES = 20_000_000;

/** A table that is too large to be written out. */
export class TableSizeError extends EnvironmentError {
  /** @param what it has too many of */
  constructor(what: string, most: number) {
    super(`the table of the environment ${what}; at most ${thousands(most)} are written out`);
  }
}

/** Entries that are added one after the other: as objects they would take three times the memory. */
class Entries {
  count = 0;
  probability = new Float64Array(64);
  next = new Int32Array(64);
  reward = new Float64Array(64);
  terminated = new Uint8Array(64);
  private readonly most: number;

  constructor(most: number) {
    this.most = most;
  }

  add({ probability, next, reward, terminated }: TabularTransition): void {
    const { count, most } = this;
    if (count === most) throw new TableSizeError(`has more than ${thousands(most)} transitions`, most);
    if (count === this.next.length) this.grow(Math.min(most, 2 * count));
    this.probability[count] = probability;
    this.next[count] = next;
    this.reward[count] = reward;
    this.terminated[count] = terminated ? 1 : 0;
    this.count += 1;
  }

  private grow(length: number): void {
    this.probability = longer(this.probability, new Float64Array(length));
    this.next = longer(this.next, new Int32Array(length));
    this.reward = longer(this.reward, new Float64Array(length));
    this.terminated = longer(this.terminated, new Uint8Array(length));
  }
}

function longer<Numbers extends Float64Array | Int32Array | Uint8Array>(from: Numbers, to: Numbers): Numbers {
  to.set(from);
  return to;
}

/**
 * A finite MDP in flat arrays: entries offsets[s·A + a] … offsets[s·A + a + 1] belong to (s, a). A way back to any of
 * many starts is one entry, `RESTART`: written out, cliffs times starts would be gigabytes on a map of 200 × 200.
 */
export class Table implements TabularModel {
  readonly name?: string;
  readonly states: number;
  readonly actions: number;
  readonly initial: Float64Array;
  readonly masks?: Uint8Array;
  readonly grid?: NonNullable<TabularModel['grid']>;
  readonly offsets: Int32Array;
  readonly probability: Float64Array;
  /** A state or `RESTART`. */
  readonly next: Int32Array;
  readonly reward: Float64Array;
  readonly terminated: Uint8Array;
  /** The states in which an episode can start. */
  readonly starts: Int32Array;
  private readonly initialCumulative: Float64Array;

  /**
   * @param most entries
   * @throws TableSizeError, EnvironmentError for what is no table
   */
  constructor(model: TabularModel, most = MOST_ENTRIES) {
    if (model.states * model.actions > most)
      throw new TableSizeError(
        `has ${thousands(model.states)} states × ${thousands(model.actions)} actions`,
        most,
      );
    requireTable(model);
    if (model.name !== undefined) this.name = model.name;
    this.states = model.states;
    this.actions = model.actions;
    this.initial = model.initial;
    if (model.grid) this.grid = model.grid;
    if (model.masks) this.masks = model.masks;
    this.offsets = new Int32Array(model.states * model.actions + 1);
    const entries = new Entries(most);
    for (let pair = 0; pair < model.states * model.actions; pair++) {
      for (const entry of requireTransitions(model, Math.floor(pair / model.actions), pair % model.actions))
        entries.add(entry);
      this.offsets[pair + 1] = entries.count;
    }
    this.probability = entries.probability.slice(0, entries.count);
    this.next = entries.next.slice(0, entries.count);
    this.reward = entries.reward.slice(0, entries.count);
    this.terminated = entries.terminated.slice(0, entries.count);
    this.starts = Int32Array.from(this.initial.keys()).filter((state) => this.initial[state] > 0);
    let sum = 0;
    this.initialCumulative = this.initial.map((probability) => (sum += probability));
    this.requireWays(nameOfTable(model));
  }

  /** @throws EnvironmentError where nothing follows what may be done in a state that episodes come to */
  private requireWays(name: string): void {
    const { states, actions, offsets } = this;
    const isDead = (pair: number): boolean => offsets[pair] === offsets[pair + 1] && this.allows(pair);
    let chooses: boolean[] | undefined;
    for (let pair = 0; pair < states * actions; pair++) {
      if (!isDead(pair)) continue;
      chooses ??= choices(this);
      const state = Math.floor(pair / actions);
      if (chooses[state])
        throw new EnvironmentError(
          `${name}: state ${state}, action ${pair % actions}: transitions gives none, and episodes come to this state`,
        );
    }
  }

  /** What a sweep over all pairs costs, in pairs of three ways each: as many as slippery ground has. */
  get sweepCost(): number {
    return Math.max(this.states * this.actions, this.next.length / 3);
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

  /** Whether an action may be taken in its state. @param pair state·A + action */
  allows(pair: number): boolean {
    return this.masks?.[pair] !== 0;
  }

  /**
   * What follows (state, action). One draw if there is a choice.
   * @param transition written
   * @returns the next state
   */
  sample(state: number, action: number, random: Random, transition: Transition): number {
    const pair = state * this.actions + action;
    const last = this.offsets[pair + 1] - 1;
    let k = this.offsets[pair];
    let next = this.next[k];
    if (k < last || next === RESTART) {
      const u = random.uniform();
      let sum = 0;
      // The last entry, of restarts the last start, takes what rounding left of the sum.
      for (; ; k++) {
        next = this.next[k];
        if (next === RESTART) {
          const share = this.probability[k] / this.starts.length;
          for (let i = 0; i < this.starts.length && u >= sum; i++) {
            next = this.starts[i];
            sum += share;
          }
        } else sum += this.probability[k];
        if (u < sum || k === last) break;
      }
    }
    transition.reward = this.reward[k];
    transition.terminated = this.terminated[k] === 1;
    return next;
  }

  sampleInitial(random: Random): number {
    const u = random.uniform();
    const sums = this.initialCumulative;
    // Rounding left the sum below u: the last state that can be a start.
    if (!(u < sums[this.states - 1])) return this.starts[this.starts.length - 1];
    let low = 0;
    for (let high = this.states - 1; low < high; ) {
      const middle = (low + high) >>> 1;
      if (u < sums[middle]) high = middle;
      else low = middle + 1;
    }
    return low;
  }
}

/**
 * Why a table is not that of its environment, one sentence: one of the two rules out actions that the other does not.
 * @param isMasked whether the environment has an `actionMask`
 */
export function problemOfMasks(id: string, isMasked: boolean, { masks }: TabularModel): string | undefined {
  if (isMasked === (masks !== undefined)) return undefined;
  return isMasked
    ? `${id} rules out actions (actionMask), which its table does not (masks)`
    : `the table of ${id} rules out actions (masks), which the environment does not (actionMask)`;
}

/** The same of whatever was written out; of sequences nothing may be ruled out but what pads them. */
export function problemOfEnumerated(
  id: string,
  isMasked: boolean,
  found: Enumerated | undefined,
): string | undefined {
  if (found?.kind === 'table') return problemOfMasks(id, isMasked, found.table);
  if (found?.kind !== 'sequences' || !isMasked || found.model.isPadded) return undefined;
  return `${id} rules out actions (actionMask), which its sequences do not`;
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
 * Pairs of state and action that are looked at, over all sweeps, before an exact value is given up: half a minute.
 * Values that settle before the horizon, as without chance, take few sweeps.
 */
export const MOST_BACKUPS = 3e8;

export function asTable(model: TabularModel): Table {
  return model instanceof Table ? model : new Table(model);
}

/** The same, or undefined where it is too large. */
function tableWithin(model: TabularModel): Table | undefined {
  try {
    return asTable(model);
  } catch (cause) {
    if (cause instanceof TableSizeError) return undefined;
    throw cause;
  }
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

/** Whether the agent is ever to choose in a state: an episode starts there or goes on from there. */
export function choices(model: TabularModel): boolean[] {
  const chooses = Array.from(model.initial, (probability) => probability > 0);
  for (let state = 0; state < model.states; state++) {
    for (let action = 0; action < model.actions; action++) {
      if (model.masks?.[state * model.actions + action] === 0) continue;
      for (const { next, terminated, probability } of model.transitions(state, action)) {
        if (probability > 0 && !terminated && next !== RESTART) chooses[next] = true;
      }
    }
  }
  return chooses;
}
