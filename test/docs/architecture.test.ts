import { existsSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { drawRooms } from './rooms.ts';

const root = new URL('../../', import.meta.url);
const page = readFileSync(new URL('docs/architecture.md', root), 'utf8');

test('the picture of the rooms is that of the import rules (npm run docs draws it)', () => {
  expect(readFileSync(new URL('docs/pictures/rooms.svg', root), 'utf8')).toBe(drawRooms());
});

test('every file and folder that the page names is there', () => {
  const named = [...page.matchAll(/`((?:src|envs|test|docs|configs)\/[\w./-]*)`/g)].map(
    ([, path]) => path as string,
  );
  expect(named.length).toBeGreaterThan(40);
  const examples = /NAME|\bmy-/;
  expect(named.filter((path) => !examples.test(path) && !existsSync(new URL(path, root)))).toEqual([]);
});
