import { existsSync } from 'node:fs';
import { dirname, isAbsolute, relative } from 'node:path';
import {
  type EnvironmentOptions,
  type Inspection,
  type LoadedConfig,
  type Override,
  resolveConfig,
} from '../config/load.ts';
import type { NamedEnvironment } from '../config/environment-name.ts';
import type { PresetName } from '../config/presets.ts';
import { firstOf, isTree, show } from '../config/problem.ts';
import { inspectRunConfig } from '../config/run-config.ts';
import type { Config } from '../config/schema.ts';
import { withPaths } from '../config/file-paths.ts';
import { UserError } from '../user-error.ts';
import { configOfRun, settingBeside } from './beside.ts';
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
  const isOverridden = like !== undefined || overrides.some(({ origin }) => origin.startsWith('--'));
  throw firstOf(problems, file, isOverridden);
}

/** As `loadConfig`, but returns every problem. */
export function inspectConfig(
  file: string,
  overrides: readonly Override[],
  environments: EnvironmentOptions,
  like?: PresetName,
): Inspection {
  try {
    return inspectWritten(readJsonFile(file, 'config file'), file, overrides, environments, like);
  } catch (error) {
    // What somebody's own file threw as it was loaded is shown with its stack.
    if (error instanceof UserError && error.cause === undefined) return { problems: [error.message] };
    throw error;
  }
}

/** As `inspectConfig`, of what a file holds. @param file undefined: of nothing that is written, as `given` says */
export function inspectWritten(
  written: unknown,
  file: string | undefined,
  overrides: readonly Override[],
  environments: EnvironmentOptions,
  like?: PresetName,
  given = file ?? 'config',
): Inspection {
  const beside = modulesBeside(environments, (path) => placed(path, 'environment.module', file, overrides));
  const inspection = resolveConfig(written, given, overrides, beside, like);
  if (inspection.loaded === undefined) return inspection;
  const found = located(inspection.loaded, file, overrides);
  return found.loaded === undefined ? found : withRewardModels(found.loaded, environments);
}

/** The same environments, for files that are named as a config names them. */
function modulesBeside(
  environments: EnvironmentOptions,
  located: (path: string) => string,
): EnvironmentOptions {
  const here = <Named extends NamedEnvironment>(named: Named): Named =>
    named.module === undefined ? named : { ...named, module: located(named.module) };
  return {
    schema: (named, place) => environments.schema(here(named), place),
    resolve: (named, options, place) => environments.resolve(here(named), options, place),
    hasDiscreteObservations: (named, options) => environments.hasDiscreteObservations(here(named), options),
    hasDiscreteActions: (named, options) => environments.hasDiscreteActions(here(named), options),
    notSquashable: (named, options) => environments.notSquashable(here(named), options),
    notEnumerable: (named, options) => environments.notEnumerable(here(named), options),
    episodeLength: (named, options) => environments.episodeLength(here(named), options),
    mismatch: (named, options) => environments.mismatch(here(named), options),
  };
}

/** What a path means from here: it starts from the file that says it, or from here where the command line does. */
function placed(
  path: string,
  setting: string,
  file: string | undefined,
  overrides: readonly Override[],
): string {
  const from = saidBy(setting, file, overrides);
  if (from !== undefined) return settingBeside(from, path);
  // One file has one name: whether runs are of one environment is told by it.
  return setting === 'environment.module' && !isAbsolute(path) ? relative('', path) || path : path;
}

/** The file that says a setting; undefined where the command line does. */
function saidBy(
  setting: string,
  file: string | undefined,
  overrides: readonly Override[],
): string | undefined {
  const override = overrides.findLast((each) => setting === each.path || setting.startsWith(`${each.path}.`));
  return override === undefined ? file : override.file;
}

/**
 * With the paths of files as the working folder has them: each starts from the file that says it, and from here what the
 * command line says.
 */
function located(loaded: LoadedConfig, file: string | undefined, overrides: readonly Override[]): Inspection {
  const problems: string[] = [];
  const config = withPaths(loaded.config, (path, setting) => {
    const from = saidBy(setting, file, overrides);
    const beside = placed(path, setting, file, overrides);
    if (from !== undefined && setting !== '$schema' && !existsSync(beside) && existsSync(path))
      problems.push(
        `${setting} must be a path from where its file stands, as of leash 0.2.0, got ${show(path)}, which is there from the working folder: say ${show(relative(dirname(from), path))} (${from})`,
      );
    return beside;
  });
  if (problems.length > 0) return { problems };
  const { origins } = loaded;
  return {
    loaded: {
      config,
      origins,
      get schema() {
        return loaded.schema;
      },
    },
    problems: [],
  };
}

/** With what is in the files that the `model` of a task's rewards name in their places: the run needs no other file then. */
function withRewardModels(loaded: LoadedConfig, environments: EnvironmentOptions): Inspection {
  const { config } = loaded;
  const { environment } = config;
  const { options } = environment;
  // What the options of a file mean is its own.
  if (environment.module !== undefined) return { loaded, problems: [] };
  let resolved = options;
  for (const key of ['reward', 'trueReward'] as const) {
    const reward = options[key];
    if (!isTree(reward) || typeof reward.model !== 'string') continue;
    const place = reward.model;
    const model = readJsonFile(place, 'reward model');
    resolved = environments.resolve(environment, { ...resolved, [key]: { ...reward, model } }, () => place);
  }
  if (resolved === options) return { loaded, problems: [] };
  return {
    loaded: {
      config: { ...config, environment: { ...environment, options: resolved } },
      origins: loaded.origins,
      get schema() {
        return loaded.schema;
      },
    },
    problems: [],
  };
}

/**
 * The config.json of a run, of `train` or of `fit`, written by this leash or an older one: defaults filled in where a
 * setting came later, old names read as today's. Options of an environment that `environments` don't know stay as they
 * are.
 * @throws UserError in one line when it cannot be read or is no config
 */
export function readRunConfig(file: string, environments?: EnvironmentOptions): Config {
  const { config, problems } = inspectRunConfig(readJsonFile(file, 'file'), file, environments);
  if (config !== undefined) return configOfRun(file, config);
  throw firstOf(problems, file);
}
