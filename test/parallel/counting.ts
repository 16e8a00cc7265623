import { command, type MovableState, measurement, type Operations } from '../../src/parallel/operation.ts';

/** State for tests: a sum that moves, and a word that an operation reads in shared memory. */
interface Counting extends MovableState {
  sum: number;
  /** What `look` reads: the state's own here, on a thread what was copied. */
  readonly seen: Float64Array;
  copySeen(): void;
}

/** All shared memory. */
export interface CountingGiven {
  readonly moving: Float64Array;
  readonly seen: Float64Array;
}

export const countingOperations = {
  add: command((state: Counting, a, b) => {
    state.sum += a * b;
  }),
  sum: measurement(['sum', 'half'], ({ sum }: Counting) => ({ sum, half: sum / 2 })),
  look: measurement(
    ['seen'],
    ({ seen }: Counting, factor) => ({ seen: factor * seen[0] }),
    (state) => state.copySeen(),
  ),
  fail: command((_: Counting, code) => {
    throw new Error(`failed with ${code}`);
  }),
} satisfies Operations<Counting>;

export function createCounting({ moving, seen }: CountingGiven, own = seen): Counting {
  return {
    sum: 0,
    seen: own,
    copySeen: () => seen.set(own),
    save() {
      moving[0] = this.sum;
    },
    load() {
      this.sum = moving[0];
    },
  };
}
