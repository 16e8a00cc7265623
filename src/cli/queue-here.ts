import { counted } from '../elementary/thousands.ts';
import { type Connection, connect, explained } from '../queue/connection.ts';
import { type QueueStatus, statusOf } from '../queue/control.ts';
import { oneLine } from '../user-error.ts';
import { encodeJson } from '../row/json.ts';
import { print, printJson } from './print/print.ts';

export { cancelStudy, drain, setPaused } from '../queue/control.ts';

/** Which queue. */
interface QueueGiven {
  readonly queue: string;
  readonly queuePrefix: string;
}

/** Does something to a queue and prints the line that it gives. @returns the exit code */
export async function tellOf(
  { queue, queuePrefix }: QueueGiven,
  act: (connection: Connection) => Promise<string>,
): Promise<number> {
  print(oneLine(await asking(queue, queuePrefix, act)));
  return 0;
}

/** @throws UserError where the server refuses */
async function asking<T>(
  queue: string,
  queuePrefix: string,
  ask: (connection: Connection) => Promise<T>,
): Promise<T> {
  const connection = await connect(queue, queuePrefix);
  try {
    return await ask(connection);
  } catch (cause) {
    throw explained(cause, connection.shown);
  } finally {
    connection.close();
  }
}

/** `leash queue status` @returns the exit code */
export async function showStatus(
  given: QueueGiven & { readonly json?: boolean | undefined },
): Promise<number> {
  const [status, shown] = await asking(given.queue, given.queuePrefix, async (connection) => {
    return [await statusOf(connection), connection.shown] as const;
  });
  if (given.json) printJson(encodeJson(status, 1));
  else print(linesOf(status, shown).map(oneLine).join('\n'));
  return 0;
}

function linesOf({ isPaused, runs, studies, workers }: QueueStatus, shown: string): string[] {
  const { waiting, active, delayed } = runs;
  return [
    `${shown}${isPaused ? ', paused' : ''}: ${counted(waiting, 'run')} waiting, ${active} being made, ${delayed} to be tried again`,
    ...studies.map(({ name, token, host, awaited, startedAt, leash, isDrained, isDamaged }) =>
      isDamaged
        ? `study ${token}: what is said of it at the queue is damaged, waits for ${counted(awaited, 'run')}`
        : `study ${name} (${token}), called on ${host} at ${startedAt} with leash ${leash}, waits for ${counted(awaited, 'run')}${isDrained ? ', drained' : ''}`,
    ),
    ...workers.map(
      ({ name, concurrency, leash }) =>
        `worker ${name}, leash ${leash}, ${counted(concurrency, 'run')} at once`,
    ),
    ...(workers.length === 0 ? ['no worker'] : []),
  ];
}
