import type { z } from 'zod';
import { environmentOptions, isDiscrete, notEnumerable } from '../../envs/environment-options.ts';
import { findEnvironment, parseOptions } from '../../envs/registry.ts';
import { jsonSchemaOf } from '../config/fields.ts';
import type { EnvironmentOptions } from '../config/load.ts';
import { strictObject } from '../packages/zod.ts';
import type { EnvironmentDefinition } from '../rollout/environment.ts';

/** What an environment of one's own has to say; the rest of a definition has defaults. */
export type OwnEnvironment<Options> = Pick<EnvironmentDefinition<Options>, 'id' | 'create'> &
  Partial<EnvironmentDefinition<Options>>;

/**
 * An environment of one's own, for `train`, `createTraining` and `loadPolicy`.
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

/** The environment of that name: the given one, or a built-in. @throws UserError where there is none */
export function environmentNamed(id: string, own?: EnvironmentDefinition): EnvironmentDefinition {
  return own?.id === id ? own : findEnvironment(id);
}

/** The options of the built-in environments, and of one's own. */
export function optionsWith(own?: EnvironmentDefinition): EnvironmentOptions {
  if (own === undefined) return environmentOptions;
  return {
    schema: (id, place) =>
      id === own.id ? () => jsonSchemaOf(own.options) : environmentOptions.schema(id, place),
    resolve: (id, options, place) =>
      id === own.id
        ? (parseOptions(own, options, place) as Record<string, unknown>)
        : environmentOptions.resolve(id, options, place),
    hasDiscreteObservations: (id, options) =>
      id === own.id ? isDiscrete(own, options) : environmentOptions.hasDiscreteObservations(id, options),
    notEnumerable: (id, options) =>
      id === own.id ? notEnumerable(own, options) : environmentOptions.notEnumerable(id, options),
    episodeLength: (id, options) =>
      id === own.id ? own.episodeLength?.(options) : environmentOptions.episodeLength(id, options),
  };
}
