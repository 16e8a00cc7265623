import { UserError } from '../user-error.ts';

/**
 * Finite weights can still be too large: the likeliest of actions that are NaN would be the first.
 * @param id of the environment
 * @throws UserError for outputs of a policy that are not finite
 */
export function requireFiniteOutputs(outputs: Float32Array, id: string): void {
  const wrong = outputs.find((value) => !Number.isFinite(value));
  if (wrong === undefined) return;
  throw new UserError(`the policy gives ${wrong} for an observation of ${id}: its weights are too large`, 1);
}
