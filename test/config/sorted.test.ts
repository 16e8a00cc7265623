import { expect, test } from 'vitest';
import { sorted } from '../../src/config/sorted.ts';

test('members come by name at every depth, items stay where they are', () => {
  const value = { b: [{ d: 1, c: [3, 1] }, null], a: { z: 'x', y: 0 } };
  expect(JSON.stringify(sorted(value))).toBe('{"a":{"y":0,"z":"x"},"b":[{"c":[3,1],"d":1},null]}');
  expect(sorted(value)).toEqual(value);
});
