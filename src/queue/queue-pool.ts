import type { Queue } from 'bullmq';
import type { Redis } from 'ioredis';
import { hostname } from 'node:os';
import { basename } from 'node:path';
import { counted } from '../elementary/thousands.ts';
import { experimentToken } from '../experiment/experiment-marker.ts';
import { type HeldFile, requireHeld } from '../experiment/experiment-lock.ts';
import type { BatchOptions, PlannedRun, RunPool, TaskOutcome } from '../experiment/pool.ts';
import { nodeHost } from '../node/host.ts';
import { encodeJson } from '../row/json.ts';
import { decodeCheckpoint, encodeCheckpoint } from '../run/checkpoint-file.ts';
import { isFree } from '../run/folders.ts';
import { createRun, pathOfRun } from '../run/run-directory.ts';
import { takeOver } from '../run/take-over.ts';
import { UserError } from '../user-error.ts';
import { LEASH_VERSION } from '../version.ts';
import { type Connection, explained } from './connection.ts';
import type { End } from './end.ts';
import { Inbox, type Receiver } from './inbox.ts';
import { type Keys, keysOf } from './keys.ts';
import { RECORD } from './mirrored.ts';
import { openQueue } from './open-queue.ts';
import { Outbox } from './outbox.ts';
import { type Scripts, scriptsOf } from './scripts.ts';
import { removeStudy, studyAt, type StudyEntry } from './studies.ts';
import { idOf, type JobData, type PackedTask, packTask, sendBlob } from './task.ts';
import { describeWorkers } from './workers.ts';

/** Tries of a run that a worker's machine let down; then the run counts as failed. */
const TRIES = 20;
/** Jobs that are put into the queue at once. */
const AT_ONCE = 500;
/** ms between two looks at all that is waited for, for what no news told of. */
const LOOK_EVERY = 20_000;
/** Seconds for which news are waited for. */
const WAIT = 1;
/** The least urgent that BullMQ knows. */
const LEAST_PRIORITY = 2_097_151;

/** A run that is waited for. */
interface Awaited {
  readonly index: number;
  readonly id: string;
  readonly run: PlannedRun;
  readonly task: PackedTask;
  readonly priority: number;
  /** From the first that comes of it to its end: of thousands of runs few are made at once. */
  inbox: Inbox | undefined;
  updates: number;
}

/**
 * Workers elsewhere: each run is a job of the queue, and what they send is written into its folder. When this process ends
 * they go on, and what they made waits in Redis.
 * @param onNotice told what whoever watches should know, a line each
 */
export async function openQueuePool(
  connection: Connection,
  onNotice: (line: string) => void,
): Promise<RunPool> {
  const keys = keysOf(connection.prefix);
  try {
    const queue = await openQueue(connection);
    const pool = new QueuePool(connection, keys, queue, onNotice);
    connection.onChange(onNotice);
    onNotice(await describeWorkers(connection.redis, keys));
    return pool;
  } catch (cause) {
    connection.close();
    throw explained(cause, connection.shown);
  }
}

class QueuePool implements RunPool {
  private readonly redis: Redis;
  private readonly listening: Redis;
  private readonly scripts: Scripts;
  private readonly connection: Connection;
  private readonly keys: Keys;
  private readonly queue: Queue<JobData>;
  private readonly onNotice: (line: string) => void;
  private readonly tasks = new Map<string, Promise<PackedTask>>();
  private readonly told = new Set<string>();
  /** Runs of the study so far: each begins after those of other studies that have the same place. */
  private place = 0;
  private study: string | undefined;
  /** Whether a batch was left before its end: then the study waits for what is missing. */
  private isLeft = false;

  constructor(connection: Connection, keys: Keys, queue: Queue<JobData>, onNotice: (line: string) => void) {
    this.connection = connection;
    this.redis = connection.redis;
    this.listening = connection.another();
    this.keys = keys;
    this.scripts = scriptsOf(this.redis, keys, (refusal) =>
      this.tell(`${connection.shown} refuses: ${refusal}; it is tried again`),
    );
    this.queue = queue;
    this.onNotice = onNotice;
  }

