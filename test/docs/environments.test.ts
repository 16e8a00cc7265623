import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { wrappers } from '../../src/wrapper/wrappers.ts';
import { session } from './session.ts';

const read = (file: string): string => readFileSync(new URL(`../../docs/${file}`, import.meta.url), 'utf8');
const page = read('environments.md');

/* What fails here is written anew by `npm run docs`; look at the difference before you commit it. */
test('docs/environments.md prints what its commands print', async () => {
  expect((await session(page)).page).toBe(page);
});

test('the environment that it shows is the one that leash init writes', () => {
  expect(page).toContain(`\`\`\`ts\n${read('project/corridor.ts')}\`\`\``);
});

test('it has a row for every wrapper, with its settings', () => {
  for (const { kind, settings } of wrappers) {
    const row = page.split('\n').find((line) => line.startsWith(`| \`${kind}\` |`)) ?? '';
    for (const name of settings) expect(row, kind).toContain(`\`${name}\``);
    expect(row, kind).not.toBe('');
  }
});
