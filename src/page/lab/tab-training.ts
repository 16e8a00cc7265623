import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex } from '@noble/hashes/utils.js';
import type { Config } from '../../config/schema.ts';
import type { StateValue } from '../../elementary/state.ts';
import type { Engine } from '../../network/network.ts';
import type { SecondThread } from '../../parallel/executor.ts';
import type { LedgerRow } from '../../row/ledger.ts';
import type { WrittenRow } from '../../row/metrics.ts';
import { parameterBytes } from '../../run/policy-file.ts';
import { branchedState } from '../../train/branch.ts';
import type { Standstill } from '../../train/standstill.ts';
import { createTraining, type Training } from '../../train/training.ts';
import type { TrainingSnapshot } from '../../train/training-state.ts';
import { definitionOf } from './checked-config.ts';

/** Bytes of the states that are kept of a training, to go back to. */
const MOST_BYTES = 64e6;

/** A state to go back to, and the config that led there. */
interface Kept {
  readonly config: Config;
  readonly snapshot: TrainingSnapshot;
  readonly bytes: number;
}

/** From the end of an update on it went on with a config. */
interface Change {
  readonly update: number;
  readonly config: Config;
}

/**
 * A training that can be gone back in, to the end of any of its updates, and that can go on with other settings. Of each
 * update the state is kept; where all of them are too many bytes, of every second, fourth, … one, and those between are made
 * again from the last that is there.
 */
export class TabTraining {
  private readonly engine: Engine;
  private readonly second: SecondThread | undefined;
  private config: Config;
  private training: Training;
  private readonly mostBytes: number;
  /** By their updates. */
  private readonly kept = new Map<number, Kept>();
  private keptBytes = 0;
  /** Updates from one state that is kept to the next. */
  private every = 1;
  /** In their order, the first at 0. */
  private changes: readonly Change[];
  /** The update that it goes back to, where updates before it are made again. */
  private target = 0;
  /** The update that is made step by step, where one is. */
  private underWay: ReturnType<Training['steps']> | undefined;
  /** Updates done. */
  update = 0;

  /** @throws UserError where the config asks for what cannot be had */
  constructor(config: Config, engine: Engine, second?: SecondThread, mostBytes = MOST_BYTES) {
    this.engine = engine;
    this.second = second;
    this.mostBytes = mostBytes;
    this.config = config;
    this.changes = [{ update: 0, config }];
    this.training = this.create(config);
    this.keep();
  }

  /** Of the whole run. */
  get updates(): number {
    return this.training.updates;
  }

  get isDone(): boolean {
    return this.update >= this.updates;
  }

  /** Whether anything is kept of it: not where two threads train and there are no checkpoints. */
  get canGoBack(): boolean {
    return this.kept.size > 0;
  }

  /** Whether updates that were made before are made again, on the way back to one of them. */
  get isGoingBack(): boolean {
    return this.update < this.target;
  }

  /** Whether it stands still in the middle of an update. */
  get isUnderWay(): boolean {
    return this.underWay !== undefined;
  }

  /**
   * One gradient step of PPO, or one try of TRPO's line search, of the update under way or the next one.
   * @returns the row where the update came to its end instead: there is no step any more
   * @throws NonFiniteError
   */
  step(): WrittenRow | undefined {
    this.underWay ??= this.training.steps();
    const { done, value } = this.underWay.next();
    if (!done) return undefined;
    this.underWay = undefined;
    this.update += 1;
    this.keep();
    const change = this.changes.find(({ update }) => update === this.update);
    if (change !== undefined) this.goOn(this.config, this.training.snapshot(), change.config);
    return value;
  }

  /** One update, or what is left of it. @throws NonFiniteError */
  next(): WrittenRow {
    for (;;) {
      const row = this.step();
      if (row !== undefined) return row;
    }
  }

  /** The policy as it is in the middle of an update. */
  standstill(): Standstill {
    return this.training.standstill();
  }

  /** The gradient steps since the last call; none without a ledger. */
  drainSteps(): LedgerRow[] {
    return this.training.drainLedger();
  }

  /** Of the parameters as they are now. */
  sha256(): string {
    return bytesToHex(sha256(parameterBytes(this.training.stored())));
  }

  /** Between two updates: goes on from here with another config of the same networks and rollout, as `leash train --from` does. */
  change(config: Config): void {
    this.goOn(this.config, this.training.snapshot(), config);
    this.changes = [
      ...this.changes.filter(({ update }) => update < this.update),
      { update: this.update, config },
    ];
    // Where nothing was done yet the beginning is another.
    if (this.update === 0) this.keep();
  }

  /**
   * Goes back to the end of an update, 0: to the beginning, and on from there with the settings of now. As long as it is going back, updates
   * are to be made: those that lead there again.
   */
  rewind(update: number): void {
    const { config } = this;
    const found = [...this.kept].findLast(([each]) => each <= update);
    if (found === undefined) return;
    const [from, { config: before, snapshot }] = found;
    this.changes = [...this.changes.filter((each) => each.update < update), { update, config }];
    const next = this.changes.findLast((each) => each.update <= from) as Change;
    this.goOn(before, snapshot, next.config);
    this.training.drainLedger();
    this.underWay = undefined;
    this.update = from;
    this.target = update;
    for (const each of this.kept.keys()) if (each > from) this.drop(each);
  }

  /** Goes on from a state. @param before the config that led there */
  private goOn(before: Config, snapshot: TrainingSnapshot, config: Config): void {
    if (config !== this.config) {
      const training = this.create(config);
      this.training.dispose();
      this.training = training;
      this.config = config;
    }
    this.training.restore(branchedState(snapshot, before, config));
  }

  private create(config: Config): Training {
    return createTraining(config, definitionOf(config), this.engine, this.second);
  }

  private keep(): void {
    const { training, config, update, second } = this;
    // Without checkpoints two threads keep nothing of before the rollout that they collect ahead.
    const canKeep = training.canSnapshot && (second === undefined || config.checkpoint !== null);
    if (!canKeep || update % this.every !== 0) return;
    this.drop(update);
    const snapshot = training.snapshot();
    const bytes = bytesOf(snapshot);
    this.kept.set(update, { config, snapshot, bytes });
    this.keptBytes += bytes;
    // The beginning is always kept.
    while (this.keptBytes > this.mostBytes && this.kept.size > 1) {
      this.every *= 2;
      for (const each of this.kept.keys()) if (each % this.every !== 0) this.drop(each);
    }
  }

  private drop(update: number): void {
    this.keptBytes -= this.kept.get(update)?.bytes ?? 0;
    this.kept.delete(update);
  }
}

/** Of the numbers of a state. */
function bytesOf(state: StateValue): number {
  if (ArrayBuffer.isView(state)) return state.byteLength;
  if (state === null || typeof state !== 'object') return 8;
  return Object.values<StateValue>(state).reduce<number>((sum, each) => sum + bytesOf(each), 0);
}
