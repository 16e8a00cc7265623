import { fc, test } from '@fast-check/vitest';
import { expect, it } from 'vitest';
import { mean, RunningMean } from '../../src/elementary/mean.ts';

it('the mean of equal numbers is that number, where their sum over their count is not', () => {
  const fifty = new Array<number>(50).fill(0.1);
  expect(fifty.reduce((sum, value) => sum + value, 0) / 50).not.toBe(0.1);
  expect(mean(fifty)).toBe(0.1);
});

it('weights count a value as often', () => {
  const pooled = new RunningMean();
  pooled.add(1, 3);
  pooled.add(5);
  expect([pooled.value, pooled.weight, pooled.least, pooled.greatest]).toEqual([2, 4, 1, 5]);
  pooled.clear();
  pooled.add(0.7, 9);
  pooled.add(0.7, 13);
  expect(pooled.value).toBe(0.7);
});

it('nothing has no mean, an infinite value an infinite one', () => {
  expect(mean([])).toBeNaN();
  expect(mean([Number.POSITIVE_INFINITY, 1])).toBe(Number.POSITIVE_INFINITY);
  expect(mean([1, Number.NEGATIVE_INFINITY, 3])).toBe(Number.NEGATIVE_INFINITY);
  expect(mean([1, Number.NaN])).toBeNaN();
});

const number = fc.double({ min: -1e6, max: 1e6, noNaN: true });

test.prop([fc.array(fc.tuple(number, fc.integer({ min: 1, max: 1000 })), { minLength: 1 })], { seed: 13 })(
  'a mean lies between the least and the greatest, near the plain one',
  (weighted) => {
    const running = new RunningMean();
    for (const [value, weight] of weighted) running.add(value, weight);
    const values = weighted.map(([value]) => value);
    expect(running.value).toBeGreaterThanOrEqual(Math.min(...values));
    expect(running.value).toBeLessThanOrEqual(Math.max(...values));
    const total = weighted.reduce((sum, [, weight]) => sum + weight, 0);
    const plain = weighted.reduce((sum, [value, weight]) => sum + value * weight, 0) / total;
    expect(Math.abs(running.value - plain)).toBeLessThan(1e-8);
  },
);

test.prop([number, fc.array(fc.integer({ min: 1, max: 1000 }), { minLength: 1 })], { seed: 13 })(
  'equal values of any weights have exactly that mean',
  (value, weights) => {
    const running = new RunningMean();
    for (const weight of weights) running.add(value, weight);
    expect(running.value).toBe(value);
  },
);
