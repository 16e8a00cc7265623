import alea from '../packages/seedrandom.ts';
import { cos } from '../elementary/trigonometry.ts';
import { log } from '../elementary/exponential.ts';
import type { Stateful } from '../elementary/state.ts';

/** State of a stream: alea's three fractions of 2³² and its carry. */
export type RandomState = {
  readonly c: number;
  readonly s0: number;
  readonly s1: number;
  readonly s2: number;
};

/** One named stream of random numbers. */
export interface Random extends Stateful<RandomState> {
  /** Uniform in [0, 1), 32 bits. */
  uniform(): number;
  /** Uniform integer in [0, n), n in [1, 2³²]. */
  integer(n: number): number;
  /** Standard normal. */
  normal(): number;
}

const TWO_PI = 2 * Math.PI;

/**
 * The stream `name` of a seed. Streams of different names are independent, so that drawing more from one
 * (more environments, say) changes no other. alea: 7 ns a draw, 32 bits, its state saves and restores.
 */
export function randomStream(seed: number, name: string): Random {
  let next = alea(`${seed}/${name}`, { state: true });
  return {
    uniform: () => next(),
    integer: (n) => Math.floor(next() * n),
    // Box–Muller without a cached spare: the state of the stream is then the state of the generator alone.
    normal: () => Math.sqrt(-2 * log(1 - next())) * cos(TWO_PI * next()),
    snapshot: () => next.state(),
    restore(state) {
      next = alea('', { state });
    },
  };
}

/** Fisher–Yates, in place: [0, indices.length) in a random order. */
export function shuffle(indices: Int32Array, random: Random): void {
  for (let i = indices.length - 1; i > 0; i--) {
    const j = random.integer(i + 1);
    const held = indices[i] as number;
    indices[i] = indices[j] as number;
    indices[j] = held;
  }
}
