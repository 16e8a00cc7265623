import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { bundlePage } from '../../src/page/bundle.mjs';
import { PAGE_SCRIPT } from '../../src/page/build/script.ts';

const place = new URL('../../src/page/build/script.ts', import.meta.url);

it('the script of pages is that of src/page as it is (npm run build:page makes it)', async () => {
  expect(readFileSync(place, 'utf8')).toBe(await bundlePage());
});

it('is a text of its own that a script element can hold', () => {
  expect(PAGE_SCRIPT).not.toMatch(/<\/|<!--|\bimport\b|\brequire\b|['"`]node:|https?:/);
  // The page carries it in every report and plot.
  expect(PAGE_SCRIPT.length).toBeLessThan(27_500);
});
