import '../node/v8-flags.ts';
import { parentPort, workerData } from 'node:worker_threads';
import type { CommandEnd, CommandThreadData, ThreadedCommands, ToCommand } from './command-thread.ts';
import { describeFailure } from './failure.ts';
import type { Listen } from './signals.ts';

/*
 * The other end of `runOnThread`.
 */

type Run<Command extends keyof ThreadedCommands> = (
  given: ThreadedCommands[Command],
  listen: Listen,
) => Promise<number>;

const commands: { [Command in keyof ThreadedCommands]: () => Promise<Run<Command>> } = {
  train: async () => async (given, listen) => {
    const thread =
      given.threads === '1'
        ? undefined
        : (await import('../node/start-critic-thread.ts')).prepareCriticThread();
    return (await import('./commands/train.ts')).runTrain(given, { thread, listen });
  },
  fit: async () => (await import('./commands/fit.ts')).runFit,
  compare: async () => (await import('./commands/compare.ts')).runCompare,
  sweep: async () => (await import('./commands/sweep.ts')).runSweep,
};

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
    } else if ('columns' in message) process.stdout.columns = message.columns;
    else {
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

async function run<Command extends keyof ThreadedCommands>(
  command: Command,
  given: ThreadedCommands[Command],
): Promise<number> {
  try {
    return await (await commands[command]())(given, listenToMainThread);
  } catch (error) {
    const failure = describeFailure(error);
    process.stderr.write(`${failure.text}\n`);
    return failure.exitCode;
  }
}

const { command, given, terminal } = workerData as CommandThreadData;
Object.assign(process.stdout, { ...terminal, hasColors: () => terminal.hasColors });
const end: CommandEnd = { exitCode: await run(command, given) };
port.postMessage(end);
