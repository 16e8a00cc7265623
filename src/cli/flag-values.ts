import { namedBy } from '../config/environment-name.ts';
import { type Override, parseAssignment } from '../config/load.ts';
import { configSchema, type Config } from '../config/schema.ts';
import { nearest } from '../config/nearest.ts';
import { MOST_OF_PATH } from '../config/problem.ts';
import { type PresetName, presetNames } from '../config/presets.ts';
import { decimal } from '../config/decimal.ts';
import type { EngineOptions } from '../node/load-engine.ts';
import { shorten, UserError } from '../user-error.ts';

/** Flags of the commands that read a config. */
export interface SettingFlags {
  env?: string | undefined;
  set?: string | string[] | undefined;
  seed?: string | undefined;
  steps?: string | undefined;
  engine?: string | undefined;
  tfjsBackend?: string | undefined;
  like?: string | undefined;
}

/**
 * What the flags put over the file, in order: `--env` first, since its options may follow, then `--set`, so that `--seed` and
 * `--steps` have the last word.
 */
export function overridesOf({ env, set, seed, steps, engine, tfjsBackend }: SettingFlags): Override[] {
  const assignments = set === undefined ? [] : [set].flat().map(parseAssignment);
  requireApart(assignments);
  if (env !== undefined) {
    const key = namedBy(env).module === undefined ? 'id' : 'module';
    assignments.unshift({ path: `environment.${key}`, text: env, origin: '--env' });
  }
  const flags = { seed, steps, engine, tfjsBackend };
  for (const [path, text] of Object.entries(flags)) {
    const origin = path === 'tfjsBackend' ? '--tfjs-backend' : `--${path}`;
    if (text !== undefined) assignments.push({ path, text, origin });
  }
  return assignments;
}

/** @throws UserError for a `--set` of which nothing would be left by a later one, of the same setting or of one around it */
function requireApart(assignments: readonly Override[]): void {
  assignments.forEach((one, i) => {
    const other = assignments.slice(i + 1).find(({ path }) => `${one.path}.`.startsWith(`${path}.`));
    if (other === undefined) return;
    const [before, after] = [one, other].map(({ path, text }) => shorten(`${path}=${text}`, MOST_OF_PATH));
    throw new UserError(`--set ${before} would be replaced by --set ${after}; leave one of them out`);
  });
}

/** The engine of a run, or the one the flags name. @throws UserError when there is no engine of that name */
export function engineOf(
  config: Config,
  given: Pick<SettingFlags, 'engine' | 'tfjsBackend'>,
): [Config['engine'], EngineOptions] {
  const { engine, tfjsBackend } = configSchema.shape;
  const names = { engine: engine.unwrap().options, tfjsBackend: tfjsBackend.unwrap().options };
  const pick = <K extends 'engine' | 'tfjsBackend'>(key: K, flag: string): Config[K] => {
    const name = given[key];
    if (name === undefined) return config[key];
    return oneOf(flag, name, names[key]) as Config[K];
  };
  const chosen = pick('engine', 'engine');
  if (given.tfjsBackend !== undefined && chosen !== 'tfjs')
    throw new UserError(`--tfjs-backend needs engine tfjs; the engine is ${chosen}`);
  return [chosen, { tfjsBackend: pick('tfjsBackend', 'tfjs-backend') }];
}

/** The preset that `--like` names. @throws UserError when there is none of that name */
export function presetOf({ like }: SettingFlags): PresetName | undefined {
  const found = presetNames.find((name) => name === like);
  if (like === undefined || found !== undefined) return found;
  const guess = nearest(like, presetNames);
  const hint = guess === undefined ? '' : `; did you mean ${guess}?`;
  throw new UserError(`--like must be ${presetNames.join(', ')}, got ${JSON.stringify(like)}${hint}`);
}

/** A whole number in [least, most] from a flag. @throws UserError */
export function wholeNumber(
  flag: string,
  text: string,
  least: number,
  most = Number.MAX_SAFE_INTEGER,
): number {
  const value = decimal(text);
  if (Number.isInteger(value) && value >= least && value <= most) return value;
  const range = most === Number.MAX_SAFE_INTEGER && !(value > most) ? `≥ ${least}` : `in [${least}, ${most}]`;
  throw new UserError(`--${flag} must be an integer ${range}, got ${text}`);
}

/** A number in (0, most] from a flag. @throws UserError */
export function positiveNumber(flag: string, text: string, most: number): number {
  const value = decimal(text);
  if (value > 0 && value <= most) return value;
  throw new UserError(`--${flag} must be a number in (0, ${most}], got ${text}`);
}

/** A flag's value, one of some words. @throws UserError with the nearest of the allowed words */
export function oneOf<T extends string>(flag: string, value: string, allowed: readonly T[]): T {
  const found = allowed.find((each) => each === value);
  if (found !== undefined) return found;
  const guess = nearest(value, allowed);
  throw new UserError(
    `--${flag} must be one of ${allowed.join(', ')}, got ${value}${guess ? `; did you mean ${guess}?` : ''}`,
  );
}
