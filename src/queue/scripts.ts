import type { Redis } from 'ioredis';
import { setTimeout } from 'node:timers/promises';
import { refusalIn } from './connection.ts';
import type { Keys, RunKeys } from './keys.ts';

/*
 * What has to happen at once is a script of Redis. A run has one writer at a time: who takes it gets a number greater than
 * all before (its epoch), and what an earlier writer still sends, a worker that was cut off and came back, is refused. Each
 * write also names the count of writes before it (seq), so that a writer notices when Redis lost its last second.
 */

/** Seconds after which what nobody wrote to or asked for is forgotten. */
export const KEPT = 30 * 24 * 3600;

const SHARED = `
local function notify(studies, before, member, ttl)
  local time = redis.call('TIME')
  local score = time[1] * 1000 + math.floor(time[2] / 1000)
  for _, study in ipairs(redis.call('SMEMBERS', studies)) do
    redis.call('ZADD', before .. study .. ':news', score, member)
    redis.call('EXPIRE', before .. study .. ':news', ttl)
  end
end
local function add(state, journal, ...)
  redis.call('HSET', state, 'last', redis.call('XADD', journal, '*', ...))
end
local function dropFiles(state)
  for _, field in ipairs(redis.call('HKEYS', state)) do
    if string.sub(field, 1, 2) == 'f:' then
      redis.call('DEL', state .. ':file:' .. string.sub(field, 3), state .. ':part:' .. string.sub(field, 3))
      redis.call('HDEL', state, field)
    end
  end
end
`;

/** KEYS state journal studies; ARGV ttl, 'new' or '' → ['unwanted' | 'over' | 'taken' | epoch, seq] */
const CLAIM = `
if redis.call('SCARD', KEYS[3]) == 0 then return {'unwanted', 0} end
if redis.call('HEXISTS', KEYS[1], 'end') == 1 then return {'over', 0} end
if ARGV[2] == 'new' and redis.call('HEXISTS', KEYS[1], 'epoch') == 1 then return {'taken', 0} end
local epoch = redis.call('HINCRBY', KEYS[1], 'epoch', 1)
redis.call('EXPIRE', KEYS[1], ARGV[1])
return {tostring(epoch), tonumber(redis.call('HGET', KEYS[1], 'seq') or 0)}
`;

/**
 * KEYS state journal studies; ARGV epoch, seq, ttl, id, what news begin with, operation and what it needs
 * → seq, or -1: another writes, -2: nobody waits for it, -3: Redis is not where the writer thinks
 */
const WRITE = `${SHARED}
local state, journal, studies = KEYS[1], KEYS[2], KEYS[3]
local epoch, seq, ttl, id, before, operation = ARGV[1], ARGV[2], ARGV[3], ARGV[4], ARGV[5], ARGV[6]
if redis.call('SCARD', studies) == 0 then return -2 end
if redis.call('HGET', state, 'epoch') ~= epoch then return -1 end
if tonumber(redis.call('HGET', state, 'seq') or 0) ~= tonumber(seq) then return -3 end
local function keep() for _, key in ipairs(KEYS) do redis.call('EXPIRE', key, ttl) end end
if operation == 'look' then
  keep()
  return tonumber(seq)
end
-- First of all writes: where memory is full it is refused, and nothing is half done. After a first one Redis takes all others.
local count = redis.call('HINCRBY', state, 'seq', 1)
keep()
local file = ARGV[7]
if operation == 'rows' then
  add(state, journal, 'f', file, 'at', ARGV[8], 'u', ARGV[10], 's', ARGV[11], 'd', ARGV[12])
  redis.call('HSET', state, 'f:' .. file, ARGV[9])
elseif operation == 'piece' then
  local part = state .. ':part:' .. file
  if ARGV[8] == '0' then redis.call('DEL', part) end
  if redis.call('LLEN', part) ~= tonumber(ARGV[8]) then return -3 end
  redis.call('RPUSH', part, ARGV[9])
  redis.call('EXPIRE', part, ttl)
  redis.call('HSETNX', state, 'f:' .. file, '')
elseif operation == 'whole' then
  local part = state .. ':part:' .. file
  if redis.call('EXISTS', part) == 0 then return -3 end
  redis.call('RENAME', part, state .. ':file:' .. file)
  redis.call('EXPIRE', state .. ':file:' .. file, ttl)
  redis.call('HSET', state, 'f:' .. file, ARGV[8])
  add(state, journal, 'w', file, 'u', ARGV[9], 's', ARGV[8])
elseif operation == 'gone' then
  redis.call('DEL', state .. ':file:' .. file, state .. ':part:' .. file)
  redis.call('HDEL', state, 'f:' .. file)
  add(state, journal, 'g', file)
elseif operation == 'reset' then
  dropFiles(state)
  redis.call('XTRIM', journal, 'MAXLEN', 0)
  add(state, journal, 'r', '1')
elseif operation == 'end' then
  redis.call('HSET', state, 'end', file)
  add(state, journal, 'e', file)
end
redis.call('EXPIRE', journal, ttl)
if operation ~= 'piece' then notify(studies, before, id, ttl) end
return count
`;

