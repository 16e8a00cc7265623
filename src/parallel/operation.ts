/**
 * A piece of work that a table names: what it does to the state that the table is for, with up to two numbers, and the
 * numbers that it comes to.
 */
export interface Operation<State, Figure extends string = string> {
  readonly figures: readonly Figure[];
  run(state: State, a: number, b: number): Readonly<Record<Figure, number>>;
  /** Puts what it will read, and what this thread changes meanwhile, into shared memory: before it is sent to a thread. */
  copy?(state: State): void;
}

/** Operations by name. */
export type Operations<State> = Readonly<Record<string, Operation<State>>>;

/** What an operation of that name comes to. */
export type FiguresOf<Table extends Operations<never>, Name extends keyof Table> = ReturnType<
  Table[Name]['run']
>;

/** State that belongs to whichever thread runs the operations; shared memory takes it from one to the other. */
export interface MovableState {
  /** Puts this thread's into shared memory. */
  save(): void;
  /** Goes on from what is there. */
  load(): void;
}

/** What every thread can be told beside its operations, whose numbers are their places in the table. */
export const Control = { load: -1, save: -2, end: -3 } as const;

const NOTHING: Readonly<Record<never, number>> = {};

/** An operation that comes to no numbers. */
export function command<State>(run: (state: State, a: number, b: number) => void): Operation<State, never> {
  return {
    figures: [],
    run(state, a, b) {
      run(state, a, b);
      return NOTHING;
    },
  };
}

/** An operation that comes to these numbers. @param copy see `Operation` */
export function measurement<State, const Figure extends string>(
  figures: readonly Figure[],
  run: Operation<State, Figure>['run'],
  copy?: (state: State) => void,
): Operation<State, Figure> {
  return copy ? { figures, run, copy } : { figures, run };
}

/** Where in the shared results the figures of an operation are; of all together how many. */
export function placesOf(table: Operations<never>): {
  readonly offsets: readonly number[];
  readonly length: number;
} {
  let length = 0;
  const offsets = Object.values(table).map(({ figures }) => {
    length += figures.length;
    return length - figures.length;
  });
  return { offsets, length };
}
