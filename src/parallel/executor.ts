import { CommandQueue } from './command-queue.ts';
import { createFasterPlace, type Place } from './faster-place.ts';
import { Control, type FiguresOf, type MovableState, type Operations, placesOf } from './operation.ts';
import type { Assignment, Thread } from './thread.ts';

/** What runs the operations of a table, by name; the numbers are the same wherever it does. */
interface Runner<Table extends Operations<never>> {
  /** Has an operation done, after those before it; nobody waits for it. */
  run(name: keyof Table, a?: number, b?: number): void;
  /** Has it done at some time before `finish`: here by `finish` itself, on a thread from now on. */
  begin(name: keyof Table, a?: number, b?: number): void;
  /** Waits for the operation of that name that was run or begun last. */
  finish<Name extends keyof Table>(name: Name): FiguresOf<Table, Name>;
  /** Waits for all that was run. */
  drain(): void;
}

/** Runs operations on this thread, on one of their own, or wherever that is faster. */
export interface Executor<Table extends Operations<never>> extends Runner<Table> {
  /** Threads in use, now. */
  threads(): 1 | 2;
  /** A turn of work begins: only here may the place change. */
  turn(): void;
  /** The operations go on from this thread's state, which was set anew. */
  resume(): void;
  /** Brings this thread's state up to date. */
  sync(): void;
  /** Ends what runs beside this thread. */
  end(): void;
}

/** Threads that work: 2 runs the operations beside the rest, `auto` does so while that is faster. */
export type Threads = 1 | 2 | 'auto';

/** A second thread, and when it is used: the clock decides where the numbers are computed and never what they are. */
export interface SecondThread {
  readonly threads: Exclude<Threads, 1>;
  /** Called once, where it is used: a thread that ends with the executor. */
  start(): Thread;
}

/**
 * @param state this thread's
 * @param second where there is one, with what the thread's state is made of
 */
export function createExecutor<State extends MovableState, Table extends Operations<State>>(
  table: Table,
  state: State,
  second?: SecondThread & { readonly given: unknown },
): Executor<Table> {
  const here = createInlineRunner(table, state);
  const beside = second && createThreadRunner(table, state, second.start(), second.given);
  const placeOfTurn = second?.threads === 'auto' ? createFasterPlace() : undefined;
  let runner: Runner<Table> = here;

  const resume = (): void => {
    if (runner === beside) beside.load();
  };
  const sync = (): void => {
    if (runner === beside) beside.save();
  };
  const changeTo = (place: Place): void => {
    sync();
    runner = place === 'thread' && beside ? beside : here;
    resume();
  };
  if (second?.threads === 2) changeTo('thread');

  return {
    run: (name, a, b) => runner.run(name, a, b),
    begin: (name, a, b) => runner.begin(name, a, b),
    finish: (name) => runner.finish(name),
    drain: () => runner.drain(),
    threads: () => (runner === here ? 1 : 2),
    turn() {
      if (!placeOfTurn) return;
      const place = placeOfTurn();
      if ((place === 'here') !== (runner === here)) changeTo(place);
    },
    resume,
    sync,
    end: () => beside?.end(),
  };
}

function createInlineRunner<State, Table extends Operations<State>>(
  table: Table,
  state: State,
): Runner<Table> {
  const begun = new Map<keyof Table, readonly [a: number, b: number]>();
  const found = new Map<keyof Table, Readonly<Record<string, number>>>();
  const run = (name: keyof Table, a = 0, b = 0): void => {
    begun.delete(name);
    found.set(name, table[name].run(state, a, b));
  };
  return {
    run,
    begin: (name, a = 0, b = 0) => void begun.set(name, [a, b]),
    finish<Name extends keyof Table>(name: Name) {
      const waiting = begun.get(name);
      if (waiting) run(name, ...waiting);
      return found.get(name) as FiguresOf<Table, Name>;
    },
    drain: () => {},
  };
}

/** The runner of a thread that does what `serve` does. */
interface ThreadRunner<Table extends Operations<never>> extends Runner<Table> {
  /** Takes this thread's state there. */
  load(): void;
  /** Takes its state here. */
  save(): void;
  end(): void;
}

function createThreadRunner<State extends MovableState, Table extends Operations<State>>(
  table: Table,
  state: State,
  thread: Thread,
  given: unknown,
): ThreadRunner<Table> {
  const { offsets, length } = placesOf(table);
  const names: readonly (keyof Table)[] = Object.keys(table);
  const numbers = new Map(names.map((name, number) => [name, number]));
  const results = new Float64Array(new SharedArrayBuffer(8 * length));
  const queue = new CommandQueue(undefined, () => thread.isAlive?.());
  thread.postMessage({ queue: queue.memory, results, given } satisfies Assignment<unknown>);
  /** The last command of each operation. */
  const sent = new Int32Array(names.length);
  const run = (name: keyof Table, a = 0, b = 0): void => {
    const number = numbers.get(name) as number;
    table[name].copy?.(state);
    sent[number] = queue.send(number, a, b);
  };
  return {
    run,
    begin: run,
    finish<Name extends keyof Table>(name: Name) {
      const number = numbers.get(name) as number;
      queue.waitFor(sent[number]);
      const found: Record<string, number> = {};
      const { figures } = table[name];
      for (let i = 0; i < figures.length; i++) found[figures[i]] = results[offsets[number] + i];
      return found as FiguresOf<Table, Name>;
    },
    drain: () => queue.drain(),
    load() {
      queue.drain();
      state.save();
      queue.send(Control.load);
    },
    save() {
      queue.send(Control.save);
      queue.drain();
      state.load();
    },
    end() {
      // One that is not known to run may still be loading, and would go on with that after who started it is gone.
      if (thread.isAlive?.() === true) queue.send(Control.end);
      else thread.terminate();
    },
  };
}
