import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

const read = (path: string): string => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');

test('docs/compare.md has every key of report.json', () => {
  const source = read('src/experiment/report-data.ts');
  const format = source.slice(source.indexOf('interface ReportData'), source.indexOf('interface ReportRun'));
  const keys = new Set([...format.matchAll(/readonly (\w+)\??:/g)].map(([, key]) => key));
  const page = read('docs/compare.md');
  const section = page.slice(page.indexOf('## report.json'));
  const told = new Set([...section.matchAll(/`[^`]*`/g)].flatMap(([code]) => code.match(/\w+/g) ?? []));
  expect(keys.size).toBeGreaterThan(60);
  expect([...keys].filter((key) => !told.has(key as string))).toEqual([]);
});
