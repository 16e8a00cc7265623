import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { evaluate, unmarkedNumbers } from './page.ts';
import { session } from './session.ts';

/* What fails here is written anew by `npx tsx test/docs/write.ts`; look at the difference before you commit it. */

const docs = new URL('../../docs/', import.meta.url);
const page = readFileSync(new URL('rlhf.md', docs), 'utf8');

test('docs/rlhf.md prints what its commands and code print, and shows the pictures that they draw', async () => {
  const made = await session(page);
  expect(evaluate(made.page)).toBe(page);
  expect(made.pictures.size).toBeGreaterThan(1);
  for (const [name, svg] of made.pictures)
    expect(readFileSync(new URL(`pictures/${name}`, docs), 'utf8'), name).toBe(svg);
}, 300_000);

test('docs/rlhf.md has no figure in its prose that nothing computes', () => {
  expect(unmarkedNumbers(page)).toEqual([]);
});
