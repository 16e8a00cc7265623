import { test as property, fc } from '@fast-check/vitest';
import { scaleLinear } from 'd3-scale';
import { expect, test } from 'vitest';
import { roundedOut, roundNumbers } from '../../src/plot/ticks.ts';

const magnitude = fc.integer({ min: -18, max: 18 });
const domain = fc
  .tuple(
    fc.double({ min: -1, max: 1, noNaN: true }),
    fc.double({ min: 1e-4, max: 1, noNaN: true }),
    magnitude,
  )
  .map(([from, length, power]) => [from * 10 ** power, (from + length) * 10 ** power] as const)
  .filter(([low, high]) => high > low);
const count = fc.integer({ min: 2, max: 14 });

property.prop([domain, count])('round numbers are those of d3-scale', (ends, n) => {
  const scale = scaleLinear([...ends], [0, 1]);
  expectClose(roundNumbers(ends, n), scale.ticks(n), ends);
  scale.nice(n);
  expectClose(roundedOut(ends, n), scale.domain(), ends);
});

test('a domain that holds no number of its steps has no ticks, and one of no length does not hang', () => {
  expect(roundNumbers([0.4, 0.6], 2)).toEqual([0.4, 0.5, 0.6]);
  expect(roundNumbers([Number.MIN_VALUE, 2 * Number.MIN_VALUE], 5)).toEqual([]);
  expect(roundNumbers([1, 1], 5)).toEqual([]);
  expect(roundedOut([1, Number.POSITIVE_INFINITY], 5)).toHaveLength(2);
});

/** The same to within a millionth of the domain. */
function expectClose(
  found: readonly number[],
  wanted: readonly number[],
  [low, high]: readonly number[],
): void {
  expect(found).toHaveLength(wanted.length);
  found.forEach((value, i) => {
    expect(Math.abs(value - (wanted[i] ?? Number.NaN))).toBeLessThanOrEqual((high - low) * 1e-6);
  });
}
