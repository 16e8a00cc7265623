import { expect, test } from 'vitest';
import { isInLastTenth } from '../../src/run/last-tenth.ts';

test.each([
  [100, [91, 100], [90, 1]],
  [98, [89, 98], [88]],
  [9, [9], [8]],
  [1, [1], []],
])('of %d updates the last tenth has %j, not %j', (last, inside, outside) => {
  for (const update of inside) expect(isInLastTenth(update, last)).toBe(true);
  for (const update of outside) expect(isInLastTenth(update, last)).toBe(false);
});
