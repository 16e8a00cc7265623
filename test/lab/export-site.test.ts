import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { writeSite } from '../../src/lab/export-site.ts';
import { makeFolders } from '../../src/run/folders.ts';

const folder = mkdtempSync(join(tmpdir(), 'leash-site-'));
afterAll(() => rmSync(folder, { recursive: true }));
const site = (...names: string[]) => new Map(names.map((name) => [name, { type: 'text/html', body: name }]));

it('a site is written whole or not at all', () => {
  const place = join(folder, 'a', 'b');
  // Nothing can be written below a folder that is not there.
  const write = (made: readonly string[]) => writeSite('--export', place, site('x.html', 'none/y.js'), made);
  expect(() => write(makeFolders(place))).toThrow(`--export ${place}: cannot write there (ENOENT)`);
  expect(existsSync(join(folder, 'a'))).toBe(false);

  writeSite('--export', place, site('x.html'), makeFolders(place));
  expect(() => write([])).toThrow('cannot write there');
  // What was there before is replaced, and stays.
  expect(readdirSync(place)).toEqual(['x.html']);
  expect(readFileSync(join(place, 'x.html'), 'utf8')).toBe('x.html');
});
