import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { parentPort, workerData } from 'node:worker_threads';
import { HEADER_BYTES, kinds, MOST_WORDS, readHeader } from './frames.ts';

/*
 * The thread that `openPython` starts: Python is its child. It hears what Python says first and how it ends, and ends it
 * where the thread that waits for an answer, deaf until then, would wait for too long.
 */

/** What the thread is given. */
export interface ChildGiven {
  readonly python: string;
  readonly args: readonly string[];
  /** Milliseconds for hello, and for each answer. */
  readonly limit: number;
  readonly shared: Int32Array;
}

/** Elements of `shared`. */
export const cells = {
  /** Number of the request that is not answered yet; 0: none. */
  pending: 0,
  /** 1 once the child has ended. */
  ended: 1,
  /** Its exit code; −1: a signal ended it. */
  code: 2,
  /** The number of that signal. */
  signal: 3,
  /** 1 where it took too long, and was ended for that. */
  slow: 4,
} as const;

/** What the thread tells, once; where that is no hello it ends, when the child has. */
export type ChildTold =
  | { readonly hello: Uint8Array; readonly pid: number }
  /** `spawn`: the code of the system's refusal. */
  | { readonly refused: 'spawn'; readonly code: string }
  | { readonly refused: 'ended' }
  | { readonly refused: 'silent' }
  | { readonly refused: 'nonsense' };

/** Milliseconds that a stack takes to be printed before the child is ended for good. */
const LAST_WORDS = 1000;

if (parentPort !== null && isGiven(workerData)) start(workerData);

function isGiven(data: unknown): data is ChildGiven {
  return typeof data === 'object' && data !== null && 'python' in data;
}

function start({ python, args, limit, shared }: ChildGiven): void {
  let isTold = false;
  const tell = (told: ChildTold): void => {
    if (!isTold) parentPort?.postMessage(told);
    isTold = true;
  };
  // In a group of its own: Ctrl-C is leash's to hear. Standard input ends with leash; what is printed goes where errors go.
  const child = spawn(python, args, { stdio: ['pipe', 2, 2, 'pipe'], detached: true });
  const end = (): void => {
    // It prints where it is.
    child.kill('SIGABRT');
    const last = setTimeout(() => void child.kill('SIGKILL'), LAST_WORDS);
    child.once('exit', () => clearTimeout(last));
  };
  const deaf = setTimeout(() => {
    tell({ refused: 'silent' });
    end();
  }, limit);
  child.on('error', ({ code }: NodeJS.ErrnoException) => {
    clearTimeout(deaf);
    tell({ refused: 'spawn', code: code ?? 'unknown' });
  });
  child.stdin?.on('error', () => {});
  child.on('exit', (code, signal) => {
    clearTimeout(deaf);
    Atomics.store(shared, cells.code, code ?? -1);
    Atomics.store(shared, cells.signal, signal === null ? 0 : constants.signals[signal]);
    Atomics.store(shared, cells.ended, 1);
    Atomics.notify(shared, cells.ended);
    tell({ refused: 'ended' });
  });
  let heard = Buffer.alloc(0);
  child.stdio[3]?.on('data', (bytes: Buffer) => {
    heard = Buffer.concat([heard, bytes]);
    if (heard.length < HEADER_BYTES) return;
    const { kind, bytes: length } = readHeader(heard);
    if (kind !== kinds.hello || length > MOST_WORDS || heard.length > HEADER_BYTES + length) {
      tell({ refused: 'nonsense' });
      clearTimeout(deaf);
      end();
      return;
    }
    if (heard.length !== HEADER_BYTES + length) return;
    clearTimeout(deaf);
    tell({ hello: heard, pid: child.pid as number });
    watch(shared, limit, end);
  });
}

/** Ends the child where one request stays without an answer for too long. */
function watch(shared: Int32Array, limit: number, end: () => void): void {
  let number = 0;
  let since = 0;
  setInterval(
    () => {
      const pending = Atomics.load(shared, cells.pending);
      if (pending === 0 || pending !== number) {
        number = pending;
        since = performance.now();
      } else if (performance.now() - since >= limit && Atomics.exchange(shared, cells.slow, 1) === 0) end();
    },
    Math.min(1000, limit / 4),
  );
}
