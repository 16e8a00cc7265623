import { expect, test } from 'vitest';
import { medianInterval } from '../../src/statistics/order-interval.ts';

/** 1, 2, …, n: each value is its own place. */
const placesOf = (n: number): Float64Array => Float64Array.from({ length: n }, (_, i) => i + 1);

// Counted in whole numbers: the greatest k such that fewer than k of n fair coins are heads in at most 2.5% of all throws.
test.each([
  [6, 1],
  [30, 10],
  [1074, 505],
  [10_000, 4902],
])('a median of %i values is bounded by the %i-th from either end', (n, k) => {
  expect(medianInterval(placesOf(n))).toEqual({ low: k, high: n + 1 - k });
});

test('a median of five values has no interval that covers 95%', () => {
  expect(medianInterval(placesOf(5))).toBe(undefined);
});
