import type { Network } from '../network/network.ts';
import type { Space } from '../rollout/environment.ts';
import type { VectorEnvironment } from '../rollout/vector-environment.ts';
import { UserError } from '../user-error.ts';

/**
 * That a network takes as many numbers as an observation has, but arranges them otherwise: 8 × 6 × 3 of them where they are
 * 6 × 8 × 3. Sides of 1 say nothing, nor does one row of them all.
 * @returns to stand after the network's name; undefined: it fits
 */
export function otherArrangement(
  { inputShape }: Pick<Network, 'inputShape'>,
  space: Space,
): string | undefined {
  const [takes, shows] = [inputShape, space.shape ?? []].map((shape) => shape.filter((side) => side !== 1));
  if (takes.length <= 1 || space.shape === undefined || takes.join() === shows.join()) return undefined;
  return `takes [${inputShape.join(', ')}], an observation is [${space.shape.join(', ')}]`;
}

/** What an environment shows. */
export type Shown = Pick<VectorEnvironment, 'id' | 'observationSpace'>;

/** @throws UserError when the network of a policy takes observations that are arranged otherwise */
export function requireArrangement(
  network: Pick<Network, 'inputShape'>,
  { id, observationSpace }: Shown,
): void {
  const other = otherArrangement(network, observationSpace);
  if (other !== undefined) throw new UserError(`the policy ${other} in ${id}`);
}
