import type { Queue } from 'bullmq';
import { LEASH_VERSION } from '../version.ts';
import type { Connection } from './connection.ts';
import { keysOf } from './keys.ts';
import { loadBullmq } from './packages.ts';
import type { JobData } from './task.ts';

/** The queue of runs of this leash. */
export async function openQueue({ redis, prefix }: Connection): Promise<Queue<JobData>> {
  const { Queue } = await loadBullmq();
  const queue = new Queue<JobData>(keysOf(prefix).queue(LEASH_VERSION), { connection: redis, prefix });
  // The connection's own listeners tell of it.
  queue.on('error', () => {});
  return queue;
}
