import { counted } from '../elementary/thousands.ts';
import { type Connection, connect } from '../queue/connection.ts';
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
  const connection = await connect(queue, queuePrefix);
  try {
    print(oneLine(await act(connection)));
    return 0;
  } finally {
    connection.close();
  }
}

/** `leash queue status` @returns the exit code */
export async function showStatus(
  given: QueueGiven & { readonly json?: boolean | undefined },
): Promise<number> {
  const connection = await connect(given.queue, given.queuePrefix);
  try {
    const status = await statusOf(connection);
    if (given.json) printJson(encodeJson(status, 1));
    else print(linesOf(status, connection.shown).map(oneLine).join('\n'));
    return 0;
  } finally {
    connection.close();
  }
}

function linesOf({ isPaused, runs, studies, workers }: QueueStatus, shown: string): string[] {
  const { waiting, active, delayed } = runs;
  return [
    `${shown}${isPaused ? ', paused' : ''}: ${counted(waiting, 'run')} waiting, ${active} being made, ${delayed} to be tried again`,
    ...studies.map(
      ({ name, token, host, awaited, startedAt, leash, isDrained }) =>
        `study ${name} (${token}), called on ${host} at ${startedAt} with leash ${leash}, waits for ${counted(awaited, 'run')}${isDrained ? ', drained' : ''}`,
    ),
    ...workers.map(
      ({ name, concurrency, leash }) =>
        `worker ${name}, leash ${leash}, ${counted(concurrency, 'run')} at once`,
    ),
    ...(workers.length === 0 ? ['no worker'] : []),
  ];
}
