import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { rerun, unmarkedNumbers } from './page.ts';

/* What fails here is written anew by `npx tsx test/docs/write.ts`; look at the difference before you commit it. */

const page = readFileSync(new URL('../../docs/rlhf.md', import.meta.url), 'utf8');

test('docs/rlhf.md prints what its commands and code print', async () => {
  expect(await rerun(page)).toBe(page);
});

test('docs/rlhf.md has no figure in its prose that nothing computes', () => {
  expect(unmarkedNumbers(page)).toEqual([]);
});
