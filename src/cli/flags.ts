import { type Override, parseAssignment } from '../config/load.ts';
import { nearest } from '../config/nearest.ts';
import { type PresetName, presetNames } from '../config/presets.ts';
import { UserError } from '../user-error.ts';

/** Flags of the commands that read a config. */
export interface SettingFlags {
  set?: string | string[] | undefined;
  seed?: string | undefined;
  steps?: string | undefined;
  like?: string | undefined;
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

/** The preset that `--like` names. @throws UserError when there is none of that name */
export function presetOf({ like }: SettingFlags): PresetName | undefined {
  const found = presetNames.find((name) => name === like);
  if (like === undefined || found !== undefined) return found;
  const guess = nearest(like, presetNames);
  const hint = guess === undefined ? '' : `; did you mean ${guess}?`;
  throw new UserError(`--like must be ${presetNames.join(', ')}, got ${JSON.stringify(like)}${hint}`);
}

/** A whole number of at least `least` from a flag. @throws UserError */
export function wholeNumber(flag: string, text: string, least: number): number {
  const value = text.trim() === '' ? Number.NaN : Number(text);
  if (Number.isSafeInteger(value) && value >= least) return value;
  throw new UserError(`--${flag} must be an integer ≥ ${least}, got ${text}`);
}
