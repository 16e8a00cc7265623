import { type MeanState, RunningMean } from '../elementary/mean.ts';
import type { Stateful } from '../elementary/state.ts';

/** What an update adds to the curve of returns. */
export interface CurvePoint {
  /** Updates, from the first on, of which the curve is known by now. */
  readonly curveUpdates: number;
  /** Mean over the updates that became known in this one; null where none did. */
  readonly curveReturn: number | null;
}

/** The fields of a `ReturnCurve`. */
export type ReturnCurveState = {
  readonly unknownFrom: Float64Array;
  readonly beganAt: Float64Array;
  readonly waiting: readonly { readonly update: number; readonly mean: MeanState }[];
  readonly longestWait: number;
  readonly updates: number;
  readonly shown: number;
};

/**
 * The curve of returns that a policy which never changes has whatever the number of copies and the length of a
 * rollout. At step t of a copy let R(t) be the return of the first episode that begins at t or later. When it begins is
 * decided before anything of it is known, and it is followed to its end, so for a fixed policy the expectation of R(t) is
 * the expected return, at every t. The curve at an update is the mean of R(t) over the copies and the steps of its
 * rollout. (Episodes counted in the update in which they end favour short ones: at first none but short ones have ended.)
 *
 * The last steps are not known yet, and which of them are depends on their episodes: R(t) of short ones is known first.
 * So the curve is shown up to the longest wait for any R(t) so far before now, the waits that still go on included.
 *
 * Each copy costs a few numbers and each episode a few additions.
 */
export class ReturnCurve implements Stateful<ReturnCurveState> {
  private readonly copies: number;
  private readonly rolloutSteps: number;
  /** [N]: first step whose R is not known; step at which the running episode began. */
  private readonly unknownFrom: Float64Array;
  private readonly beganAt: Float64Array;
  /** Index of an update that is not shown yet, from 0 → mean of the R(t) of its rollout that are known. */
  private readonly waiting = new Map<number, RunningMean>();
  private longestWait = 0;
  private updates = 0;
  private shown = 0;

  /** @param rolloutSteps steps of each copy in an update */
  constructor(copies: number, rolloutSteps: number) {
    this.copies = copies;
    this.rolloutSteps = rolloutSteps;
    this.unknownFrom = new Float64Array(copies);
    this.beganAt = new Float64Array(copies);
  }

  /** @param length steps of the episode that ended in this copy; the next one has begun */
  ended(copy: number, episodeReturn: number, length: number): void {
    const [from, began] = [this.unknownFrom[copy], this.beganAt[copy]];
    const { rolloutSteps: T } = this;
    // It is R(t) of every t after the beginning of the episode before it, up to its own.
    for (let t = from; t <= began; ) {
      const update = Math.floor(t / T);
      const next = Math.min((update + 1) * T, began + 1);
      const mean = this.waiting.get(update) ?? new RunningMean();
      mean.add(episodeReturn, next - t);
      this.waiting.set(update, mean);
      t = next;
    }
    this.longestWait = Math.max(this.longestWait, began + length - from);
    this.unknownFrom[copy] = began + 1;
    this.beganAt[copy] = began + length;
  }

  /** The episodes that run are given up, and others begin: they are R(t) of what those given up were to be. */
  restart(): void {
    this.beganAt.fill(this.updates * this.rolloutSteps);
  }

  /** To be called at the end of each rollout. */
  drain(): CurvePoint {
    this.updates += 1;
    const now = this.updates * this.rolloutSteps;
    let unknown = now;
    for (let copy = 0; copy < this.copies; copy++) unknown = Math.min(unknown, this.unknownFrom[copy]);
    const wait = Math.max(this.longestWait, now - unknown + 1);
    const known = new RunningMean();
    // R(t) is shown where t + wait ≤ now, of whole rollouts.
    while ((this.shown + 1) * this.rolloutSteps <= now - wait + 1) {
      known.add((this.waiting.get(this.shown) as RunningMean).value);
      this.waiting.delete(this.shown);
      this.shown += 1;
    }
    return { curveUpdates: this.shown, curveReturn: known.weight === 0 ? null : known.value };
  }

  snapshot(): ReturnCurveState {
    const { longestWait, updates, shown } = this;
    return {
      unknownFrom: this.unknownFrom.slice(),
      beganAt: this.beganAt.slice(),
      waiting: [...this.waiting].map(([update, mean]) => ({ update, mean: mean.snapshot() })),
      ...{ longestWait, updates, shown },
    };
  }

  restore(state: ReturnCurveState): void {
    this.unknownFrom.set(state.unknownFrom);
    this.beganAt.set(state.beganAt);
    this.waiting.clear();
    for (const { update, mean } of state.waiting) {
      const known = new RunningMean();
      known.restore(mean);
      this.waiting.set(update, known);
    }
    ({ longestWait: this.longestWait, updates: this.updates, shown: this.shown } = state);
  }
}
