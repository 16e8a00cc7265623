import { environments, findEnvironment, parseOptions } from './registry.ts';
import {
  codeOf,
  environmentName,
  gymnasiumId,
  type NamedEnvironment,
  type WrappedEnvironment,
} from '../src/config/environment-name.ts';
import { type JsonSchema, jsonSchemaOf } from '../src/config/fields.ts';
import type { EnvironmentOptions } from '../src/config/load.ts';
import { randomStream } from '../src/random/random.ts';
import type { EnvironmentDefinition } from '../src/rollout/environment.ts';
import { notSquashable } from '../src/rollout/played-actions.ts';
import { UserError } from '../src/user-error.ts';
import { wrap, WrapperError } from '../src/wrapper/wrappers.ts';

/** Finds what a config names. @throws UserError where there is none @param place where it is named */
export type FindEnvironment = (named: NamedEnvironment, place: string) => EnvironmentDefinition;

/** What loading a config has to know of the environments that can be found. */
export function optionsOf(find: FindEnvironment): EnvironmentOptions {
  const wrapped = (named: WrappedEnvironment): EnvironmentDefinition => wrap(find(named, ''), named.wrappers);
  // What Python takes only Python knows, which is started where an environment is wanted, not to read a config.
  const isFound = (named: NamedEnvironment): boolean => gymnasiumId(named) === undefined;
  return {
    schema(named, place) {
      if (!isFound(named)) return anyOptions;
      const { options } = find(named, place);
      return () => jsonSchemaOf(options);
    },
    resolve: (named, options, place) =>
      isFound(named)
        ? (parseOptions(find(named, place('environment.options')), options, place) as Record<string, unknown>)
        : options,
    hasDiscreteObservations: (named, options) =>
      isFound(named) && isDiscrete(wrapped(named), options, 'observationSpace'),
    // Of Python's the training itself says so.
    hasDiscreteActions: (named, options) =>
      !isFound(named) || isDiscrete(wrapped(named), options, 'actionSpace'),
    notSquashable(named, options) {
      if (!isFound(named)) return undefined;
      const { id, create } = wrapped(named);
      return notSquashable(create(options, randomStream(0, 'environment/task')).actionSpace, id);
    },
    notEnumerable: (named, options) =>
      isFound(named) ? notEnumerable(wrapped(named), options) : unwritable(environmentName(named)),
    episodeLength: (named, options) => (isFound(named) ? wrapped(named).episodeLength?.(options) : undefined),
    mismatch: (named, options) => (isFound(named) ? mismatch(wrapped(named), options) : undefined),
  };
}

const anyOptions = (): JsonSchema => ({ type: 'object', additionalProperties: {}, default: {} });

/** Those of `envs/` alone. @param place empty: nobody asks where it was named */
export const findBuiltIn = ({ id }: { readonly id: string }, place: string): EnvironmentDefinition => {
  try {
    return findEnvironment(id);
  } catch (error) {
    throw error instanceof UserError && place !== '' ? new UserError(`${error.message} (${place})`) : error;
  }
};

const builtIn = optionsOf((named, place) => findBuiltIn(named as { id: string }, place));

/**
 * The environments of `envs/`, as reading a run wants to know them. Of a file nothing is run: what its options were is
 * written in the run, and stays as it is.
 */
export const environmentOptions: EnvironmentOptions = {
  schema: (named, place) => (codeOf(named) === undefined ? builtIn.schema(named, place) : anyOptions),
  resolve: (named, options, place) =>
    codeOf(named) === undefined ? builtIn.resolve(named, options, place) : options,
  hasDiscreteObservations: (named, options) =>
    codeOf(named) === undefined && builtIn.hasDiscreteObservations(named, options),
  // Of a file's the run itself says so.
  hasDiscreteActions: (named, options) =>
    codeOf(named) !== undefined || builtIn.hasDiscreteActions(named, options),
  notSquashable: (named, options) =>
    codeOf(named) === undefined ? builtIn.notSquashable(named, options) : undefined,
  notEnumerable: (named, options) =>
    codeOf(named) === undefined ? builtIn.notEnumerable(named, options) : undefined,
  episodeLength: (named, options) =>
    codeOf(named) === undefined ? builtIn.episodeLength(named, options) : undefined,
  mismatch: (named, options) => (codeOf(named) === undefined ? builtIn.mismatch(named, options) : undefined),
};

/** Why its wrappers cannot stand around it. @param options with their defaults */
function mismatch(definition: EnvironmentDefinition, options: Record<string, unknown>): string | undefined {
  try {
    definition.create(options, randomStream(0, 'environment/task'));
    return undefined;
  } catch (error) {
    if (error instanceof WrapperError) return error.message;
    throw error;
  }
}

/** Whether what an environment shows, or takes, is a number of a list. @param options with their defaults */
export function isDiscrete(
  definition: EnvironmentDefinition,
  options: Record<string, unknown>,
  of: 'observationSpace' | 'actionSpace',
): boolean {
  return definition.create(options, randomStream(0, 'environment/task'))[of].kind === 'discrete';
}

/** Why an environment has no ground truth, and which have. @param options with their defaults */
export function notEnumerable(
  definition: EnvironmentDefinition,
  options: Record<string, unknown>,
): string | undefined {
  const found = definition.enumerate?.(options, randomStream(0, 'environment/task'));
  if (found?.kind === 'tooMany') return `${definition.id} ${found.why}`;
  return found === undefined ? unwritable(definition.id) : undefined;
}

function unwritable(id: string): string {
  const can = environments.filter(({ enumerate }) => enumerate !== undefined).map(({ id }) => id);
  const these = can.includes(id) ? ' with these options' : '';
  return `${id}${these} cannot be written out; those that can are ${can.join(', ')}`;
}
