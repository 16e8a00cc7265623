import { diffConfigs, configOfPreset, type Difference } from '../../config/diff.ts';
import { loadConfig } from '../../config/load.ts';
import { type PresetName, presetNames, presets } from '../../config/presets.ts';
import type { Config } from '../../config/schema.ts';
import { environmentOptions } from '../environments.ts';
import { paint, print, printJson } from '../print/print.ts';

/** `leash config diff A B`: where two configs or presets differ, and what of it. */
export async function runConfigDiff(given: {
  A: string;
  B: string;
  json?: boolean | undefined;
}): Promise<number> {
  const [a, b] = [configOf(given.A), configOf(given.B)];
  // A preset has no environment, no length and no purpose.
  const unset = ['environment.id', 'environment.options', 'description', 'seed', 'steps'];
  const differences = diffConfigs(a, b, isPreset(given.A) || isPreset(given.B) ? unset : []);
  if (given.json) printJson(JSON.stringify(differences, null, 2));
  else print(describe(given.A, given.B, differences).join('\n'));
  return 0;
}

function isPreset(name: string): name is PresetName {
  return (presetNames as readonly string[]).includes(name);
}

function configOf(name: string): Config {
  return isPreset(name) ? configOfPreset(presets[name]) : loadConfig(name, [], environmentOptions).config;
}

function describe(a: string, b: string, differences: readonly Difference[]): string[] {
  const shown = (value: unknown): string => (value === undefined ? '–' : JSON.stringify(value));
  const rows = differences.flatMap(({ path, a, b, why }) => [
    `${paint('bold', path)}  ${shown(a)} → ${shown(b)}`,
    `    ${why}`,
  ]);
  const count = `${differences.length} ${differences.length === 1 ? 'setting differs' : 'settings differ'}`;
  const notes = [a, b]
    .filter(isPreset)
    .flatMap((name) => [
      '',
      `${presets[name].library}, beyond its settings:`,
      ...presets[name].differs.map((note) => `  ${note}`),
    ]);
  return [`${a} → ${b}: ${count}`, ...(rows.length > 0 ? ['', ...rows] : []), ...notes];
}
