import { describe, expect, it } from 'vitest';
import { quantile } from '../../src/statistics/quantile.ts';

describe('quantile', () => {
  it.each([
    [0, 1],
    [0.05, 1.2],
    [0.5, 3],
    [0.95, 17.6], // place 3.8 of 0 … 4: 8 + .8·(20 − 8)
    [1, 20],
  ])('at %f is linear between the order statistics', (q, value) => {
    expect(quantile([1, 2, 3, 8, 20], q)).toBeCloseTo(value, 12);
  });

  it('of one value is that value', () => {
    expect(quantile([7], 0.95)).toBe(7);
  });

  it('of infinite values is no NaN', () => {
    expect(quantile([1, Infinity], 0)).toBe(1);
    expect(quantile([1, 2, Infinity], 0.5)).toBe(2);
    expect(quantile([Infinity, Infinity], 0.95)).toBe(Infinity);
  });
});
