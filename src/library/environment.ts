import { findBuiltIn, environmentOptions, optionsOf } from '../../envs/environment-options.ts';
import { parseOptions } from '../../envs/registry.ts';
import { codeOf, type NamedEnvironment, namedBy } from '../config/environment-name.ts';
import type { EnvironmentOptions } from '../config/load.ts';
import {
  type CheckedEnvironment,
  checkEnvironment as check,
} from '../environment-check/check-environment.ts';
import { type Environments, openEnvironments, type RunOfEnvironment } from '../node/environments.ts';
import type { EnvironmentDefinition } from '../rollout/environment.ts';
import { UserError } from '../user-error.ts';
import { wrap } from '../wrapper/wrappers.ts';

/** The environments that a program's configs name: its own one, where it has one at hand, the built-in ones and files. */
export type ProgramEnvironments = Pick<Environments, 'reading' | 'resolve'>;

/** @param own comes before a built-in of its id */
export function environmentsWith(own: EnvironmentDefinition | undefined): ProgramEnvironments {
  const others = openEnvironments();
  if (own === undefined) return others;
  return {
    reading: (read) => others.reading((options) => read(optionsWith(own, options))),
    resolve: async (named) => (named.id === own.id ? wrap(own, named.wrappers) : await others.resolve(named)),
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
    hasDiscreteActions: (named, options) => optionsFor(named).hasDiscreteActions(named, options),
    notSquashable: (named, options) => optionsFor(named).notSquashable(named, options),
    notEnumerable: (named, options) => optionsFor(named).notEnumerable(named, options),
    episodeLength: (named, options) => optionsFor(named).episodeLength(named, options),
    mismatch: (named, options) => optionsFor(named).mismatch(named, options),
  };
}

/** What a run's policy acts in. @param said a definition, an id or a file; what is code of a run has to be said */
export async function environmentOfRun(
  run: RunOfEnvironment,
  said: string | EnvironmentDefinition | undefined,
): Promise<EnvironmentDefinition> {
  const { id, module, wrappers } = run.config.environment;
  if (typeof said === 'object' && (module !== undefined || said.id === id)) return wrap(said, wrappers);
  if (id !== undefined && codeOf(run.config.environment) === undefined)
    return wrap(findBuiltIn({ id }, run.path), wrappers);
  return (await openEnvironments().ofRun(run, typeof said === 'string' ? said : undefined)).definition;
}

/**
 * The environment that a file exports, or a built-in one.
 * @param name its path from the working folder, which is run, or an id
 * @throws UserError in one line for a file that is not there, cannot be loaded or exports no environment, and an unknown id
 */
export function loadEnvironment(name: string): Promise<EnvironmentDefinition> {
  return openEnvironments().resolve(namedBy(name));
}

/** How `checkEnvironment` checks. */
export interface CheckEnvironmentOptions {
  /** `environment.options` of a config; those of the example, or the defaults, where they are not given. */
  readonly options?: Record<string, unknown>;
  /** Calls of `reset` and `step` of each play, ≥ 100; 2000 by default. */
  readonly steps?: number;
  /** Of actions and of what the environment draws; 0 by default. */
  readonly seed?: number;
}

/**
 * Plays an environment by random actions and says what training would suffer from, as `leash check-env` does.
 * @throws UserError for options that it does not take
 */
export function checkEnvironment(
  environment: EnvironmentDefinition,
  { options = environment.example ?? {}, steps = 2000, seed = 0 }: CheckEnvironmentOptions = {},
): CheckedEnvironment {
  if (!(Number.isInteger(steps) && steps >= 100))
    throw new UserError(`the option steps must be an integer ≥ 100, got ${steps}`);
  const parsed = parseOptions(environment, options, () => environment.id);
  return check(environment, parsed, { steps, seed, now: () => performance.now() });
}