  async make(runs: readonly PlannedRun[], options: BatchOptions): Promise<TaskOutcome[]> {
    const { held, signal, onStart, onEnd } = options;
    if (held === undefined) throw new Error('runs of no experiment are made here');
    const aborted = untilAborted(signal);
    try {
      const outcomes = await Promise.race([this.follow(runs, held, onStart, onEnd, signal), aborted.promise]);
      if (outcomes !== undefined) return outcomes;
      this.isLeft = true;
      return runs.map(() => ({ status: 'interrupted', failure: null }));
    } catch (cause) {
      this.isLeft = true;
      throw explained(cause, this.connection.shown);
    } finally {
      aborted.forget();
    }
  }

  async close(): Promise<void> {
    // What is left of a study that is over: of runs that it has. A server that is away is not waited for.
    if (this.study !== undefined && !this.isLeft && this.redis.status === 'ready')
      await removeStudy(this.redis, this.keys, this.scripts, this.study);
    this.connection.close();
  }

  private async follow(
    runs: readonly PlannedRun[],
    held: HeldFile,
    onStart: BatchOptions['onStart'],
    onEnd: BatchOptions['onEnd'],
    signal: AbortSignal | undefined,
  ): Promise<TaskOutcome[]> {
    const study = await this.join(held);
    const awaited: Awaited[] = [];
    for (const [index, run] of runs.entries()) awaited.push(await this.plan(index, run));
    const open = new Map<string, Awaited[]>();
    for (const each of awaited) open.set(each.id, [...(open.get(each.id) ?? []), each]);
    const outcomes: TaskOutcome[] = [];
    onStart?.(() => awaited.map(({ updates }) => updates));
    let lookedAt = performance.now();
    const left = (): Awaited[] => [...open.values()].map(([first]) => first as Awaited);
    const hear = async (id: string): Promise<void> => {
      const going: Awaited[] = [];
      for (const each of open.get(id) ?? []) {
        requireHeld(held);
        const outcome = await this.receive(each, held);
        if (outcome === undefined) going.push(each);
        else {
          outcomes[each.index] = outcome;
          onEnd?.(each.index, outcome);
        }
      }
      if (going.length > 0) open.set(id, going);
      else if (open.delete(id)) await this.scripts.leave(this.keys.run(id), study);
    };
    const look = async (): Promise<void> => {
      const { drained, changed } = await this.lookAtAll(left(), study, held);
      for (const id of drained) open.delete(id);
      for (const id of changed) if (!signal?.aborted) await hear(id);
      lookedAt = performance.now();
    };
    await this.ask(left(), study);
    await look();
    while (open.size > 0 && !signal?.aborted) {
      const news = await this.listening.bzpopmin(this.keys.newsOf(study), WAIT);
      const word = news?.[1] ?? '';
      if (word.startsWith('!')) this.tell(word.slice(1));
      if (signal?.aborted) break;
      await hear(word);
      // Somebody did something to the queue, or it is time.
      if (word === '!' || performance.now() - lookedAt >= LOOK_EVERY) await look();
    }
    const missing = awaited.filter(({ index }) => outcomes[index] === undefined).length;
    if (missing > 0 && !signal?.aborted)
      throw new UserError(
        `${counted(missing, 'run')} taken out of the queue (leash queue drain); what is there stays, the same command goes on`,
        1,
      );
    return runs.map((_, i) => outcomes[i] ?? { status: 'interrupted', failure: null });
  }

  /** Says what study this is. */
  private async join(held: HeldFile): Promise<string> {
    const study = experimentToken(held.folder);
    if (study === undefined)
      throw new UserError(`${held.folder} was removed or replaced; the experiment in it ends`, 1);
    if (this.study === undefined) {
      await this.redis.del(this.keys.cancelled(study));
      await this.enter(study, held);
    }
    this.study = study;
    return study;
  }

