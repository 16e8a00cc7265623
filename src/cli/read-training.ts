import { basename } from 'node:path';
import { environmentName, namedBy } from '../config/environment-name.ts';
import type { LoadedConfig } from '../config/load.ts';
import { firstOf } from '../config/problem.ts';
import type { Config } from '../config/schema.ts';
import type { Environments } from '../node/environments.ts';
import { inspectWritten, loadConfig } from '../node/load-config.ts';
import { UserError } from '../user-error.ts';
import { overridesOf, presetOf, type SettingFlags } from './flag-values.ts';
import { configFile } from './given-file.ts';

/** What says what to train. */
export interface GivenTraining extends SettingFlags {
  readonly CONFIG?: string | undefined;
}

/** A training to make. */
export interface TrainingRead {
  readonly config: Config;
  /** How errors call what says it. */
  readonly place: string;
  /** What its run is called, where nobody says otherwise. */
  readonly name: string;
}

/**
 * The config of `leash train`: a file, or of `--env` alone the defaults.
 * @throws UserError naming the first thing that is wrong with it
 */
export async function readTraining(given: GivenTraining, environments: Environments): Promise<TrainingRead> {
  const overrides = overridesOf(given);
  const like = presetOf(given);
  if (given.CONFIG !== undefined) {
    const place = await configFile(given.CONFIG, ['config']);
    const { config } = await environments.reading((options) => loadConfig(place, overrides, options, like));
    return { config, place, name: basename(place, '.json') };
  }
  const { env } = given;
  if (env === undefined)
    throw new UserError(
      'CONFIG is missing: a file of configs/, --env ID or --env FILE alone, or --from RUN@UPDATE to branch off a run',
    );
  const { config } = await environments.reading((options): LoadedConfig => {
    const { loaded, problems } = inspectWritten(
      { environment: {} },
      undefined,
      overrides,
      options,
      like,
      '--env',
    );
    if (loaded !== undefined) return loaded;
    const [first = ''] = problems;
    throw problems.length === 1 ? new UserError(first) : firstOf(problems, '--env', true);
  });
  const name = basename(environmentName(namedBy(env)))
    .replace(/\.m?[jt]s$/, '')
    .replaceAll(':', '-');
  return { config, place: '--env', name };
}
