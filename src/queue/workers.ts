import type { Redis } from 'ioredis';
import { hostname } from 'node:os';
import * as z from '../packages/zod.ts';
import { counted } from '../elementary/thousands.ts';
import { LEASH_VERSION } from '../version.ts';
import { readEntry } from './entry.ts';
import type { Keys } from './keys.ts';

const workerEntry = z.object({
  /** `process 12 on host` */
  name: z.string(),
  leash: z.string(),
  /** Runs at once. */
  concurrency: z.int(),
});

/** A worker as others see it. */
export type WorkerEntry = Readonly<z.output<typeof workerEntry>>;

/** ms after which a worker that was not heard of is gone. */
const SILENCE = 45_000;
/** ms between two signs of life. */
export const SIGN_EVERY = 10_000;

export function workerHere(concurrency: number): WorkerEntry {
  return { name: `process ${process.pid} on ${hostname()}`, leash: LEASH_VERSION, concurrency };
}

/** A sign of life. */
export async function signOn(redis: Redis, keys: Keys, worker: WorkerEntry): Promise<void> {
  await redis.zadd(keys.workers, await timeAt(redis), JSON.stringify(worker));
}

/** ms by the server's clock: those of machines may be hours apart. */
async function timeAt(redis: Redis): Promise<number> {
  const [seconds, microseconds] = (await redis.time()).map(Number) as [number, number];
  return 1000 * seconds + Math.floor(microseconds / 1000);
}

export async function signOff(redis: Redis, keys: Keys, worker: WorkerEntry): Promise<void> {
  await redis.zrem(keys.workers, JSON.stringify(worker));
}

/** Those that were heard of lately; an entry that is no worker's is left out. */
export async function listWorkers(redis: Redis, keys: Keys): Promise<WorkerEntry[]> {
  await redis.zremrangebyscore(keys.workers, '-inf', String((await timeAt(redis)) - SILENCE));
  const members = await redis.zrange(keys.workers, 0, '-1');
  return members.map((each) => readEntry(workerEntry, each)).filter((each) => each !== undefined);
}

/** Who makes runs of this leash, one line. */
export async function describeWorkers(redis: Redis, keys: Keys): Promise<string> {
  const workers = await listWorkers(redis, keys);
  const own = workers.filter(({ leash }) => leash === LEASH_VERSION);
  const others = [...new Set(workers.filter((each) => !own.includes(each)).map(({ leash }) => leash))];
  const runs = own.reduce((sum, { concurrency }) => sum + concurrency, 0);
  const refused =
    others.length === 0
      ? ''
      : `; those of leash ${others.sort().join(', ')} make no runs of ${LEASH_VERSION}`;
  return own.length === 0
    ? `no worker of leash ${LEASH_VERSION} is at the queue yet: leash worker --queue … starts one${refused}`
    : `${counted(own.length, 'worker')} at the queue, ${counted(runs, 'run')} at once${refused}`;
}