  private async plan(index: number, run: PlannedRun): Promise<Awaited> {
    const { seed, ...rest } = run.config;
    const key = JSON.stringify([rest, run.fastMath ?? false]);
    const packing = this.tasks.get(key) ?? packTask(run);
    this.tasks.set(key, packing);
    const task = await packing;
    const priority = Math.min(LEAST_PRIORITY, ++this.place);
    return { index, id: idOf(task.sum, seed), run, task, priority, inbox: undefined, updates: 0 };
  }

  /** Puts jobs into the queue for runs that have none; one that is there stays as it is. */
  private async ask(runs: readonly Awaited[], study: string): Promise<void> {
    const { redis, keys } = this;
    const blobs = new Map<string, Uint8Array>();
    for (const task of await Promise.all(this.tasks.values()))
      for (const [sum, bytes] of task.blobs) blobs.set(sum, bytes);
    for (const [sum, bytes] of blobs) await sendBlob(redis, keys, sum, bytes);
    for (let from = 0; from < runs.length; from += AT_ONCE) {
      const some = runs.slice(from, from + AT_ONCE);
      await this.scripts.join(
        some.map(({ id }) => keys.run(id)),
        study,
      );
      for (const each of some) await this.seed(each);
      await this.queue.addBulk(
        some.map(({ id, run, task, priority }) => ({
          name: 'run',
          data: { task: task.sum, seed: run.config.seed },
          opts: {
            ...{ jobId: id, priority, attempts: TRIES, backoff: { type: 'machine' } },
            ...{ removeOnComplete: true, removeOnFail: true },
          },
        })),
      );
    }
  }

  /** Sends what is in the folder of a run that nobody has begun elsewhere, so that it goes on from there. */
  private async seed({ id, run: planned, task }: Awaited): Promise<void> {
    if (planned.options?.resume !== true) return;
    const path = pathOf(planned);
    if (task.hasPaths)
      return this.tell(`${path}: no worker goes on with what is here, since its config names files`);
    const run = this.keys.run(id);
    const claim = await this.scripts.claim(run, true);
    if (claim.refused === undefined && !isFree(path))
      await new Outbox(this.redis, this.scripts, run, path, claim).begin();
  }

  /** Writes what came of a run. @returns how it ended */
  private async receive(each: Awaited, held: HeldFile): Promise<TaskOutcome | undefined> {
    const { id, run, task } = each;
    const path = pathOf(run);
    each.inbox ??= new Inbox(this.redis, this.keys.run(id), receiverOf(run, path, held, task.hasPaths));
    const { inbox } = each;
    const { updates, end } = await inbox.receive();
    each.updates = updates;
    if (end === undefined) return undefined;
    if (inbox.finish(end) !== undefined) {
      inbox.rewind();
      const again = await inbox.receive();
      const other = inbox.finish(again.end ?? end);
      if (other !== undefined)
        throw new UserError(
          `${path}: ${other} is not what the worker had, fetched anew neither; after leash queue cancel ${basename(held.folder)} the same command makes it anew`,
          1,
        );
    }
    each.inbox = undefined;
    return outcomeOf(end, path, run.config.seed);
  }

