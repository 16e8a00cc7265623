import { type PresetName, presetNames, presets } from '../../config/presets.ts';
import type { Difference } from '../../config/diff.ts';
import { parentInWords } from '../../run/parent-in-words.ts';
import type { Parent } from '../../run/record.ts';
import { oneLine } from '../../user-error.ts';
import { paint } from './print.ts';

/**
 * Two lines a setting that differs, and what a library does beyond its settings.
 * @param a name of the first, a file or a preset
 */
export function describeDifferences(a: string, b: string, differences: readonly Difference[]): string[] {
  const shown = (value: unknown): string => (value === undefined ? '–' : JSON.stringify(value));
  const rows = differences.flatMap(({ path, a, b, why }) => [
    `${paint('bold', path)}  ${shown(a)} → ${shown(b)}`,
    `    ${why}`,
  ]);
  const count = `${differences.length} ${differences.length === 1 ? 'setting differs' : 'settings differ'}`;
  const notes = [a, b]
    .filter((name): name is PresetName => presetNames.some((preset) => preset === name))
    .flatMap((name) => [
      '',
      `${presets[name].library}, beyond its settings:`,
      ...presets[name].differs.map((note) => `  ${note}`),
    ]);
  return [`${a} → ${b}: ${count}`, ...(rows.length > 0 ? ['', ...rows] : []), ...notes];
}

/** What the runs among them began with, a line each. */
export function describeBranches(branches: readonly { name: string; parent: Parent }[]): string[] {
  const lines = branches.map(
    ({ name, parent }) => `${name} begins from ${oneLine(parentInWords(parent))}, with all of its state`,
  );
  return lines.length === 0 ? [] : ['', ...lines];
}
