import type { z } from 'zod';
import type { EnvironmentOptions } from '../config/load.ts';
import { isTree } from '../config/problem.ts';
import type { Config, configSchema } from '../config/schema.ts';
import { inspectWritten } from '../node/load-config.ts';
import { readJsonFile } from '../node/text-file.ts';
import type { EnvironmentDefinition } from '../rollout/environment.ts';
import { UserError } from '../user-error.ts';
import { optionsWith } from './environment.ts';

/** What a config file holds: what differs from the defaults. */
export type Settings = z.input<typeof configSchema>;

/**
 * A config with every default filled in. Paths in a file start from where it stands, others from the working folder.
 * Options of an environment that is a file stay as they are written: nothing is run.
 *
 * @param written a config file, or what one holds
 * @param environment one's own, in place of a built-in: settings that name none mean it
 * @throws UserError that names field, value, allowed range and place
 */
export function configOf(written: string | Partial<Settings>, environment?: EnvironmentDefinition): Config {
  return configWith(written, optionsWith(environment), environment);
}

/** As `configOf`. @param options of the environments that it may name */
export function configWith(
  written: string | Partial<Settings>,
  options: EnvironmentOptions,
  environment?: EnvironmentDefinition,
): Config {
  const file = typeof written === 'string' ? written : undefined;
  const value = typeof written === 'string' ? readJsonFile(written, 'config file') : written;
  const { loaded, problems } = inspectWritten(named(value, environment), file, [], options);
  if (loaded !== undefined) return loaded.config;
  throw new UserError(problems.join('\n'));
}

function named(value: unknown, environment: EnvironmentDefinition | undefined): unknown {
  if (environment === undefined || !isTree(value)) return value;
  const { environment: given = {} } = value;
  // The schema says what is wrong with it.
  if (!isTree(given)) return value;
  const name = 'module' in given ? {} : { id: environment.id };
  return { ...value, environment: { ...name, ...given } };
}
