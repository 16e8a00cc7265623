import { join } from 'node:path';
import type { Timing } from '../row/timing.ts';
import { FollowedRows } from '../run/follow-rows.ts';
import { takeTimings } from '../run/read-rows.ts';

/** What a look at the clock of a run found. */
export interface ClockLook {
  /** Row from which on seconds are known that were not; as many as there are rows where none are. */
  readonly from: number;
  /** Whether what was known before is no more. */
  readonly isAnew: boolean;
  readonly hasMore: boolean;
}

/** The seconds of each row of a run, which are written to a file of their own a moment after the row. */
export class FollowedClock {
  /** Of each row since the start of training; null where they are not known, or not yet. */
  readonly seconds: (number | null)[] = [];
  private readonly file: FollowedRows<Timing>;
  /** Rows before this one have their seconds, or never will. */
  private settled = 0;
  /** What was read and has no row yet. */
  private waiting: Timing[] = [];

  constructor(path: string) {
    this.file = new FollowedRows(join(path, 'timing.jsonl'), takeTimings);
  }

  get damage(): string | undefined {
    return this.file.damage;
  }

  /** @param updates of all rows, ascending */
  look(updates: readonly number[], isGrowing: boolean): ClockLook {
    const { rows, isAnew, hasMore } = this.file.look(isGrowing);
    const isLost = isAnew && this.seconds.some((each) => each !== null);
    if (isAnew) this.forget();
    for (let at = this.seconds.length; at < updates.length; at++) this.seconds.push(null);
    this.waiting = this.waiting.concat(rows);
    return { from: this.place(updates), isAnew: isLost, hasMore };
  }

  private forget(): void {
    this.seconds.length = 0;
    this.settled = 0;
    this.waiting = [];
  }

  private place(updates: readonly number[]): number {
    let first = updates.length;
    let taken = 0;
    while (this.settled < updates.length && taken < this.waiting.length) {
      const { update, seconds } = this.waiting[taken];
      const own = updates[this.settled];
      if (own === update) {
        this.seconds[this.settled] = seconds;
        first = Math.min(first, this.settled);
      }
      if (own <= update) this.settled += 1;
      if (update <= own) taken += 1;
    }
    this.waiting = this.waiting.slice(taken);
    return first;
  }
}
