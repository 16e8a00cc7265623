import type { z } from 'zod';
import { strictObject } from '../src/packages/zod.ts';
import type { EnvironmentDefinition } from '../src/rollout/environment.ts';

/** What an environment of one's own has to say; the rest of a definition has defaults. */
export type OwnEnvironment<Options> = Pick<EnvironmentDefinition<Options>, 'id' | 'create'> &
  Partial<Omit<EnvironmentDefinition<Options>, 'module' | 'versions'>>;

/**
 * An environment of one's own: what a file exports that a config names as its `module`, and what `train`, `createTraining`
 * and `loadPolicy` take.
 *
 * Without `options` it takes none; without `timeLimit` episodes end only where the environment says `terminated`.
 */
export function defineEnvironment<Options = Record<string, never>>(
  own: OwnEnvironment<Options>,
): EnvironmentDefinition<Options> {
  return {
    summary: '',
    source: '',
    options: strictObject({}) as unknown as z.ZodType<Options>,
    timeLimit: () => undefined,
    bestReturn: () => undefined,
    ...own,
  };
}
