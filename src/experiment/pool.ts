import type { Config } from '../config/schema.ts';
import type { RunOptions } from '../run/run-directory.ts';
import type { HeldFile } from './experiment-lock.ts';

/** One run to make: `root/label/seed-N`. */
export interface PlannedRun {
  readonly root: string;
  readonly label: string;
  /** Its `seed` is the run's. */
  readonly config: Config;
  readonly options?: RunOptions;
  /** Relaxed SIMD. */
  readonly fastMath?: boolean | undefined;
}

/** How a run ended; an interrupted one may not have begun. */
export interface TaskOutcome {
  readonly status: 'completed' | 'failed' | 'interrupted';
  readonly failure: string | null;
  /**
   * Of a failure that is not the run's own: `start`, its environment or engine cannot be had here; `machine`, a disk or a
   * thread let it down. Elsewhere it may come to its end.
   */
  readonly fault?: 'start' | 'machine' | undefined;
}

export interface BatchOptions {
  /** The folder of the experiment whose runs these are; undefined: of none. */
  readonly held: HeldFile | undefined;
  /** Aborting lets every run end its update at hand; those that have not begun don't. */
  readonly signal?: AbortSignal | undefined;
  /** The updates that every run has done, as they go on. */
  readonly onStart?: (updates: () => readonly number[]) => void;
  readonly onEnd?: (index: number, outcome: TaskOutcome) => void;
}

/** What makes runs, on threads of this process or elsewhere; kept from one batch to the next. */
export interface RunPool {
  /**
   * Makes the runs, begun in this order. A run depends on its config alone: the same bytes whatever makes it.
   * @returns the outcomes, in the order of `runs`
   */
  make(runs: readonly PlannedRun[], options: BatchOptions): Promise<TaskOutcome[]>;
  close(): Promise<void>;
}
