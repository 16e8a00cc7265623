import { describe, expect, test } from 'vitest';
import { interval, studentT975 } from '../../src/statistics/student-interval.ts';

describe('confidence intervals', () => {
  // Student's t tables, two-sided 95%.
  test.each([
    [1, 12.7062],
    [4, 2.77645],
    [5, 2.57058],
    [9, 2.26216],
    [30, 2.04227],
    [99, 1.98422],
  ])('t with %i degrees of freedom is the tabulated %f', (degrees, t) => {
    expect(Math.abs(studentT975(degrees) / t - 1)).toBeLessThan(1e-3);
  });

  test('are the mean ± t·s/√n', () => {
    const { mean, low, high } = interval(Float64Array.of(1, 2, 3, 4, 5));
    expect(mean).toBe(3);
    expect(high - mean).toBeCloseTo(2.77645 * Math.sqrt(2.5 / 5), 4);
    expect(mean - low).toBeCloseTo(high - mean, 12);
  });

  test('have no bounds for one sample', () => {
    expect(interval(Float64Array.of(7))).toEqual({ mean: 7, low: Number.NaN, high: Number.NaN, samples: 1 });
  });
});
