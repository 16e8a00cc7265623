import type { Redis } from 'ioredis';
import * as z from '../packages/zod.ts';
import { readEntry } from './entry.ts';
import type { Keys } from './keys.ts';
import type { Scripts } from './scripts.ts';

const studyEntry = z.object({
  name: z.string(),
  host: z.string(),
  leash: z.string(),
  startedAt: z.string(),
  /** Whether runs that no worker had begun were taken out of the queue. */
  isDrained: z.boolean().optional(),
});

/** What is said of a study in Redis. */
export type StudyEntry = Readonly<z.output<typeof studyEntry>>;

/** What is said of a study; undefined: it is not at the queue any more, or what is said of it is damaged. */
export async function studyAt(redis: Redis, keys: Keys, study: string): Promise<StudyEntry | undefined> {
  const text = await redis.hget(keys.studies, study);
  return text === null ? undefined : readEntry(studyEntry, text);
}

/** Token → what is said of each study; undefined where that is damaged. */
export async function listStudies(redis: Redis, keys: Keys): Promise<Map<string, StudyEntry | undefined>> {
  const entries = Object.entries(await redis.hgetall(keys.studies));
  return new Map(entries.map(([token, text]) => [token, readEntry(studyEntry, text)]));
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
