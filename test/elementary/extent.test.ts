import { expect, it } from 'vitest';
import { extent } from '../../src/elementary/extent.ts';

it('least and greatest of several lists, whatever of them is no number; of nothing there are none', () => {
  const lists = [[3, null, Number.NaN], Float64Array.of(Number.NEGATIVE_INFINITY, -1), []];
  expect(extent(lists)).toEqual([-1, 3]);
  expect(extent([[null], [Number.POSITIVE_INFINITY]])).toBe(undefined);
});

it('a list may be longer than a call takes arguments', () => {
  const values = Array.from({ length: 200_000 }, (_, i) => i);
  expect(() => Math.max(...values)).toThrow(RangeError);
  expect(extent([values])).toEqual([0, 199_999]);
});
