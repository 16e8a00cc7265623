import { environmentOptions, findBuiltIn } from '../../../envs/environment-options.ts';
import { parseJson } from '../../config/json.ts';
import { resolveConfig } from '../../config/load.ts';
import type { Config } from '../../config/schema.ts';
import { notForTabs } from '../../lab/tab.ts';
import type { EnvironmentDefinition } from '../../rollout/environment.ts';
import { estimateMemory, spacesOf } from '../../train/memory-estimate.ts';
import { oneLine } from '../../user-error.ts';
import { wrap } from '../../wrapper/wrappers.ts';
import type { GivenConfig } from './wire.ts';

/** Bytes that a training may take in a tab. */
const MOST_BYTES = 2e9;

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
  const { config } = loaded;
  const definition = definitionOf(config);
  const { bytes } = estimateMemory(config, definition, spacesOf(definition, config), 'auto');
  const gigabytes = (size: number): string => `${Number((size / 1e9).toPrecision(2))} GB`;
  if (bytes > MOST_BYTES)
    throw new Refused([
      `about ${gigabytes(bytes)} of memory would be needed, a tab takes ${gigabytes(MOST_BYTES)}: that a tab cannot train, leash train can (${place})`,
    ]);
  return config;
}

/** The world of a config that a tab can train, with what stands around it. */
export function definitionOf({ environment }: Config): EnvironmentDefinition {
  return wrap(findBuiltIn({ id: environment.id as string }, ''), environment.wrappers);
}