/** KEYS state journal studies, the study's runs and news; ARGV study, id, channel → how many studies still wait for the run */
const LEAVE = `${SHARED}
redis.call('SREM', KEYS[3], ARGV[1])
redis.call('SREM', KEYS[4], ARGV[2])
redis.call('ZREM', KEYS[5], ARGV[2])
local left = redis.call('SCARD', KEYS[3])
if left == 0 then
  -- Those that came to their end are many, and nobody makes them. Refused to this user, the writer's next write tells it.
  if redis.call('HEXISTS', KEYS[1], 'epoch') == 1 and redis.call('HEXISTS', KEYS[1], 'end') == 0 then
    redis.pcall('PUBLISH', ARGV[3], ARGV[2])
  end
  dropFiles(KEYS[1])
  redis.call('DEL', KEYS[1], KEYS[2], KEYS[3])
end
return left
`;

/** KEYS the study's runs, then the studies of each run; ARGV study, ttl, then the id of each: one command for many runs */
const JOIN = `
for i = 2, #KEYS do
  redis.call('SADD', KEYS[i], ARGV[1])
  redis.call('EXPIRE', KEYS[i], ARGV[2])
  redis.call('SADD', KEYS[1], ARGV[i + 1])
end
redis.call('EXPIRE', KEYS[1], ARGV[2])
`;

/**
 * KEYS job and state of each run; ARGV of each the last entry of its journal that was read
 * → numbers from 0 of the runs that have neither job nor end, and of those that have more to read
 */
const LOOK = `
local lost, changed = {}, {}
for i = 1, #KEYS, 2 do
  local at = (i - 1) / 2
  local last = redis.call('HGET', KEYS[i + 1], 'last')
  if last and last ~= ARGV[at + 1] then changed[#changed + 1] = at end
  if redis.call('EXISTS', KEYS[i]) == 0 and redis.call('HEXISTS', KEYS[i + 1], 'end') == 0 then lost[#lost + 1] = at end
end
return {lost, changed}
`;

/** KEYS studies of a run; ARGV ttl, what news begin with, words */
const TELL = `${SHARED}
notify(KEYS[1], ARGV[2], ARGV[3], ARGV[1])
`;

/** What a claim gave. */
export type Claim =
  | { readonly epoch: number; readonly seq: number; readonly refused?: never }
  | { readonly epoch?: never; readonly refused: 'unwanted' | 'over' | 'taken' };

/** A write that was not taken: its writer is not the run's any more, or nobody waits for it. */
export class LostRunError extends Error {
  readonly reason: 'taken over' | 'unwanted';
  constructor(reason: 'taken over' | 'unwanted') {
    super(reason);
    this.reason = reason;
  }
}

type Script = (keys: readonly string[], ...words: readonly (string | number | Buffer)[]) => Promise<unknown>;

