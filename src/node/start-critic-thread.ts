import { availableParallelism } from 'node:os';
import { existsSync } from 'node:fs';
import type { Worker } from 'node:worker_threads';
import { startThread } from './start-thread.ts';

/** Starts a thread for a training's critic; it loads meanwhile, and waits for what it is to serve. */
export function startCriticThread(): CriticWorker {
  const id = new Int32Array(new SharedArrayBuffer(4));
  // It makes next to no garbage: a small space for new objects saves 2 MB.
  const resourceLimits = { maxYoungGenerationSizeMb: 1 };
  const worker = startThread(new URL('critic-worker.js', import.meta.url), {
    resourceLimits,
    workerData: id,
  });
  // A run that ends by an error must not be kept alive by its thread.
  worker.unref();
  let hasFailed = false;
  // Who has need of it then finds it gone; without a listener its error would end the process, and every run in it.
  worker.on('error', ({ message }) => {
    hasFailed = true;
    process.stderr.write(`leash: the thread of the value network: ${message.split('\n')[0]}\n`);
  });
  // Who waits for it hears no event: the system says whether it runs, where it does.
  const isAlive = (): boolean | undefined => {
    if (hasFailed) return false;
    const own = Atomics.load(id, 0);
    return own === 0 ? undefined : existsSync(`/proc/self/task/${own}`);
  };
  return Object.assign(worker, { isAlive });
}

/** The thread, and whether the system still has it: undefined before it began, and where there is no /proc. */
export type CriticWorker = Worker & { isAlive(): boolean | undefined };

/**
 * The same before it is known whether it is wanted, so that it loads while the config is read: a tenth of a second that
 * nothing then waits for. The caller ends it where it is not. None where one core only would run both.
 */
export function prepareCriticThread(): CriticWorker | undefined {
  return availableParallelism() > 1 ? startCriticThread() : undefined;
}
