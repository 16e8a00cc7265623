import { findEnvironment, parseOptions } from '../../envs/registry.ts';
import type { EnvironmentDefinition } from '../rollout/environment.ts';
import { UserError } from '../user-error.ts';
import { jsonSchemaOf } from '../config/fields.ts';
import { type EnvironmentOptions, type Override, parseAssignment } from '../config/load.ts';

/** Flags of the commands that read a config. */
export interface SettingFlags {
  set?: string | string[] | undefined;
  seed?: string | undefined;
  steps?: string | undefined;
}

/** The environments of `envs/`, as loading a config wants to know them. */
export const environmentOptions: EnvironmentOptions = {
  schema: (id, place) => jsonSchemaOf(environmentAt(id, place).options),
  resolve: (id, options, place) =>
    parseOptions(environmentAt(id, place), options, place) as Record<string, unknown>,
};

function environmentAt(id: string, place: string): EnvironmentDefinition {
  try {
    return findEnvironment(id);
  } catch (error) {
    throw error instanceof UserError ? new UserError(`${error.message} (${place})`) : error;
  }
}

/** What the flags put over the file, in order: `--set` first, so that `--seed` and `--steps` have the last word. */
export function overridesOf({ set, seed, steps }: SettingFlags): Override[] {
  const assignments = set === undefined ? [] : [set].flat().map(parseAssignment);
  const flags = { seed, steps };
  for (const [path, text] of Object.entries(flags)) {
    if (text !== undefined) assignments.push({ path, text, origin: `--${path}` });
  }
  return assignments;
}

/** A whole number of at least `least` from a flag. @throws UserError */
export function wholeNumber(flag: string, text: string, least: number): number {
  const value = text.trim() === '' ? Number.NaN : Number(text);
  if (Number.isSafeInteger(value) && value >= least) return value;
  throw new UserError(`--${flag} must be an integer ≥ ${least}, got ${text}`);
}
