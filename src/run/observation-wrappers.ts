import { sorted } from '../config/sorted.ts';
import * as z from '../packages/zod.ts';
import type { ObservationWrapper, Space } from '../rollout/environment.ts';

/** Those of a space of observations, the first innermost. */
export function observationWrappersOf(space: Space): readonly ObservationWrapper[] {
  return (space.kind === 'box' && space.wrappers) || [];
}

/**
 * That a stored policy was trained on observations that went through other wrappers than those here: the same state is other
 * numbers then; undefined where they went through the same, or those of the policy are not known.
 * @param here those of the environment
 * @param id of the environment
 */
export function otherObservations(
  stored: readonly ObservationWrapper[] | undefined,
  here: readonly ObservationWrapper[],
  id: string,
): string | undefined {
  if (stored === undefined || JSON.stringify(sorted(stored)) === JSON.stringify(sorted(here)))
    return undefined;
  return `observations went through environment.wrappers ${JSON.stringify(stored)}, those of ${id} go through ${JSON.stringify(here)}: wrappers of observations must be the same, in the same order`;
}

/** As JSON has them. */
export const observationWrappersSchema = z.array(z.object({ kind: z.string() }).catchall(z.number()));
