import '../node/v8-flags.ts';
import { parentPort, workerData } from 'node:worker_threads';
import type { CommandCall, CommandThreadData, FromCommand, ToCommand } from './command-thread.ts';
import { commandAt, commands } from './commands/index.ts';
import { describeFailure } from './failure.ts';
import type { Listen } from './signals.ts';

/*
 * The other end of `runOnThread`.
 */

const port = parentPort as NonNullable<typeof parentPort>;

/** As on the main thread, which tells what comes. */
const listenToMainThread: Listen = () => {
  const controller = new AbortController();
  const lost: string[] = [];
  const listeners = new Set<(notice: string) => void>();
  let exitCode = 0;
  port.on('message', (message: ToCommand) => {
    if ('lostStream' in message) {
      lost.push(message.lostStream);
      for (const listener of listeners) listener(message.lostStream);
    } else {
      exitCode = message.exitCode;
      controller.abort();
    }
  });
  return {
    signal: controller.signal,
    exitCode: () => exitCode,
    onLostStream(listener) {
      for (const notice of lost) listener(notice);
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    // The thread ends once it has nothing to wait for.
    stopListening: () => port.unref(),
  };
};

async function run({ path, given }: CommandCall): Promise<number> {
  try {
    return await commandAt(path).run(given as never, { listen: listenToMainThread, commands });
  } catch (error) {
    const failure = describeFailure(error);
    process.stderr.write(`${failure.text}\n`);
    return failure.exitCode;
  }
}

/** Longest wait for the size of the terminal, in ms: what is drawn then has the last one that was known. */
const LONGEST_WAIT = 100;

const tell = (message: FromCommand): void => port.postMessage(message);

const { terminal, ...call } = workerData as CommandThreadData;
const { isTTY, size, hasColors } = terminal;
Object.assign(process.stdout, { isTTY, hasColors: () => hasColors });
if (size !== undefined)
  Object.defineProperties(process.stdout, {
    columns: { get: () => Atomics.load(size, 0) },
    rows: { get: () => Atomics.load(size, 1) },
    _refreshSize: {
      value: () => {
        Atomics.store(size, 2, 1);
        tell('size');
        Atomics.wait(size, 2, 1, LONGEST_WAIT);
      },
    },
  });
tell({ exitCode: await run(call) });
