import { dirname, join } from 'node:path';
import type { Worker } from 'node:worker_threads';
import { startThread } from '../node/start-thread.ts';
import { runsIn } from '../plot/read-runs.ts';
import { UserError } from '../user-error.ts';
import { type FollowedRun, linkIn, stampOf } from './followed-run.ts';
import type { ToldVerdict } from './wire.ts';

/** What a thread is asked. */
export interface VerdictQuestion {
  /** Of runs, two or more. */
  readonly folders: readonly string[];
  /** The folder of runs. */
  readonly root: string;
}

/** What it says, or why there is nothing to say. */
export type VerdictAnswer = { readonly verdict: ToldVerdict } | { readonly problem: string };

/** Files of a run that a verdict is made of. */
const READ = ['config.json', 'run.json', 'owner.json', 'metrics.jsonl'] as const;
/** Verdicts that are kept. */
const KEPT = 16;

/**
 * Verdicts of folders of runs. They take long, so a thread makes them, one after the other; the same question is not asked twice
 * while nothing that its answer was made of was written.
 */
export class Verdicts {
  private readonly root: string;
  private readonly worker: URL;
  private readonly answers = new Map<string, Promise<ToldVerdict>>();
  private last: Promise<unknown> = Promise.resolve();
  private thread: Worker | undefined;
  private isClosed = false;

  /** @param root folder of runs @param worker what the thread runs, as `startThread` takes it */
  constructor(root: string, worker: URL) {
    this.root = root;
    this.worker = worker;
  }

  /** The verdict of the folders that some runs are in. @throws UserError where they cannot be compared */
  async answer(runs: readonly FollowedRun[]): Promise<ToldVerdict> {
    const folders = [...new Set(runs.map(({ path }) => dirname(path)))];
    if (folders.length < 2)
      throw new UserError('select runs of two folders or more: one alone is compared with nothing');
    const key = folders.map((folder) => `${folder} ${stampOfRuns(folder)}`).join('\n');
    const found = this.answers.get(key) ?? this.ask({ folders, root: this.root });
    // The one that was asked for last stands last.
    this.answers.delete(key);
    this.answers.set(key, found);
    const [oldest] = this.answers.keys();
    if (this.answers.size > KEPT && oldest !== undefined) this.answers.delete(oldest);
    try {
      return await found;
    } catch (error) {
      // What was wrong may be right without a file being written: a process that has ended.
      this.answers.delete(key);
      throw error;
    }
  }

  async close(): Promise<void> {
    this.isClosed = true;
    await this.thread?.terminate();
  }

  private ask(question: VerdictQuestion): Promise<ToldVerdict> {
    const answer = this.last.then(() => this.onThread(question));
    this.last = answer.catch(() => {});
    return answer;
  }

  private async onThread(question: VerdictQuestion): Promise<ToldVerdict> {
    if (this.isClosed) throw new UserError('the dashboard has ended');
    const thread = startThread(this.worker, { workerData: question });
    this.thread = thread;
    try {
      const answer = await new Promise<VerdictAnswer>((resolve, reject) => {
        thread.once('message', resolve);
        thread.once('error', reject);
        thread.once('exit', (code) => {
          const why = `the thread of a verdict ended with code ${code}`;
          reject(this.isClosed ? new UserError('the dashboard has ended') : new Error(why));
        });
      });
      if ('problem' in answer) throw new UserError(answer.problem);
      return answer.verdict;
    } finally {
      this.thread = undefined;
    }
  }
}

/** Another one whenever a run of a folder comes, goes or writes. @throws UserError where one of them leads elsewhere */
function stampOfRuns(folder: string): string {
  return runsIn(folder)
    .map((run) => {
      const link = linkIn(run);
      if (link !== undefined) throw new UserError(`${run}: its ${link} is a link, which is not followed`);
      return `${run} ${READ.map((name) => stampOf(join(run, name))).join()}`;
    })
    .join('\n');
}
