import { thousands } from '../elementary/thousands.ts';
import type { Random } from '../random/random.ts';
import {
  type Enumerated,
  EnvironmentError,
  RESTART,
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

export function asTable(model: TabularModel): Table {
  return model instanceof Table ? model : new Table(model);
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
