import { expect, test } from 'vitest';
import { linearAxis, logAxis, tickLabel } from '../../src/plot/axis.ts';

test('ticks are labelled with as many decimals as their step needs', () => {
  expect(linearAxis([0, 0.02], [100, 0], 25).ticks.map(({ label }) => label)).toEqual([
    '0',
    '0.005',
    '0.010',
    '0.015',
    '0.020',
  ]);
  expect(tickLabel(20_000, 10_000, 40_000)).toBe('20k');
  expect(tickLabel(1_500_000, 500_000, 2e6)).toBe('1.5M');
  expect(tickLabel(-0.5, 0.5, 1)).toBe('−0.5');
  expect(tickLabel(1000, 500, 2000)).toBe('1000');
});

test('an axis around one single value is not empty', () => {
  const axis = linearAxis([3, 3], [0, 100], 20);
  expect(axis.domain[0]).toBeLessThan(3);
  expect(axis.domain[1]).toBeGreaterThan(3);
});

test('a logarithmic axis has powers of ten, and round numbers within one', () => {
  expect(logAxis([1e-6, 1], [100, 0]).ticks.map(({ label }) => label)).toEqual([
    '10⁻⁶',
    '10⁻⁵',
    '0.0001',
    '0.001',
    '0.01',
    '0.1',
    '1',
  ]);
  expect(logAxis([0.011, 0.029], [100, 0]).ticks.map(({ label }) => label)).toEqual([
    '0.015',
    '0.020',
    '0.025',
  ]);
});
