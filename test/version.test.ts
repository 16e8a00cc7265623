import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { LEASH_VERSION } from '../src/version.ts';

it('LEASH_VERSION is package.json’s version', () => {
  const text = readFileSync(new URL('../package.json', import.meta.url), 'utf8');
  expect(LEASH_VERSION).toBe(JSON.parse(text).version);
});
