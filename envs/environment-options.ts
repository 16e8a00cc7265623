import { environments, findEnvironment, parseOptions } from './registry.ts';
import { jsonSchemaOf } from '../src/config/fields.ts';
import type { EnvironmentOptions } from '../src/config/load.ts';
import { randomStream } from '../src/random/random.ts';
import type { EnvironmentDefinition } from '../src/rollout/environment.ts';
import { UserError } from '../src/user-error.ts';

/** The environments of `envs/`, as loading a config wants to know them. */
export const environmentOptions: EnvironmentOptions = {
  schema(id, place) {
    const { options } = environmentAt(id, place);
    return () => jsonSchemaOf(options);
  },
  resolve: (id, options, place) =>
    parseOptions(environmentAt(id, place), options, place) as Record<string, unknown>,
  hasDiscreteObservations: (id, options) => isDiscrete(findEnvironment(id), options),
  notEnumerable: (id, options) => notEnumerable(findEnvironment(id), options),
  episodeLength: (id, options) => findEnvironment(id).episodeLength?.(options),
};

/** Whether what an environment shows is the number of a state. @param options with their defaults */
export function isDiscrete(definition: EnvironmentDefinition, options: Record<string, unknown>): boolean {
  const { observationSpace } = definition.create(options, randomStream(0, 'environment/task'));
  return observationSpace.kind === 'discrete';
}

/** Why an environment has no ground truth, and which have. @param options with their defaults */
export function notEnumerable(
  definition: EnvironmentDefinition,
  options: Record<string, unknown>,
): string | undefined {
  const found = definition.enumerate?.(options, randomStream(0, 'environment/task'));
  if (found?.kind === 'tooMany') return `${definition.id} ${found.why}`;
  if (found !== undefined) return undefined;
  const can = environments.filter(({ enumerate }) => enumerate !== undefined).map(({ id }) => id);
  const these = can.includes(definition.id) ? ' with these options' : '';
  return `${definition.id}${these} cannot be written out; those that can are ${can.join(', ')}`;
}

function environmentAt(id: string, place: string): EnvironmentDefinition {
  try {
    return findEnvironment(id);
  } catch (error) {
    throw error instanceof UserError ? new UserError(`${error.message} (${place})`) : error;
  }
}
