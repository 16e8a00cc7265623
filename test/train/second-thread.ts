import { startCriticThread } from '../../src/node/start-critic-thread.ts';
import type { SecondThread, Threads } from '../../src/parallel/executor.ts';

/** As `createTraining` takes them. */
export function secondThread(threads: Threads): SecondThread | undefined {
  return threads === 1 ? undefined : { threads, start: startCriticThread };
}