  /**
   * Asks again for what Redis lost.
   * @returns ids of runs that are in the queue no more, where somebody drained it, and of those of which there is more to read:
   *   news of them may have been lost
   */
  private async lookAtAll(
    runs: readonly Awaited[],
    study: string,
    held: HeldFile,
  ): Promise<{ readonly drained: readonly string[]; readonly changed: readonly string[] }> {
    requireHeld(held);
    const { isDrained } = await this.entryOf(study, held);
    const [drained, changed]: [string[], string[]] = [[], []];
    for (let from = 0; from < runs.length; from += AT_ONCE) {
      const some = runs.slice(from, from + AT_ONCE);
      const found = await this.scripts.look(
        some.map(({ id }) => this.keys.run(id)),
        some.map(({ id }) => this.queue.toKey(id)),
        some.map(({ inbox }) => inbox?.position ?? Inbox.START),
      );
      changed.push(...found.changed.map((at) => (some[at] as Awaited).id));
      const lost = found.lost.map((at) => some[at] as Awaited);
      if (isDrained) drained.push(...lost.map(({ id }) => id));
      else if (lost.length > 0) await this.ask(lost, study);
    }
    return { drained, changed };
  }

  /** What is said of the study, again where Redis lost it. @throws UserError where somebody cancelled it */
  private async entryOf(study: string, held: HeldFile): Promise<StudyEntry> {
    if ((await this.redis.exists(this.keys.cancelled(study))) === 1)
      throw new UserError(
        `${held.folder} was cancelled (leash queue cancel); what is there stays, the same command goes on`,
        1,
      );
    return (await studyAt(this.redis, this.keys, study)) ?? (await this.enter(study, held));
  }

  private async enter(study: string, { folder }: HeldFile): Promise<StudyEntry> {
    const entry: StudyEntry = {
      ...{ name: basename(folder), host: hostname(), leash: LEASH_VERSION },
      startedAt: new Date().toISOString(),
    };
    await this.redis.hset(this.keys.studies, study, JSON.stringify(entry));
    return entry;
  }

  private tell(words: string): void {
    if (words === '' || this.told.has(words)) return;
    this.told.add(words);
    this.onNotice(words);
  }
}

function pathOf({ root, label, config }: PlannedRun): string {
  return pathOfRun(root, label, config.seed);
}

/** Where a run is kept, as if it had been made here. */
function receiverOf(run: PlannedRun, path: string, held: HeldFile, hasPaths: boolean): Receiver {
  const { root, label, config, options } = run;
  const { labels } = options ?? {};
  return {
    path,
    open() {
      requireHeld(held);
      if (isFree(path)) createRun(root, label, config, { labels, isOfExperiment: true }).close();
      else takeOver(path, label, config.seed, () => {});
    },
    rewrite(name, bytes) {
      if (name === RECORD) {
        const {
          tags: _tags,
          note: _note,
          failure,
          ...record
        } = JSON.parse(String(bytes)) as Record<string, unknown>;
        const written = {
          ...record,
          name: label,
          ...labels,
          ...(typeof failure === 'string' && { failure: here(failure, path, config.seed) }),
        };
        return Buffer.from(`${encodeJson(written, 2)}\n`);
      }
      if (!hasPaths || !name.startsWith('checkpoints/')) return bytes;
      const { checkpoint, damage } = decodeCheckpoint(bytes, path, nodeHost.sha256);
      if (checkpoint === undefined) throw new UserError(damage, 1);
      return encodeCheckpoint({ ...checkpoint, config }, nodeHost.sha256);
    },
  };
}

/** A message with the run's path here, for that at its worker. */
function here(message: string, path: string, seed: number): string {
  return message.replaceAll(new RegExp(`runs/[0-9a-f]{32}-${seed}/seed-${seed}`, 'g'), () => path);
}

function outcomeOf({ status, failure, fault }: End, path: string, seed: number): TaskOutcome {
  return { status, failure: failure === null ? null : here(failure, path, seed), ...(fault && { fault }) };
}

/** Resolves, with nothing, when the signal is aborted. */
function untilAborted(signal: AbortSignal | undefined): { promise: Promise<undefined>; forget(): void } {
  let abort = (): void => {};
  const promise = new Promise<undefined>((resolve) => {
    abort = () => resolve(undefined);
    if (signal?.aborted) abort();
    signal?.addEventListener('abort', abort);
  });
  return { promise, forget: () => signal?.removeEventListener('abort', abort) };
}
