import { codeOf } from '../config/environment-name.ts';
import { isPath, PATH_SETTINGS } from '../config/file-paths.ts';
import { valueAt } from '../config/problem.ts';
import type { Config } from '../config/schema.ts';
import { shorten } from '../user-error.ts';

/** How much of a path or id is said. */
const MOST = 60;

/** The part of a config that a browser tab cannot train, as one line; undefined where it can all of it. @param place where it is from */
export function notForTabs(config: Config, place: string): string | undefined {
  const code = codeOf(config.environment);
  if (code !== undefined) {
    const [setting, what] =
      config.environment.module === undefined
        ? ['id', 'is an environment of Gymnasium, which Python runs']
        : ['module', 'is a file of code'];
    return refusal(`environment.${setting} ${quoted(code)} ${what}`, place);
  }
  if (config.engine === 'tfjs') return refusal('engine "tfjs" is TensorFlow.js', place);
  for (const keys of PATH_SETTINGS) {
    const value = keys[0] === '$schema' ? undefined : valueAt(config, keys);
    if (typeof value === 'string' && isPath(keys, value))
      return refusal(`${keys.join('.')} ${quoted(value)} is a file`, place);
  }
  return undefined;
}

function refusal(what: string, place: string): string {
  return `${what}: that a tab cannot train, leash train can (${place})`;
}

function quoted(text: string): string {
  return JSON.stringify(shorten(text, MOST));
}
