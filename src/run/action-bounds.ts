import * as z from '../packages/zod.ts';
import type { HeadKind, HeadShape } from '../policy/head.ts';
import { heads } from '../policy/heads.ts';
import type { ActionSpace } from '../rollout/environment.ts';
import { UserError } from '../user-error.ts';

/** What an environment clips an action of a box to, [A]; null: there is no bound. */
export interface ActionBounds {
  readonly low: readonly (number | null)[];
  readonly high: readonly (number | null)[];
}

/** The bounds of a box of actions; none of any other space. */
export function actionBoundsOf(space: ActionSpace): ActionBounds | undefined {
  if (space.kind !== 'box') return undefined;
  const bound = (value: number): number | null => (Number.isFinite(value) ? value : null);
  return { low: space.low.map(bound), high: space.high.map(bound) };
}

/**
 * That an action of a stored policy has other bounds than here: what it was trained to do is another action then; undefined
 * where each has the same, or those of the policy are not known. Other tools store them as float32.
 * @param id of the environment
 */
export function otherBounds(
  stored: ActionBounds | undefined,
  space: ActionSpace,
  id: string,
): string | undefined {
  const here = actionBoundsOf(space);
  if (stored === undefined || here === undefined) return undefined;
  const isSame = (a: number | null, b: number | null): boolean =>
    a === b || (a !== null && b !== null && Math.fround(a) === Math.fround(b));
  const at = here.low.findIndex(
    (low, a) => !isSame(low, stored.low[a]) || !isSame(here.high[a], stored.high[a]),
  );
  if (at < 0) return undefined;
  const inWords = ({ low, high }: ActionBounds): string => `[${low[at] ?? '-∞'}, ${high[at] ?? '∞'}]`;
  return `action ${at} is within ${inWords(stored)}, that of ${id} within ${inWords(here)}`;
}

/** Whether a policy of that head has them. */
export function hasActionBounds(head: HeadKind): boolean {
  return heads[head].isGaussian;
}

const bounds = z.array(z.number().nullable());

/** As JSON has them. */
export const actionBoundsSchema = z.strictObject({ low: bounds, high: bounds });

/** @throws UserError where they are not those of such a head */
export function requireActionBounds(
  given: ActionBounds | undefined,
  { kind: head, sizes: [dimensions] }: HeadShape,
  place: string,
): void {
  if (given === undefined) return;
  if (!hasActionBounds(head))
    throw new UserError(`actionBounds are of a Gaussian, the head is ${head} (${place})`);
  const { low, high } = given;
  for (const [name, { length }] of Object.entries({ low, high }))
    if (length !== dimensions)
      throw new UserError(
        `actionBounds.${name} must hold ${dimensions} numbers, one for each of an action, has ${length} (${place})`,
      );
  if (head === 'squashedGaussian' && [...low, ...high].includes(null))
    throw new UserError(`actionBounds of a squashedGaussian must be numbers, tanh needs both (${place})`);
  const at = low.findIndex((least, a) => least !== null && least > (high[a] ?? Number.POSITIVE_INFINITY));
  if (at >= 0)
    throw new UserError(
      `actionBounds.low.${at} must be at most ${high[at]}, actionBounds.high.${at}, got ${low[at]} (${place})`,
    );
}