/** The scripts as this connection runs them. */
export interface Scripts {
  /** Takes a run. @param isNew only where nobody had it yet */
  claim(run: RunKeys, isNew?: boolean): Promise<Claim>;
  /**
   * @returns the count of writes so far; undefined where Redis is not where the writer thinks
   * @throws LostRunError
   */
  write(
    run: RunKeys,
    epoch: number,
    seq: number,
    operation: 'look' | 'rows' | 'piece' | 'whole' | 'gone' | 'reset' | 'end',
    ...words: readonly (string | number | Buffer)[]
  ): Promise<number | undefined>;
  /** A study has a run, or wants it no more. @returns how many still wait for it */
  leave(run: RunKeys, study: string): Promise<number>;
  /** A study waits for runs. @throws Error where Redis has no room: that is not tried again */
  join(runs: readonly RunKeys[], study: string): Promise<void>;
  /**
   * @param jobs the key of each run's job
   * @param positions the last entry of each one's journal that was read
   * @returns the places of those that have neither job nor end, and of those that have more to read
   */
  look(
    runs: readonly RunKeys[],
    jobs: readonly string[],
    positions: readonly string[],
  ): Promise<{ readonly lost: readonly number[]; readonly changed: readonly number[] }>;
  /** Tells all studies that wait for a run something, in words. */
  tell(run: RunKeys, words: string): Promise<void>;
}

/** ms until what Redis has no room for is tried again. */
const ROOM_EVERY = 1000;

/** @param onRefusal told each time that Redis has no room, in its words: it is tried again until there is some */
export function scriptsOf(redis: Redis, keys: Keys, onRefusal: (words: string) => void = () => {}): Scripts {
  const once = (name: string, lua: string): Script => {
    redis.defineCommand(name, { lua });
    const defined = redis as unknown as Record<string, (...words: unknown[]) => Promise<unknown>>;
    return (names, ...words) => defined[name](names.length, ...names, ...words);
  };
  const script = (name: string, lua: string): Script => {
    const run = once(name, lua);
    return async (names, ...words) => {
      for (;;)
        try {
          return await run(names, ...words);
        } catch (cause) {
          const refusal = refusalIn(cause);
          if (refusal === undefined || !/\b(OOM|MISCONF)\b/.test(refusal)) throw cause;
          onRefusal(refusal);
          await setTimeout(ROOM_EVERY);
        }
    };
  };
  const claim = script('leashClaim', CLAIM);
  const write = script('leashWrite', WRITE);
  const leave = script('leashLeave', LEAVE);
  const tell = script('leashTell', TELL);
  const join = once('leashJoin', JOIN);
  const look = once('leashLook', LOOK);
  const newsBefore = keys.newsOf('').replace(/:news$/, '');
  const of = ({ state, journal, studies }: RunKeys): string[] => [state, journal, studies];
  return {
    async claim(run, isNew = false) {
      const [word, seq] = (await claim(of(run), KEPT, isNew ? 'new' : '')) as [string, number];
      if (word === 'unwanted' || word === 'over' || word === 'taken') return { refused: word };
      return { epoch: Number(word), seq };
    },
    async write(run, epoch, seq, operation, ...words) {
      const result = (await write(
        of(run),
        epoch,
        seq,
        KEPT,
        run.id,
        newsBefore,
        operation,
        ...words,
      )) as number;
      if (result === -1) throw new LostRunError('taken over');
      if (result === -2) throw new LostRunError('unwanted');
      return result === -3 ? undefined : result;
    },
    leave: async (run, study) =>
      (await leave([...of(run), keys.runsOf(study), keys.newsOf(study)], study, run.id, keys.left)) as number,
    async join(runs, study) {
      const names = [keys.runsOf(study), ...runs.map(({ studies }) => studies)];
      await join(names, study, KEPT, ...runs.map(({ id }) => id));
    },
    async look(runs, jobs, positions) {
      const names = runs.flatMap(({ state }, i) => [jobs[i] as string, state]);
      const [lost, changed] = (await look(names, ...positions)) as [number[], number[]];
      return { lost, changed };
    },
    async tell(run, words) {
      await tell([run.studies], KEPT, newsBefore, `!${words}`);
    },
  };
}
