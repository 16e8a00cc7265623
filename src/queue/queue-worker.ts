import type { Job, Worker } from 'bullmq';
import type { Redis } from 'ioredis';
import { existsSync, mkdirSync, rmSync, truncateSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { environmentOptions } from '../../envs/environment-options.ts';
import { environmentName } from '../config/environment-name.ts';
import { configForRun } from '../node/beside.ts';
import { pointToResume, requireSameComputer } from '../node/resume-point.ts';
import { nodeHost } from '../node/host.ts';
import { loadEngine } from '../node/load-engine.ts';
import { openThreadPool } from '../experiment/thread-pool.ts';
import type { PlannedRun, RunPool, TaskOutcome } from '../experiment/pool.ts';
import { encodeJson } from '../row/json.ts';
import { replaceFile } from '../run/durable-file.ts';
import { pathOfRun } from '../run/run-directory.ts';
import { computerOf } from '../train/keeper.ts';
import { UserError } from '../user-error.ts';
import { LEASH_VERSION } from '../version.ts';
import { type Connection, explained, refusalIn } from './connection.ts';
import { fingerprintOf } from './fingerprint.ts';
import { Inbox } from './inbox.ts';
import { type Keys, keysOf, type RunKeys } from './keys.ts';
import { LeftRuns } from './left-runs.ts';
import { RECORD, ROWS } from './mirrored.ts';
import { Outbox } from './outbox.ts';
import { loadBullmq } from './packages.ts';
import { LostRunError, type Scripts, scriptsOf } from './scripts.ts';
import { type Allowed, fetchTask, type JobData, type Task, unpackInputs } from './task.ts';
import { SIGN_EVERY, signOff, signOn, workerHere } from './workers.ts';

/** ms between two looks at what a run has written, where nobody says otherwise. */
const LOOK_EVERY = 1000;
/** ms for which a job is its worker's without a sign of life, and between two looks for those that are nobody's any more. */
const [LOCK, STALLED_EVERY] = [15_000, 5000];
/** ms until a run that this worker does not make is offered again, to others too. */
const REFUSED_FOR = 15_000;
/** ms to wait after the first fault of a machine, and at most. */
const [FIRST_WAIT, LONGEST_WAIT] = [1000, 60_000];
/** Finished runs that are looked after at once. */
const KEPT_AT_ONCE = 100;

export interface WorkerOptions extends Allowed {
  /** Runs at once. */
  readonly concurrency: number;
  /** Aborting lets every run end its update at hand, and gives it back to the queue. */
  readonly signal: AbortSignal;
  /** Told of each run that begins, ends or is refused, and of what went wrong, a line each. */
  readonly onNotice: (line: string) => void;
  /** ms between two looks at what a run has written: each sends it, and tells whether somebody still waits for it. */
  readonly lookEvery?: number;
}

/** A run that was sent whole and is not written down yet by all who wait for it. */
interface KeptRun {
  readonly outbox: Outbox;
  readonly path: string;
  readonly outcome: TaskOutcome;
  readonly updates: number;
}

/**
 * Takes runs from a queue and makes them, in the working folder, until the signal is aborted. Closes the connection, come what may:
 * an open one would keep the process from ending.
 * @throws UserError where the server refuses @throws Error where the queue cannot be worked at
 */
export async function workAt(connection: Connection, options: WorkerOptions): Promise<void> {
  try {
    await new QueueWorker(connection, options).work();
  } catch (cause) {
    throw explained(cause, connection.shown);
  } finally {
    connection.close();
  }
}

class QueueWorker {
  private readonly connection: Connection;
  private readonly redis: Redis;
  private readonly keys: Keys;
  private readonly scripts: Scripts;
  private readonly options: WorkerOptions;
  private readonly pool: RunPool;
  private readonly leftRuns: LeftRuns;
  private readonly kept = new Map<string, KeptRun>();
  /** Tries that go on, each until it is over. */
  private readonly tries = new Map<string, Promise<unknown>>();
  private readonly told = new Set<string>();

  constructor(connection: Connection, options: WorkerOptions) {
    this.connection = connection;
    this.redis = connection.redis;
    this.keys = keysOf(connection.prefix);
    this.scripts = scriptsOf(this.redis, this.keys, (refusal) => this.tellRefusal(refusal));
    this.leftRuns = new LeftRuns(connection.another(), this.keys);
    this.options = options;
    this.pool = openThreadPool(options.concurrency);
  }

  async work(): Promise<void> {
    const { concurrency, signal, onNotice } = this.options;
    const { Worker } = await loadBullmq();
    const self = workerHere(concurrency);
    const worker: Worker<JobData> = new Worker(
      this.keys.queue(LEASH_VERSION),
      (job, token) => this.process(job, token as string),
      {
        ...{ connection: this.redis, prefix: this.connection.prefix, concurrency, name: self.name },
        ...{ lockDuration: LOCK, stalledInterval: STALLED_EVERY, maxStalledCount: Number.MAX_SAFE_INTEGER },
        ...{ runRetryDelay: 1000, autorun: false },
        settings: {
          backoffStrategy: (tries) => Math.min(LONGEST_WAIT, FIRST_WAIT * 2 ** (tries - 1)),
        },
      },
    );
    worker.on('error', (error) => this.tellOf(error));
    worker.on('failed', (job, { message }) =>
      onNotice(`leash: ${message.split('\n')[0]}; run ${job?.id?.slice(0, 8) ?? ''} is tried again`),
    );
    this.connection.onChange(onNotice);
    // Unseen it works all the same.
    const sign = (): Promise<void> =>
      signOn(this.redis, this.keys, self).catch((cause: unknown) => this.tellOf(cause));
    await sign();
    const signs = setInterval(() => void sign(), SIGN_EVERY);
    const looks = setInterval(() => void this.lookAfterKept(), LOOK_EVERY);
    const over = new Promise<void>((resolve) => {
      if (signal.aborted) resolve();
      signal.addEventListener('abort', () => resolve());
    });
    const running = worker.run();
    await over;
    // No new runs; those that are made end their update at hand and are given back.
    await worker.pause(false);
    await running;
    clearInterval(signs);
    clearInterval(looks);
    await signOff(this.redis, this.keys, self).catch((cause: unknown) => this.tellOf(cause));
    await worker.close();
    await this.pool.close();
  }

  private async process(job: Job<JobData>, token: string): Promise<void> {
    const { DelayedError, WaitingError } = await loadBullmq();
    const run = this.keys.run(job.id as string);
    const isLastTry = job.attemptsMade + 1 >= (job.opts.attempts ?? 1);
    let outcome: TaskOutcome | 'given back' | undefined;
    try {
      outcome = await this.afterOtherTries(run, () => this.makeRun(run, job.data, isLastTry));
    } catch (cause) {
      if (!(cause instanceof RefusedRunError)) throw cause;
      const words = `${workerHere(0).name} does not make run ${run.id.slice(0, 8)}: ${cause.message}`;
      this.tellOnce(`leash: ${cause.message}`);
      await this.scripts.tell(run, words);
      await job.moveToDelayed(Date.now() + REFUSED_FOR, token);
      throw new DelayedError();
    }
    if (outcome !== 'given back') return;
    await job.moveToWait(token);
    throw new WaitingError();
  }

  /** A worker that was stopped for a while is given its own run again, which it still makes: in the same folder. */
  private async afterOtherTries<T>({ id }: RunKeys, make: () => Promise<T>): Promise<T> {
    const made = (this.tries.get(id) ?? Promise.resolve()).then(make);
    const over = Promise.allSettled([made]);
    this.tries.set(id, over);
    try {
      return await made;
    } finally {
      if (this.tries.get(id) === over) this.tries.delete(id);
    }
  }

  /**
   * @param isLastTry whether a machine's fault is told as the run's end
   * @returns undefined where there was nothing to do
   */
  private async makeRun(
    run: RunKeys,
    data: JobData,
    isLastTry: boolean,
  ): Promise<TaskOutcome | 'given back' | undefined> {
    const task = await this.taskOf(data);
    const claim = await this.scripts.claim(run);
    if (claim.refused !== undefined) return undefined;
    // Redis lost its end: it is made again.
    this.kept.delete(run.id);
    const planned: PlannedRun = { root: 'runs', label: run.id, config: task.config, fastMath: task.fastMath };
    const path = pathOfRun(planned.root, planned.label, data.seed);
    const from = await this.fetch(run, path, task);
    const name = `${run.id.slice(0, 8)} seed ${data.seed}`;
    const outbox = new Outbox(this.redis, this.scripts, run, path, claim);
    try {
      await outbox.begin();
      const how = from === undefined ? 'begins' : `goes on from update ${from}`;
      this.options.onNotice(`${name} (${environmentName(task.config.environment)}) ${how}`);
      const { outcome, updates } = await this.train(run, planned, outbox, from !== undefined);
      if (outcome.status === 'interrupted') {
        await outbox.send(updates, true);
        discard(path);
        return 'given back';
      }
      if (outcome.fault === 'start') throw new RefusedRunError(outcome.failure ?? '');
      if (outcome.fault === 'machine' && !isLastTry) {
        await outbox.send(updates, true);
        throw new Error(outcome.failure ?? 'the machine failed');
      }
      await outbox.end(updates, outcome);
      this.kept.set(run.id, { outbox, path, outcome, updates });
      const why = outcome.failure === null ? '' : `: ${outcome.failure.split('\n')[0]}`;
      this.options.onNotice(`${name} ${outcome.status}${why}`);
      return outcome;
    } catch (cause) {
      discard(path);
      if (!(cause instanceof LostRunError)) throw cause;
      const why =
        cause.reason === 'unwanted' ? 'nobody waits for it any more' : 'another worker goes on with it';
      this.options.onNotice(`${name} is left: ${why}`);
      return undefined;
    }
  }

  /** @throws RefusedRunError */
  private async taskOf(data: JobData): Promise<Task> {
    try {
      const task = await fetchTask(this.redis, this.keys, data);
      if (task.leash !== LEASH_VERSION)
        throw new UserError(`it is of leash ${task.leash}, this is ${LEASH_VERSION}`);
      await unpackInputs(this.redis, this.keys, task, this.options);
      if ((await fingerprintOf(task)) !== task.fingerprint)
        throw new UserError(
          `engine ${task.config.engine} computes other bytes here than where its study was begun`,
        );
      return task;
    } catch (cause) {
      if (!(cause instanceof UserError)) throw cause;
      throw new RefusedRunError(cause.message);
    }
  }

  /** Brings what there is of a run. @returns the update from which it goes on; undefined: from its start */
  private async fetch(run: RunKeys, path: string, task: Task): Promise<number | undefined> {
    discard(path);
    const inbox = new Inbox(this.redis, run, {
      path,
      open() {
        mkdirSync(path, { recursive: true });
        replaceFile(join(path, 'config.json'), `${encodeJson(configForRun(path, task.config), 2)}\n`);
      },
      // Who made it is at work in it no more.
      rewrite: (name, bytes) =>
        name === RECORD
          ? Buffer.from(`${encodeJson({ ...JSON.parse(String(bytes)), status: 'interrupted' }, 2)}\n`)
          : bytes,
    });
    await inbox.receive();
    inbox.settle();
    if (!existsSync(path)) return undefined;
    try {
      const found = pointToResume(path, task.config, environmentOptions);
      if (found === undefined || found === 'completed') throw new UserError('nothing to go on from');
      const { tfjsBackend } = task.config;
      const engine = await loadEngine(task.config.engine, { tfjsBackend, fastMath: task.fastMath });
      requireSameComputer(path, found.checkpoint.computer, computerOf(engine, nodeHost));
      cutRows(path, found.cut.sizes);
      return found.cut.update;
    } catch (cause) {
      if (!(cause instanceof UserError)) throw cause;
      discard(path);
      return undefined;
    }
  }

  /** Makes the run on a thread, and sends what it writes meanwhile. @throws LostRunError */
  private async train(
    { id }: RunKeys,
    planned: PlannedRun,
    outbox: Outbox,
    resume: boolean,
  ): Promise<{ outcome: TaskOutcome; updates: number }> {
    const stop = new AbortController();
    const abort = (): void => stop.abort();
    this.options.signal.addEventListener('abort', abort);
    if (this.options.signal.aborted) abort();
    let updates = (): number => 0;
    let outcome: TaskOutcome | undefined;
    const making = this.pool
      .make([{ ...planned, options: { resume } }], {
        ...{ held: undefined, signal: stop.signal },
        onStart: (all) => {
          updates = () => all()[0] ?? 0;
        },
      })
      .then(([made]) => {
        outcome = made;
      });
    const { lookEvery = LOOK_EVERY } = this.options;
    try {
      for (;;) {
        // A look that is still to come keeps no process.
        const look = setTimeout(lookEvery, undefined, { ref: false });
        await Promise.race([making, this.leftRuns.next(id), look]);
        if (outcome !== undefined) return { outcome, updates: updates() };
        await outbox.send(updates());
      }
    } finally {
      stop.abort();
      this.leftRuns.forget(id);
      await making;
      this.options.signal.removeEventListener('abort', abort);
    }
  }

  private isLooking = false;

  /** Sees that finished runs stay in Redis until they are written down; then they go here. */
  private async lookAfterKept(): Promise<void> {
    if (this.isLooking) return;
    this.isLooking = true;
    try {
      for (const [id, kept] of [...this.kept].slice(0, KEPT_AT_ONCE)) {
        const { outbox, path, outcome, updates } = kept;
        // Otherwise it is made again meanwhile, in the same folder.
        const takeOut = (): boolean => this.kept.get(id) === kept && this.kept.delete(id);
        try {
          await outbox.keep(updates, outcome);
          // The next time others have their turn.
          if (takeOut()) this.kept.set(id, kept);
        } catch (cause) {
          if (!(cause instanceof LostRunError)) throw cause;
          if (takeOut()) discard(path);
        }
      }
    } catch (cause) {
      this.tellOf(cause);
    } finally {
      this.isLooking = false;
    }
  }

  private tellOf(cause: unknown): void {
    const refusal = refusalIn(cause);
    if (refusal === undefined) this.tellOnce(`leash: ${(cause as Error).message}`);
    else this.tellRefusal(refusal);
  }

  private tellRefusal(refusal: string): void {
    this.tellOnce(`leash: ${this.connection.shown} refuses: ${refusal}; it is tried again`);
  }

  private tellOnce(line: string): void {
    if (this.told.has(line)) return;
    this.told.add(line);
    this.options.onNotice(line);
  }
}

/** This worker does not make the run; another may. */
class RefusedRunError extends Error {}

/** Takes off what was written after a checkpoint. @param sizes bytes by the name of a file of rows */
function cutRows(path: string, sizes: Readonly<Record<string, number>>): void {
  for (const name of ROWS) {
    const size = sizes[name];
    if (size !== undefined && existsSync(join(path, name))) truncateSync(join(path, name), size);
  }
}

/** Deletes what was sent of a run. */
function discard(path: string): void {
  rmSync(dirname(path), { recursive: true, force: true });
}
