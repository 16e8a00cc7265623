import { expect, it } from 'vitest';
import { standardize } from '../../src/advantage/standardize.ts';

it('standardize uses the sample standard deviation, as PyTorch does', () => {
  const values = Float64Array.of(1, 2, 4);
  standardize(values, 3);
  const deviation = Math.sqrt(7 / 3);
  for (const [i, x] of [1, 2, 4].entries()) {
    expect(values[i]).toBeCloseTo((x - 7 / 3) / (deviation + 1e-8), 12);
  }
});

it('standardize leaves a single value as it is', () => {
  const values = Float64Array.of(3);
  standardize(values, 1);
  expect(values[0]).toBe(3);
});

it('standardize brings equal values to zero, not to NaN', () => {
  const values = Float64Array.of(2, 2, 2);
  standardize(values, 3);
  expect([...values]).toEqual([0, 0, 0]);
});

it('standardize touches the first count values alone', () => {
  const values = Float64Array.of(1, 3, 99);
  standardize(values, 2);
  // (1 − 2)/√2 and (3 − 2)/√2
  expect(values[0]).toBeCloseTo(-Math.SQRT1_2, 7);
  expect(values[1]).toBeCloseTo(Math.SQRT1_2, 7);
  expect(values[2]).toBe(99);
});
