import { type Override, parseAssignment } from '../config/load.ts';
import { UserError } from '../user-error.ts';

/** Flags of the commands that read a config. */
export interface SettingFlags {
  set?: string | string[] | undefined;
  seed?: string | undefined;
  steps?: string | undefined;
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
