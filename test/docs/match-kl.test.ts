import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { objectives } from '../../src/objective/objective.ts';
import { objectiveSettings, type SettingName } from '../../src/objective/settings.ts';

const page = readFileSync(new URL('../../docs/compare.md', import.meta.url), 'utf8');
const section = page.slice(page.indexOf('## Comparing at equal KL'), page.indexOf('## Studies'));

test('docs/compare.md names what --match-kl turns of every objective', () => {
  const rows = [...section.matchAll(/^\| (`.*`) \| (.*) \|$/gm)];
  const told = rows.flatMap(([, kinds, settings]) =>
    [...kinds.matchAll(/`(\w+)`/g)].map(([, kind]) => [
      kind,
      [...settings.matchAll(/`objective\.([\w.]+)`/g)].map(([, path]) => path).sort(),
    ]),
  );
  const known = objectives.map(({ kind, knobs }) => [
    kind,
    (knobs as readonly SettingName[])
      .map((name) => {
        const setting = objectiveSettings[name];
        return 'knob' in setting ? setting.knob.path.replace('objective.', '') : name;
      })
      .sort(),
  ]);
  expect(Object.fromEntries(told)).toEqual(
    Object.fromEntries(known.filter(([, knobs]) => (knobs as string[]).length > 0)),
  );
  expect(section).toContain('Objective `surrogate` has no such setting');
  expect(section).toContain('`optimizer.learningRate`');
});
