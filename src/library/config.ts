import type { z } from 'zod';
import { resolveConfig } from '../config/load.ts';
import type { Config, configSchema } from '../config/schema.ts';
import { readJsonFile } from '../node/text-file.ts';
import type { EnvironmentDefinition } from '../rollout/environment.ts';
import { UserError } from '../user-error.ts';
import { optionsWith } from './environment.ts';

/** What a config file holds: what differs from the defaults. */
export type Settings = z.input<typeof configSchema>;

/**
 * A config with every default filled in.
 *
 * @param written a config file, or what one holds
 * @param environment one's own, in place of a built-in: settings that name none mean it
 * @throws UserError that names field, value, allowed range and place
 */
export function configOf(written: string | Partial<Settings>, environment?: EnvironmentDefinition): Config {
  const isFile = typeof written === 'string';
  const place = isFile ? written : 'config';
  const value = isFile ? readJsonFile(written, 'config file') : written;
  const { loaded, problems } = resolveConfig(named(value, environment), place, [], optionsWith(environment));
  if (loaded !== undefined) return loaded.config;
  throw new UserError(problems.join('\n'));
}

function named(value: unknown, environment: EnvironmentDefinition | undefined): unknown {
  if (environment === undefined || typeof value !== 'object' || value === null || Array.isArray(value))
    return value;
  const { environment: given = {} } = value as { environment?: object };
  return { ...value, environment: { id: environment.id, ...given } };
}
