import { expect, test } from 'vitest';
import { centerOf, SeedBand } from '../../src/statistics/seed-band.ts';

test('the interquartile mean leaves out a quarter at each end, rounded down', () => {
  expect(centerOf(Float64Array.of(0, 1, 2, 100), 'iqm')).toBe(1.5);
  expect(centerOf(Float64Array.of(0, 1, 5), 'iqm')).toBe(2);
  expect(centerOf(Float64Array.of(0, 1, 2, 100), 'mean')).toBe(25.75);
});

test('the interval holds the middle, lies within the values and is the same each time', () => {
  const values = Float64Array.of(1, 2, 3, 4, 5, 6, 7, 8, 9, 30);
  const band = new SeedBand('iqm').of(values);
  expect(band.center).toBe(centerOf(values, 'iqm'));
  expect(band.low).toBeGreaterThan(1);
  expect(band.low).toBeLessThan(band.center);
  expect(band.high).toBeGreaterThan(band.center);
  expect(band.high).toBeLessThan(30);
  expect(new SeedBand('iqm').of(values)).toEqual(band);
});

test('the interval of the mean is as wide as theory says', () => {
  // 1.96·σ/√n with σ² = (n² − 1)/12 for 1 … n, n = 40: 3.58 to each side; the bootstrap agrees within a tenth.
  const values = Float64Array.from({ length: 40 }, (_, i) => i + 1);
  const { low, high } = new SeedBand('mean').of(values);
  expect((high - low) / 2).toBeGreaterThan(3.2);
  expect((high - low) / 2).toBeLessThan(3.95);
});

test('equal seeds leave no width', () => {
  expect(new SeedBand('iqm').of(Float64Array.of(2, 2, 2))).toEqual({ center: 2, low: 2, high: 2 });
});
