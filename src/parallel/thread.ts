import { CommandQueue } from './command-queue.ts';
import { Control, type MovableState, type Operations, placesOf } from './operation.ts';

/** A thread that waits for what it is to serve: a worker of Node.js or of a browser. */
export interface Thread {
  postMessage(message: unknown): void;
  terminate(): unknown;
  /** Whether it runs; without it, or undefined, that cannot be told while the caller waits. */
  isAlive?(): boolean | undefined;
}

/** The first and only message to a thread. */
export interface Assignment<Given> {
  /** Of a `CommandQueue`. */
  readonly queue: SharedArrayBuffer;
  /** What operations came to, in shared memory, at `placesOf` the table. */
  readonly results: Float64Array;
  /** What its state is made of. */
  readonly given: Given;
}

/**
 * The thread's end of an executor: makes its state, then does what it is told until it is to end.
 * @param report prints: the other thread waits without looking at its events, an error gets out in no other way
 */
export async function serve<State extends MovableState, Given>(
  { queue: memory, results, given }: Assignment<Given>,
  table: Operations<State>,
  open: (given: Given) => Promise<State>,
  report: (text: string) => void,
): Promise<void> {
  const queue = new CommandQueue(memory);
  try {
    const state = await open(given);
    const operations = Object.values(table);
    const { offsets } = placesOf(table);
    const received = new Float64Array(4);
    for (queue.receive(received); received[0] !== Control.end; queue.receive(received)) {
      const [number, a, b] = received;
      if (number === Control.load) state.load();
      else if (number === Control.save) state.save();
      else {
        const { figures, run } = operations[number];
        const found = run(state, a, b);
        for (let i = 0; i < figures.length; i++) results[offsets[number] + i] = found[figures[i]];
      }
      queue.finish();
    }
    queue.finish();
  } catch (error) {
    report(`${error instanceof Error ? error.stack : error}\n`);
    queue.close();
  }
}
