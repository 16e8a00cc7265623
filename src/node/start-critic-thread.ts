import { availableParallelism } from 'node:os';
import type { Worker } from 'node:worker_threads';
import { startThread } from './start-thread.ts';

/** Starts a thread for a training's critic; it loads meanwhile, and waits for what it is to serve. */
export function startCriticThread(): Worker {
  // It makes next to no garbage: a small space for new objects saves 2 MB.
  const resourceLimits = { maxYoungGenerationSizeMb: 1 };
  const worker = startThread(new URL('critic-worker.js', import.meta.url), { resourceLimits });
  // A run that ends by an error must not be kept alive by its thread.
  worker.unref();
  return worker;
}

/**
 * The same before it is known whether it is wanted, so that it loads while the config is read: a tenth of a second that
 * nothing then waits for. The caller ends it where it is not. None where one core only would run both.
 */
export function prepareCriticThread(): Worker | undefined {
  return availableParallelism() > 1 ? startCriticThread() : undefined;
}
