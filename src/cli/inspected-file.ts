import { dirname, join } from 'node:path';
import { environmentOptions } from '../../envs/environment-options.ts';
import { type FileKind, fileKinds, kindOfJson } from '../config/file-kind.ts';
import { isPath, PATH_SETTINGS } from '../config/file-paths.ts';
import type { EnvironmentOptions, LoadedConfig, Override } from '../config/load.ts';
import type { PresetName } from '../config/presets.ts';
import { show, valueAt } from '../config/problem.ts';
import { inspectStudy, refuseSeed, type Study } from '../experiment/study-file.ts';
import { inspectSweep, type Sweep } from '../experiment/sweep-file.ts';
import { inspectFit, type LoadedFit } from '../fit/load.ts';
import { parseRunAt } from '../node/checkpoints.ts';
import { pathBeside } from '../node/beside.ts';
import { kindOfPlace } from '../node/file-kind.ts';
import { openEnvironments } from '../node/environments.ts';
import { inspectConfig } from '../node/load-config.ts';
import { readJsonFile } from '../node/text-file.ts';
import { UserError } from '../user-error.ts';
import { existsSync } from 'node:fs';

/** What a file that says what to train holds. */
export type Content =
  | { readonly kind: 'config'; readonly loaded: LoadedConfig }
  | { readonly kind: 'fit'; readonly loaded: LoadedFit }
  | { readonly kind: 'study'; readonly study: Study }
  | { readonly kind: 'sweep'; readonly sweep: Sweep }
  | { readonly kind: 'schema' };

/** What `leash config check` and `leash config show` take. */
export const CONFIG_KINDS = [
  'config',
  'fit',
  'study',
  'sweep',
  'schema',
  'run',
  'fitRun',
] as const satisfies FileKind[];

/** What a file holds, or all that is wrong with it. */
export type Inspected =
  | { readonly content: Content; readonly problems: readonly [] }
  | { readonly content?: never; readonly problems: readonly string[] };

/**
 * Reads a config, fit, study or sweep, whichever it is; of a run its config.
 * @param file of one of `CONFIG_KINDS`
 * @throws UserError for flags that do not go with its kind
 */
export async function inspectFile(
  file: string,
  overrides: readonly Override[],
  like?: PresetName,
): Promise<Inspected> {
  // What a run was made with is somebody's code: to read its config is not to run that.
  if (isOfRun(file)) return inspect(file, overrides, environmentOptions, like);
  return await openEnvironments().reading((options) => inspect(file, overrides, options, like));
}

/** A run, or a file in its folder. */
function isOfRun(file: string): boolean {
  return configIn(file) !== file || existsSync(join(dirname(file), 'run.json'));
}

function inspect(
  file: string,
  overrides: readonly Override[],
  environments: EnvironmentOptions,
  like?: PresetName,
): Inspected {
  const place = configIn(file);
  const kind = kindOf(place);
  if (like !== undefined && kind !== 'config')
    throw new UserError(`--like is for a config; ${file} is ${fileKinds[kind].what}`);
  if (kind === 'config') {
    const { loaded, problems } = inspectConfig(place, overrides, environments, like);
    return loaded === undefined ? { problems } : whole({ kind, loaded });
  }
  if (kind === 'fit') {
    const { loaded, problems } = inspectFit(place, overrides);
    return loaded === undefined ? { problems } : whole({ kind, loaded });
  }
  if (kind === 'schema') return whole({ kind });
  refuseSeed(overrides);
  const written = readJsonFile(place, 'file');
  if (kind === 'study') {
    const { study, problems } = inspectStudy(written, place, overrides, environments);
    return study === undefined ? { problems } : whole({ kind, study });
  }
  const { sweep, problems } = inspectSweep(written, place, overrides, environments);
  return sweep === undefined ? { problems } : whole({ kind: 'sweep', sweep });
}

/** Of a run its config, of anything else itself. */
function configIn(file: string): string {
  return ['run', 'fitRun'].includes(kindOfPlace(file) ?? '') ? join(file, 'config.json') : file;
}

/** What tells nothing of its kind is taken for a config: that says what is wrong with it. */
function kindOf(place: string): Content['kind'] {
  try {
    const kind = kindOfJson(readJsonFile(place, 'config file'));
    const known = (['fit', 'study', 'sweep', 'schema'] as const).find((each) => each === kind);
    return known ?? 'config';
  } catch (error) {
    if (error instanceof UserError) return 'config';
    throw error;
  }
}

function whole(content: Content): Inspected {
  return { content, problems: [] };
}

/** Files that a config or fit names and that are not there, one line each: what is shown may do without. */
export function missingFiles(content: Content, file: string): string[] {
  if (content.kind !== 'config' && content.kind !== 'fit') return [];
  const { config } = content.loaded;
  return PATH_SETTINGS.flatMap((keys) => {
    const path = valueAt(config, keys);
    if (typeof path !== 'string' || keys[0] === '$schema' || !isPath(keys, path)) return [];
    // A fit's is still as it was written.
    const place = keys[0] === 'data' ? pathBeside(configIn(file), path) : path;
    return existsSync(parseRunAt(place)?.run ?? place)
      ? []
      : [`${keys.join('.')} must name a file that is there, got ${show(place)} (${file})`];
  });
}
