import type { Redis } from 'ioredis';
import type { Keys } from './keys.ts';
import type { Scripts } from './scripts.ts';

/** What is said of a study in Redis. */
export interface StudyEntry {
  readonly name: string;
  readonly host: string;
  readonly leash: string;
  readonly startedAt: string;
  /** Whether runs that no worker had begun were taken out of the queue. */
  readonly isDrained?: boolean;
}

/** What is said of a study; undefined: it is not at the queue any more. */
export async function studyAt(redis: Redis, keys: Keys, study: string): Promise<StudyEntry | undefined> {
  const text = await redis.hget(keys.studies, study);
  return text === null ? undefined : (JSON.parse(text) as StudyEntry);
}

/** Takes away all that a study still waits for. @returns the runs that nobody waits for now */
export async function removeStudy(
  redis: Redis,
  keys: Keys,
  scripts: Scripts,
  study: string,
): Promise<string[]> {
  const unwanted: string[] = [];
  for (const id of await redis.smembers(keys.runsOf(study)))
    if ((await scripts.leave(keys.run(id), study)) === 0) unwanted.push(id);
  await redis.hdel(keys.studies, study);
  await redis.del(keys.runsOf(study), keys.newsOf(study));
  return unwanted;
}
