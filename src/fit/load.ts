import { resolve } from 'node:path';
import { kindOfJson, otherKind } from '../config/file-kind.ts';
import { withPaths } from '../config/file-paths.ts';
import { type JsonSchema, jsonSchemaOf } from '../config/fields.ts';
import { flagOf, type Override, resolveSettings } from '../config/load.ts';
import { firstOf } from '../config/problem.ts';
import { settingBeside } from '../node/beside.ts';
import { readJsonFile } from '../node/text-file.ts';
import { UserError } from '../user-error.ts';
import { type FitConfig, fitSchema } from './schema.ts';

/** A config of `leash fit` that was read. */
export interface LoadedFit {
  readonly config: FitConfig;
  readonly schema: JsonSchema;
  /** Path of a setting → where it was given; absent: a default. */
  readonly origins: ReadonlyMap<string, string>;
}

/** Either a config or what is wrong with it, one line each. */
type Inspection =
  | { readonly loaded: LoadedFit; readonly problems: readonly [] }
  | { readonly loaded?: never; readonly problems: readonly string[] };

/**
 * Reads a config of `leash fit`, puts the overrides on top and fills in the defaults.
 * @throws UserError with the first problem, and how many more there are
 */
export function loadFit(file: string, overrides: readonly Override[]): FitConfig {
  const { loaded, problems } = inspectFit(file, overrides);
  if (loaded !== undefined) return loaded.config;
  throw firstOf(problems, file, overrides.length > 0);
}

/** The config as the record of its run has it: with the data's path as the working folder has it. @param file where it stands */
export function recordedFit(config: FitConfig, file: string): FitConfig {
  return withPaths(config, (path) => settingBeside(file, path));
}

/** Where `data.file` is said, for messages: the config file, or the flag. */
export function placeOfData(file: string, overrides: readonly Override[]): string {
  const said = overrides.findLast(saysData);
  return said === undefined ? file : flagOf(said);
}

function saysData({ path }: Override): boolean {
  return path === 'data.file' || path === 'data';
}

/** As `loadFit`, but returns every problem. */
export function inspectFit(file: string, overrides: readonly Override[]): Inspection {
  try {
    const written = readJsonFile(file, 'config file');
    const other = otherKind(file, kindOfJson(written), ['fit']);
    if (other !== undefined) return { problems: [other] };
    const schema = jsonSchemaOf(fitSchema);
    const { resolved, problems, origins } = resolveSettings(
      written,
      file,
      overrides,
      fitSchema,
      () => schema,
    );
    if (resolved === undefined || problems.length > 0) return { problems };
    // What the command line says starts from the working folder, not from where the config stands.
    const config = overrides.some(saysData)
      ? withPaths(resolved, (path, setting) => (setting === 'data.file' ? resolve(path) : path))
      : resolved;
    return { loaded: { config, schema, origins }, problems: [] };
  } catch (error) {
    if (error instanceof UserError) return { problems: [error.message] };
    throw error;
  }
}
