import { tanh } from '../elementary/hyperbolic.ts';
import type { Head } from '../policy/head.ts';
import type { ActionSpace } from './environment.ts';

/** Why the actions of a space cannot go through tanh, as the end of a sentence; undefined where they can. */
export function notSquashable(space: ActionSpace, id: string): string | undefined {
  if (space.kind !== 'box') return `the actions of ${id} are no box`;
  const a = space.low.findIndex((low, d) => !Number.isFinite(low) || !Number.isFinite(space.high[d]));
  if (a < 0) return undefined;
  return `action[${a}] of ${id} is in [${space.low[a]}, ${space.high[a]}], and tanh needs two bounds`;
}

/**
 * What the environment is given for what a policy drew: the same, but of a squashed Gaussian u, which is
 * low + (high − low)·(1 + tanh u)/2.
 * @param count actions at once, at most
 * @returns writes and gives the same array again and again
 */
export function createPlayed(
  { kind }: Pick<Head, 'kind'>,
  space: ActionSpace,
  count: number,
): (actions: Float32Array) => Float32Array {
  if (kind !== 'squashedGaussian' || space.kind !== 'box') return (actions) => actions;
  const { low, high } = space;
  const A = low.length;
  const played = new Float32Array(count * A);
  return (actions) => {
    for (let i = 0; i < actions.length; i++)
      played[i] = low[i % A] + (high[i % A] - low[i % A]) * 0.5 * (1 + tanh(actions[i]));
    return played;
  };
}
