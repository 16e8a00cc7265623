import { findBuiltIn, environmentOptions, optionsOf } from '../../envs/environment-options.ts';
import { type NamedEnvironment, namedBy } from '../config/environment-name.ts';
import type { EnvironmentOptions } from '../config/load.ts';
import { type Environments, openEnvironments, type RunOfEnvironment } from '../node/environments.ts';
import type { EnvironmentDefinition } from '../rollout/environment.ts';

/** The environments that a program's configs name: its own one, where it has one at hand, the built-in ones and files. */
export type ProgramEnvironments = Pick<Environments, 'reading' | 'resolve'>;

/** @param own comes before a built-in of its id */
export function environmentsWith(own: EnvironmentDefinition | undefined): ProgramEnvironments {
  const others = openEnvironments();
  if (own === undefined) return others;
  return {
    reading: (read) => others.reading((options) => read(optionsWith(own, options))),
    resolve: async (named) => (named.id === own.id ? own : await others.resolve(named)),
  };
}

/** The options of one's own environment, and of others. */
export function optionsWith(
  own: EnvironmentDefinition | undefined,
  others: EnvironmentOptions = environmentOptions,
): EnvironmentOptions {
  if (own === undefined) return others;
  const ofOwn = optionsOf(() => own);
  const optionsFor = ({ id }: NamedEnvironment): EnvironmentOptions => (id === own.id ? ofOwn : others);
  return {
    schema: (named, place) => optionsFor(named).schema(named, place),
    resolve: (named, options, place) => optionsFor(named).resolve(named, options, place),
    hasDiscreteObservations: (named, options) => optionsFor(named).hasDiscreteObservations(named, options),
    notEnumerable: (named, options) => optionsFor(named).notEnumerable(named, options),
    episodeLength: (named, options) => optionsFor(named).episodeLength(named, options),
  };
}

/** What a run's policy acts in. @param said a definition, an id or a file; what is a run's own file has to be said */
export async function environmentOfRun(
  run: RunOfEnvironment,
  said: string | EnvironmentDefinition | undefined,
): Promise<EnvironmentDefinition> {
  const { id, module } = run.config.environment;
  if (typeof said === 'object' && (module !== undefined || said.id === id)) return said;
  if (id !== undefined) return findBuiltIn({ id }, run.path);
  const file = typeof said === 'string' ? namedBy(said).module : undefined;
  return (await openEnvironments().ofRun(run, file)).definition;
}
