import { once } from 'node:events';
import type { Worker } from 'node:worker_threads';
import { startThread } from '../node/start-thread.ts';
import { errorFromOutside, exitedEarly } from '../node/outside-error.ts';
import type { TerminalScreen } from './live-lines.ts';
import { listenForSignals } from './signals.ts';

/** A command and what it is given. */
export interface CommandCall {
  /** The words that name it. */
  readonly path: readonly string[];
  readonly given: unknown;
}

/** What the thread starts with. */
export interface CommandThreadData extends CommandCall {
  /** Of the terminal, which only the main thread has. */
  readonly terminal: Terminal;
}

/** What is printed depends on it. */
export interface Terminal {
  readonly isTTY: boolean;
  /**
   * Columns, rows, and 1 while the thread asks for them anew; shared: a thread that computes hears no message. Undefined where
   * there is no terminal.
   */
  readonly size: Int32Array | undefined;
  readonly hasColors: boolean;
}

/** To the thread: a signal came, a stream was lost. */
export type ToCommand = { readonly exitCode: number } | { readonly lostStream: string };

/** From the thread: it asks for the size of the terminal; last, how the command ended. */
export type FromCommand = 'size' | CommandEnd;

/** The command's exit code; signals that came to the main thread count beside it. */
export interface CommandEnd {
  readonly exitCode: number;
}

/**
 * Runs a command on a thread of its own. This one prints what comes from there and is free for signals: the first is
 * told to the command, the second ends the process at once, whatever is computed.
 */
export async function runOnThread(call: CommandCall, isSilent: boolean): Promise<number> {
  const outside = listenForSignals(isSilent);
  const { isTTY = false } = process.stdout;
  const size = isTTY ? sizeOfTerminal() : undefined;
  const terminal: Terminal = { isTTY, size, hasColors: isTTY && process.stdout.hasColors() };
  const workerData: CommandThreadData = { ...call, terminal };
  const worker = startThread(new URL('command-worker.js', import.meta.url), {
    workerData,
    stdout: true,
    stderr: true,
  });
  const tell = (message: ToCommand): void => worker.postMessage(message);
  outside.signal.addEventListener('abort', () => tell({ exitCode: outside.exitCode() }));
  const stopNoting = outside.onLostStream((lostStream) => tell({ lostStream }));
  try {
    const exitCode = await endOf(worker, size);
    return exitCode === 0 ? outside.exitCode() : exitCode;
  } finally {
    stopNoting();
    outside.stopListening();
  }
}

/** [3]: columns and rows as last heard of, by a signal or by an answer to the thread, and 1 while one is asked for. */
function sizeOfTerminal(): Int32Array {
  const size = new Int32Array(new SharedArrayBuffer(3 * Int32Array.BYTES_PER_ELEMENT));
  const keep = (): void => size.set([process.stdout.columns, process.stdout.rows]);
  process.stdout.on('resize', keep);
  keep();
  return size;
}

/** As it is now, which no signal may have told yet. */
function answerWith(size: Int32Array): void {
  (process.stdout as TerminalScreen)._refreshSize?.();
  Atomics.store(size, 2, 0);
  Atomics.notify(size, 2);
}

/** Prints what a thread prints until it is over. @throws what the thread did not catch; UserError where it was ended before */
async function endOf(worker: Worker, size: Int32Array | undefined): Promise<number> {
  let ended: CommandEnd | undefined;
  worker.on('message', (message: FromCommand) => {
    if (message !== 'size') ended = message;
    else if (size !== undefined) answerWith(size);
  });
  // Not pipe: it would stop reading where what is read cannot be printed, and the thread's output would pile up.
  worker.stdout.on('data', (text) => process.stdout.write(text));
  worker.stderr.on('data', (text) => process.stderr.write(text));
  const printed = Promise.all([once(worker.stdout, 'end'), once(worker.stderr, 'end')]);
  try {
    await once(worker, 'exit');
  } catch (error) {
    throw errorFromOutside(error) ?? error;
  }
  await printed;
  if (ended === undefined) throw exitedEarly();
  return ended.exitCode;
}
