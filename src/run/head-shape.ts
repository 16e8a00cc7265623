import type { NetworkShape } from '../network/shape.ts';
import type { HeadKind, HeadShape } from '../policy/head.ts';
import { heads } from '../policy/heads.ts';
import { UserError } from '../user-error.ts';

/** What a stored policy says of its distribution. */
export interface DescribedHead {
  readonly head: HeadKind;
  /** How many values each choice of a multi-discrete has, [C]; of no other. */
  readonly choices?: readonly number[] | undefined;
  /** Of a Gaussian: their length says how many dimensions it has. */
  readonly actionBounds?: { readonly low: readonly unknown[] } | undefined;
}

/** What of a network's shape a head stands on. */
type Outputs = Pick<NetworkShape, 'outputs' | 'logStd'>;

/** What the head of a stored policy is made from. */
export function headShapeOf({ head, choices }: DescribedHead, shape: Outputs): HeadShape {
  const perState = hasStatesStd(head, shape);
  return { kind: head, sizes: choices ?? [perState ? shape.outputs / 2 : shape.outputs] };
}

/** Whether log standard deviations are outputs of the last layer, behind the means, so that each state has its own. */
export function hasStatesStd(head: HeadKind, { logStd }: Pick<Outputs, 'logStd'>): boolean {
  return heads[head].isGaussian && logStd === 0;
}

/** `categorical of 4`, `multiDiscrete of 3 × 2`. */
export function headInWords({ kind, sizes }: HeadShape): string {
  return `${kind} of ${sizes.join(' × ')}`;
}

/**
 * Without `logStd` a Gaussian is taken to have a deviation of each state only where its bounds say that it has half as many
 * dimensions as outputs: a file that lost it would be another policy.
 * @throws UserError where a network of these outputs gives no such head
 * @param what its logStd is called
 */
export function requireHeadShape(
  { head, choices, actionBounds }: DescribedHead,
  shape: Outputs,
  what: string,
  place: string,
): void {
  const { outputs, logStd } = shape;
  const spread = heads[head].isGaussian ? outputs : 0;
  const isPerState = hasStatesStd(head, shape) && 2 * (actionBounds?.low.length ?? 0) === outputs;
  if (logStd !== spread && !isPerState)
    throw new UserError(
      `${what} must be ${spread}, of ${outputs} outputs of a ${head}, got ${logStd} (${place})`,
    );
  if (head !== 'multiDiscrete') {
    if (choices !== undefined)
      throw new UserError(`choices are of a multiDiscrete, the head is ${head} (${place})`);
    return;
  }
  const sum = choices?.reduce((total, n) => total + n, 0);
  if (sum !== outputs)
    throw new UserError(
      `choices must be numbers that sum to ${outputs}, the outputs of a multiDiscrete, ${choices === undefined ? 'but are missing' : `got ${JSON.stringify(choices)}`} (${place})`,
    );
}
