import { expect, test } from 'vitest';
import { randomStream } from '../../src/random/random.ts';
import { UNBOUNDED } from '../../src/statistics/bounded-interval.ts';
import { differenceOfBounds, drawBounds, medianInterval } from '../../src/statistics/order-interval.ts';

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

const NONE = Number.NEGATIVE_INFINITY;
const ALL = Number.POSITIVE_INFINITY;

test('bounds of a difference are as far out as those of either side, where both are −∞, too', () => {
  const [stuck, bounded, open] = [
    { low: NONE, high: NONE },
    { low: 1, high: 2 },
    { low: NONE, high: ALL },
  ];
  const difference = (x: typeof stuck, y: typeof stuck): number[] => {
    const drawn = [x, y].map(({ low, high }) => ({ low: Float64Array.of(low), high: Float64Array.of(high) }));
    const { low, high } = differenceOfBounds(...(drawn as [(typeof drawn)[0], (typeof drawn)[0]]));
    return [...low, ...high];
  };
  expect(difference(bounded, bounded)).toEqual([-1, 1]);
  expect(difference(stuck, stuck)).toEqual([NONE, ALL]);
  expect(difference(stuck, bounded)).toEqual([NONE, NONE]);
  expect(difference(bounded, stuck)).toEqual([ALL, ALL]);
  expect(difference(stuck, open)).toEqual([NONE, ALL]);
  expect(difference(open, stuck)).toEqual([NONE, ALL]);
});

test('what has runs that are stuck and an end that nothing bounds is bounded by nothing', () => {
  const drawn = drawBounds(Float64Array.of(NONE, 1), UNBOUNDED, 0, 20, randomStream(0, 'test'));
  expect(new Set(drawn.low)).toEqual(new Set([NONE]));
  expect(new Set(drawn.high)).toEqual(new Set([ALL]));
});
