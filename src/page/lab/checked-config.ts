import { environmentOptions } from '../../../envs/environment-options.ts';
import { parseJson } from '../../config/json.ts';
import { resolveConfig } from '../../config/load.ts';
import type { Config } from '../../config/schema.ts';
import { notForTabs } from '../../lab/tab.ts';
import { oneLine } from '../../user-error.ts';
import type { GivenConfig } from './wire.ts';

/** What is wrong with a config, one line each. */
export class Refused extends Error {
  readonly problems: readonly string[];
  constructor(problems: readonly string[]) {
    super(problems.join('\n'));
    this.problems = problems;
  }
}

/** A config that a tab can train. @throws Refused, UserError where the text is no JSON */
export function checkedConfig({ text, place, settings }: GivenConfig): Config {
  const overrides = Object.entries(settings).map(([path, value]) => ({ path, text: value, origin: '--set' }));
  const { loaded, problems } = resolveConfig(parseJson(text, place), place, overrides, environmentOptions);
  if (loaded === undefined) throw new Refused(problems.map(oneLine));
  const problem = notForTabs(loaded.config, place);
  if (problem !== undefined) throw new Refused([problem]);
  return loaded.config;
}
