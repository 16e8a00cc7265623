import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex } from '@noble/hashes/utils.js';
import type { Config } from '../../config/schema.ts';
import type { Engine } from '../../network/network.ts';
import type { SecondThread } from '../../parallel/executor.ts';
import type { LedgerRow } from '../../row/ledger.ts';
import type { WrittenRow } from '../../row/metrics.ts';
import { parameterBytes } from '../../run/policy-file.ts';
import { branchedState } from '../../train/branch.ts';
import type { Standstill } from '../../train/standstill.ts';
import { createTraining, type Training } from '../../train/training.ts';
import type { TrainingSnapshot } from '../../train/training-state.ts';
import type { Steps } from '../../train/update.ts';
import { definitionOf } from './checked-config.ts';

/** States that are kept of a training at most, to go back to. */
const MOST_KEPT = 32;

/** A state to go back to, and the config that led there. */
interface Kept {
  readonly config: Config;
  readonly snapshot: TrainingSnapshot;
}

/** A training that can be gone back in, and that can go on with other settings. */
export class TabTraining {
  private readonly engine: Engine;
  private readonly second: SecondThread | undefined;
  private config: Config;
  private training: Training;
  /** By their updates. */
  private readonly kept = new Map<number, Kept>();
  /** The update that is made step by step, where one is. */
  private underWay: Steps<WrittenRow> | undefined;
  /** Updates done. */
  update = 0;

  /** @throws UserError where the config asks for what cannot be had */
  constructor(config: Config, engine: Engine, second?: SecondThread) {
    this.engine = engine;
    this.second = second;
    this.config = config;
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

  /** Updates between the states that it can go back to. */
  get every(): number {
    return Math.max(1, Math.ceil(this.updates / MOST_KEPT));
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
    if (this.update % this.every === 0) this.keep();
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
    const snapshot = this.training.snapshot();
    const training = this.create(config);
    training.restore(branchedState(snapshot, this.config, config));
    this.training.dispose();
    this.training = training;
    this.config = config;
    // Where nothing was done yet the beginning is another.
    if (this.update === 0) this.keep();
  }

  /** Goes back to the last state that was kept up to an update, and on with the settings of now. @returns its update */
  rewind(update: number): number {
    const found = Math.max(...[...this.kept.keys()].filter((each) => each <= update));
    const there = this.kept.get(found);
    if (there === undefined) return this.update;
    const { config, snapshot } = there;
    this.training.restore(branchedState(snapshot, config, this.config));
    this.training.drainLedger();
    this.underWay = undefined;
    this.update = found;
    for (const each of this.kept.keys()) if (each > found) this.kept.delete(each);
    return found;
  }

  private create(config: Config): Training {
    return createTraining(config, definitionOf(config), this.engine, this.second);
  }

  private keep(): void {
    const { training, config, update, second } = this;
    // Without checkpoints two threads keep nothing of before the rollout that they collect ahead.
    const canKeep = second === undefined || config.checkpoint !== null;
    if (training.canSnapshot && canKeep) this.kept.set(update, { config, snapshot: training.snapshot() });
  }
}
