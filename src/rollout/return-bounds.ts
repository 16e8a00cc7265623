import type { Environment, EnvironmentDefinition, ReturnBounds } from './environment.ts';
import { returnBoundsOfTable } from './dynamic-programming.ts';

/**
 * What the return of an episode can be: as the definition says, or the least and the greatest over all ways through its
 * table within the time limit; infinite where neither tells.
 * @param options resolved
 * @param environment one copy of it
 */
export function returnBoundsOf<Options>(
  definition: EnvironmentDefinition<Options>,
  options: Options,
  { tabular }: Pick<Environment, 'tabular'>,
): ReturnBounds {
  const said = definition.returnBounds?.(options);
  if (said !== undefined) return said;
  const limit = definition.timeLimit(options);
  const found = tabular && limit !== undefined ? returnBoundsOfTable(tabular, limit) : undefined;
  return found ?? { least: Number.NEGATIVE_INFINITY, greatest: Number.POSITIVE_INFINITY };
}
