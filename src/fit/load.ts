import { jsonSchemaOf } from '../config/fields.ts';
import { readJsonFile } from '../node/text-file.ts';
import { type Override, resolveSettings } from '../config/load.ts';
import { UserError } from '../user-error.ts';
import { type FitConfig, fitSchema } from './schema.ts';

/**
 * Reads a config of `leash fit`, puts the overrides on top and fills in the defaults.
 * @throws UserError with the first problem, and how many more there are
 */
export function loadFit(file: string, overrides: readonly Override[]): FitConfig {
  const written = readJsonFile(file, 'config file');
  const { resolved, problems } = resolveSettings(written, file, overrides, fitSchema, () =>
    jsonSchemaOf(fitSchema),
  );
  if (resolved !== undefined && problems.length === 0) return resolved;
  const more = problems.length > 1 ? ` (and ${problems.length - 1} more)` : '';
  throw new UserError(`${problems[0]}${more}`);
}
