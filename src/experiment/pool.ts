import { Piscina } from 'piscina';
import type { Config } from '../config/schema.ts';
import type { HeldFile } from './experiment-lock.ts';

/** One run to make: `root/label/seed-N`. */
export interface PlannedRun {
  readonly root: string;
  readonly label: string;
  /** Its `seed` is the run's. */
  readonly config: Config;
}

/** What a thread is given. */
export interface PoolTask extends PlannedRun {
  /** The experiment's folder as it is held: without it no run is begun. */
  readonly held: HeldFile;
  /** Element 0: not 0 once all have to stop; element `slot`: updates this run has done. */
  readonly shared: Int32Array;
  readonly slot: number;
}

/** How a run ended; an interrupted one may not have begun. */
export interface TaskOutcome {
  readonly status: 'completed' | 'failed' | 'interrupted';
  readonly failure: string | null;
}

export interface BatchOptions {
  /** The folder of the experiment whose runs these are. */
  readonly held: HeldFile;
  /** Aborting lets every run end its update at hand; those that have not begun don't. */
  readonly signal?: AbortSignal | undefined;
  /** The updates that every run has done, as they go on. */
  readonly onStart?: (updates: () => readonly number[]) => void;
  readonly onEnd?: (index: number, outcome: TaskOutcome) => void;
}

/** Threads that make runs, kept from one batch to the next. */
export interface RunPool {
  /**
   * Makes the runs in order as threads get free. A run depends on its config alone: the same bytes whatever
   * the number of threads.
   * @returns the outcomes, in the order of `runs`
   */
  make(runs: readonly PlannedRun[], options: BatchOptions): Promise<TaskOutcome[]>;
  close(): Promise<void>;
}

/** @param workers threads, at least 1; they start as they are needed */
export function openPool(workers: number): RunPool {
  // From source (tsx, vitest) the worker is TypeScript too.
  const isSource = import.meta.url.endsWith('.ts');
  const pool = new Piscina<PoolTask, TaskOutcome>({
    filename: new URL(isSource ? './worker.ts' : './worker.js', import.meta.url).href,
    execArgv: isSource ? ['--import', 'tsx'] : [],
    minThreads: 1,
    maxThreads: workers,
    idleTimeout: Number.POSITIVE_INFINITY,
  });
  let poolError: Error | undefined;
  // A thread that dies outside a task is told here; without a listener it would end the process.
  pool.on('error', (error: Error) => {
    poolError = error;
  });
  return {
    async make(runs, { held, signal, onStart, onEnd }) {
      const shared = new Int32Array(new SharedArrayBuffer(4 * (runs.length + 1)));
      const stop = (): void => void Atomics.store(shared, 0, 1);
      if (signal?.aborted) stop();
      signal?.addEventListener('abort', stop);
      onStart?.(() => runs.map((_, i) => Atomics.load(shared, i + 1)));
      const outcomes = await Promise.all(
        runs.map(async (run, index) => {
          const outcome = await pool
            .run({ ...run, held, shared, slot: index + 1 })
            .catch((error: Error): TaskOutcome => ({ status: 'failed', failure: error.message }));
          onEnd?.(index, outcome);
          return outcome;
        }),
      );
      signal?.removeEventListener('abort', stop);
      if (poolError) throw poolError;
      return outcomes;
    },
    close: () => pool.close(),
  };
}

/** Updates that a run will make. */
export function plannedUpdates(config: Config): number {
  return Math.ceil(config.steps / stepsPerUpdate(config));
}

/** T·N: environment steps of one rollout. */
export function stepsPerUpdate(config: Config): number {
  return config.rollout.steps * config.environment.copies;
}
