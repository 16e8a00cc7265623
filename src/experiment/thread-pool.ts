import { SHARE_ENV } from 'node:worker_threads';
import { Piscina } from 'piscina';
import type { HeldFile } from './experiment-lock.ts';
import type { PlannedRun, RunPool, TaskOutcome } from './pool.ts';

/** What a thread is given. */
export interface PoolTask extends PlannedRun {
  /** The experiment's folder as it is held: without it no run of it is begun. */
  readonly held: HeldFile | undefined;
  /** Element 0: not 0 once all have to stop; element `slot`: updates this run has done. */
  readonly shared: Int32Array;
  readonly slot: number;
}

/**
 * Threads of this process, each making one run at a time.
 * @param workers threads, at least 1; they start as they are needed
 */
export function openThreadPool(workers: number): RunPool {
  // From source (tsx, vitest) the worker is TypeScript too, and is required: tsx reads it so.
  const isSource = import.meta.url.endsWith('.ts');
  const pool = new Piscina<PoolTask, TaskOutcome>({
    filename: new URL(isSource ? './worker.ts' : './pool-thread.cjs', import.meta.url).href,
    // What a thread sets, native TensorFlow reads from the process.
    env: SHARE_ENV,
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
            .catch(
              (error: Error): TaskOutcome => ({ status: 'failed', failure: error.message, fault: 'machine' }),
            );
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
