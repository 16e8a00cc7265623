import { expect, test } from 'vitest';
import { randomStream } from '../../src/random/random.ts';
import { bandOf, type Center, centerOf } from '../../src/statistics/seed-band.ts';

test('the interquartile mean leaves out a quarter at each end, rounded down', () => {
  expect(centerOf(Float64Array.of(0, 1, 2, 100), 'iqm')).toBe(1.5);
  expect(centerOf(Float64Array.of(0, 1, 5), 'iqm')).toBe(2);
  expect(centerOf(Float64Array.of(0, 1, 2, 100), 'mean')).toBe(25.75);
});

test('the band of an interquartile mean is that of winsorised values', () => {
  // Winsorised: 3, 3, 3, 4, 5, 6, 7, 8, 8, 8; squares around 5.5 sum to 42.5; h = 6, t(5) = 2.570582.
  const half = 2.570582 * Math.sqrt(42.5 / 30);
  const { center, low, high } = bandOf(Float64Array.of(1, 2, 3, 4, 5, 6, 7, 8, 9, 30), 'iqm');
  expect(center).toBe(5.5);
  expect(low).toBeCloseTo(5.5 - half, 12);
  expect(high).toBeCloseTo(5.5 + half, 12);
});

test('the band of a mean is Student’s', () => {
  // 1 … 40: variance 40·41/12, t(39) = 2.022691.
  const values = Float64Array.from({ length: 40 }, (_, i) => i + 1);
  const { low, high } = bandOf(values, 'mean');
  expect((high - low) / 2).toBeCloseTo(2.022691 * Math.sqrt((40 * 41) / 12 / 40), 5);
});

test('of few seeds the band is from the least to the greatest', () => {
  expect(bandOf(Float64Array.of(1, 4), 'iqm')).toEqual({ center: 2.5, low: 1, high: 4 });
  expect(bandOf(Float64Array.of(0, 1, 5), 'mean')).toEqual({ center: 2, low: 0, high: 5 });
});

test.each([0.1, 2, -3e-7])('equal seeds (%d) leave no width', (value) => {
  const equal = Float64Array.of(value, value, value, value, value, value);
  for (const center of ['iqm', 'mean'] as const)
    expect(bandOf(equal, center)).toEqual({ center: value, low: value, high: value });
});

/** Of 4,000 draws of normal seeds the share whose band has the middle. */
function covered(seeds: number, center: Center): number {
  const random = randomStream(0, `band/${seeds}`);
  const draws = Array.from({ length: 4000 }, () =>
    bandOf(Float64Array.from({ length: seeds }, () => random.normal()).sort(), center),
  );
  return draws.filter(({ low, high }) => low <= 0 && 0 <= high).length / draws.length;
}

test.each([
  [3, 0.73, 0.77],
  [5, 0.87, 0.94],
  [10, 0.92, 0.96],
  [20, 0.93, 0.965],
])('of %d seeds it covers what docs/plots.md says', (seeds, least, most) => {
  for (const center of ['iqm', 'mean'] as const) {
    expect(covered(seeds, center)).toBeGreaterThan(least);
    expect(covered(seeds, center)).toBeLessThan(most);
  }
});
