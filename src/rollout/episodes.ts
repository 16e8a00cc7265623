import { type MeanState, RunningMean } from '../elementary/mean.ts';
import type { Stateful } from '../elementary/state.ts';

/** The episodes that ended since the last drain; null where there were none. Returns are undiscounted, of raw rewards. */
export interface EpisodeSummary {
  readonly count: number;
  readonly returnMean: number | null;
  readonly returnMin: number | null;
  readonly returnMax: number | null;
  /** Steps. */
  readonly lengthMean: number | null;
}

/** The fields of `Episodes`. */
export type EpisodesState = {
  readonly returns: Float64Array;
  readonly lengths: Int32Array;
  readonly ended: MeanState;
  readonly endedSteps: number;
};

/** Returns and lengths of the running episodes of N copies, and what the ended ones came to. */
export class Episodes implements Stateful<EpisodesState> {
  /** [N]: so far. */
  readonly returns: Float64Array;
  /** [N]: steps so far. */
  readonly lengths: Int32Array;
  /** Returns of the episodes that ended since the last drain. */
  private readonly ended = new RunningMean();
  private endedSteps = 0;

  constructor(copies: number) {
    this.returns = new Float64Array(copies);
    this.lengths = new Int32Array(copies);
  }

  /** The running episode of a copy has ended; the next one begins at 0. */
  end(copy: number): void {
    this.ended.add(this.returns[copy]);
    this.endedSteps += this.lengths[copy];
    this.returns[copy] = 0;
    this.lengths[copy] = 0;
  }

  /** What ended since the last call. */
  drain(): EpisodeSummary {
    const { weight: count, value, least, greatest } = this.ended;
    const summary =
      count === 0
        ? { count, returnMean: null, returnMin: null, returnMax: null, lengthMean: null }
        : {
            count,
            returnMean: value,
            returnMin: least,
            returnMax: greatest,
            lengthMean: this.endedSteps / count,
          };
    this.ended.clear();
    this.endedSteps = 0;
    return summary;
  }

  snapshot(): EpisodesState {
    const { returns, lengths, ended, endedSteps } = this;
    return {
      returns: returns.slice(),
      lengths: lengths.slice(),
      ended: ended.snapshot(),
      endedSteps,
    };
  }

  restore({ returns, lengths, ended, endedSteps }: EpisodesState): void {
    this.returns.set(returns);
    this.lengths.set(lengths);
    this.ended.restore(ended);
    this.endedSteps = endedSteps;
  }
}
