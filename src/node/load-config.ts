import {
  type EnvironmentOptions,
  type Inspection,
  type LoadedConfig,
  type Override,
  resolveConfig,
} from '../config/load.ts';
import type { PresetName } from '../config/presets.ts';
import { inspectRunConfig } from '../config/run-config.ts';
import type { Config } from '../config/schema.ts';
import { UserError } from '../user-error.ts';
import { readJsonFile } from './text-file.ts';

/**
 * Reads a config file, puts the overrides on top and fills in the defaults.
 *
 * @param like the library whose defaults come before ours
 * @throws UserError with the first problem, and how many more there are
 */
export function loadConfig(
  file: string,
  overrides: readonly Override[],
  environments: EnvironmentOptions,
  like?: PresetName,
): LoadedConfig {
  const { loaded, problems } = inspectConfig(file, overrides, environments, like);
  if (loaded !== undefined) return loaded;
  const more = problems.length > 1 ? ` (and ${problems.length - 1} more)` : '';
  throw new UserError(`${problems[0]}${more}`);
}

/** As `loadConfig`, but returns every problem. */
export function inspectConfig(
  file: string,
  overrides: readonly Override[],
  environments: EnvironmentOptions,
  like?: PresetName,
): Inspection {
  try {
    return resolveConfig(readJsonFile(file, 'config file'), file, overrides, environments, like);
  } catch (error) {
    if (error instanceof UserError) return { problems: [error.message] };
    throw error;
  }
}

/**
 * The config.json of a run, of `train` or of `fit`, written by this leash or an older one: defaults filled in where a
 * setting came later, old names read as today's. Options of an environment that `environments` don't know stay as they
 * are.
 * @throws UserError in one line when it cannot be read or is no config
 */
export function readRunConfig(file: string, environments?: EnvironmentOptions): Config {
  const { config, problems } = inspectRunConfig(readJsonFile(file, 'file'), file, environments);
  if (config !== undefined) return config;
  throw new UserError(`${problems[0]}${problems.length > 1 ? ` (and ${problems.length - 1} more)` : ''}`);
}
