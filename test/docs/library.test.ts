import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { programsOf, runnerIn, withOutputs } from './library.ts';

const page = readFileSync(new URL('../../docs/library.md', import.meta.url), 'utf8');

/* What fails here is written anew by `npm run docs`; look at the difference before you commit it. */
it('every program of docs/library.md prints what stands under it', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'leash-library-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  expect(await withOutputs(page, runnerIn(folder))).toBe(page);
  expect(page.split('```ts\n').length - 1).toBe(programsOf(page).length);
});
