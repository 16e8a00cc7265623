import type { Queue } from 'bullmq';
import { counted } from '../elementary/thousands.ts';
import { UserError } from '../user-error.ts';
import { LEASH_VERSION } from '../version.ts';
import type { Connection } from './connection.ts';
import { keysOf } from './keys.ts';
import { openQueue } from './open-queue.ts';
import { listStudies, removeStudy, type StudyEntry } from './studies.ts';
import { KEPT, scriptsOf } from './scripts.ts';
import type { JobData } from './task.ts';
import { listWorkers, type WorkerEntry } from './workers.ts';

/** What is at a queue. */
export interface QueueStatus {
  readonly isPaused: boolean;
  /** Of this leash. */
  readonly runs: { readonly waiting: number; readonly active: number; readonly delayed: number };
  /** That which was called first is first. */
  readonly studies: readonly (StudyEntry & {
    readonly token: string;
    /** Runs that it waits for. */
    readonly awaited: number;
    /** What is said of it cannot be read; its name is its token then. */
    readonly isDamaged?: true;
  })[];
  readonly workers: readonly WorkerEntry[];
}

export async function statusOf(connection: Connection): Promise<QueueStatus> {
  const { redis, prefix } = connection;
  const keys = keysOf(prefix);
  const queue = await openQueue(connection);
  const counts = await queue.getJobCounts('waiting', 'prioritized', 'active', 'delayed');
  const studies = [];
  for (const [token, entry] of await listStudies(redis, keys))
    studies.push({
      token,
      ...(entry ?? { name: token, host: '?', leash: '?', startedAt: '?', isDamaged: true as const }),
      awaited: await redis.scard(keys.runsOf(token)),
    });
  return {
    isPaused: await queue.isPaused(),
    runs: {
      waiting: (counts.waiting ?? 0) + (counts.prioritized ?? 0),
      active: counts.active ?? 0,
      delayed: counts.delayed ?? 0,
    },
    studies: studies.sort((a, b) => (a.startedAt < b.startedAt ? -1 : 1)),
    workers: await listWorkers(redis, keys),
  };
}

/** No worker begins a run until it is told to; those that are being made go on. @returns one line */
export async function setPaused(connection: Connection, isPaused: boolean): Promise<string> {
  const queue = await openQueue(connection);
  if (isPaused) await queue.pause();
  else await queue.resume();
  return isPaused
    ? 'paused: no worker begins a run until leash queue pause --off; those that are being made go on'
    : 'runs are begun again';
}

/**
 * Takes a study out of the queue: its runs are not made any more, but for those that another study waits for.
 * @param name of the study, or its token
 * @returns one line
 * @throws UserError where there is none, or several
 */
export async function cancelStudy(connection: Connection, name: string): Promise<string> {
  const { redis } = connection;
  const keys = keysOf(connection.prefix);
  const { studies } = await statusOf(connection);
  const named = studies.filter((each) => each.name === name || each.token === name);
  const known = studies.map((each) => each.name).join(', ') || 'none';
  if (named.length === 0) throw new UserError(`there is no study ${name} at the queue; there is ${known}`);
  if (named.length > 1)
    throw new UserError(
      `${named.length} studies are called ${name}: say which, by ${named.map(({ token, host }) => `${token} (${host})`).join(' or ')}`,
    );
  const [{ token, awaited }] = named as [(typeof named)[number]];
  await redis.set(keys.cancelled(token), '1', 'EX', KEPT);
  const unwanted = await removeStudy(redis, keys, scriptsOf(redis, keys), token);
  await redis.zadd(keys.newsOf(token), 0, '!');
  await redis.expire(keys.newsOf(token), KEPT);
  await removeJobs(await openQueue(connection), unwanted);
  const shared = awaited - unwanted.length;
  const others = shared > 0 ? `; another study waits for ${shared} of them: made all the same` : '';
  return `${name}: ${counted(awaited, 'run')} cancelled${others}`;
}

/** Whoever makes one of them is told by a message, or by its next write. */
async function removeJobs(queue: Queue<JobData>, ids: readonly string[]): Promise<void> {
  for (const id of ids) await queue.remove(id).catch(() => 0);
}

/**
 * Takes every run out of the queue that no worker has begun; those that are being made come to their end.
 * @returns one line
 */
export async function drain(connection: Connection): Promise<string> {
  const { redis } = connection;
  const keys = keysOf(connection.prefix);
  const before = await statusOf(connection);
  for (const { token, awaited: _awaited, ...entry } of before.studies)
    if (entry.leash === LEASH_VERSION)
      await redis.hset(keys.studies, token, JSON.stringify({ ...entry, isDrained: true }));
  await (await openQueue(connection)).drain(true);
  for (const { token } of before.studies) await redis.zadd(keys.newsOf(token), 0, '!');
  const { waiting, delayed, active } = before.runs;
  return `${counted(waiting + delayed, 'run')} taken out of the queue; ${counted(active, 'run')} being made; their studies end without the others, and go on when they are called again`;
}
