import { describe, expect, test } from 'vitest';
import { linearAxis, logAxis, tickLabel } from '../../src/plot/axis.ts';
import { oddRanges } from './odd-ranges.ts';

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

test('between whole numbers an axis that counts has no tick', () => {
  const labels = (domain: readonly [number, number]): string[] =>
    linearAxis(domain, [0, 500], 80, false, true).ticks.map(({ label }) => label);
  expect(labels([1, 2])).toEqual(['1', '2']);
  expect(labels([0, 3])).toEqual(['0', '1', '2', '3']);
  expect(labels([1, 6])).toEqual(['1', '2', '3', '4', '5', '6']);
  expect(labels([5, 5])).toEqual(['5']);
  expect(labels([3.2, 3.9])).toEqual([]);
  expect(labels([0, 12])).toEqual(linearAxis([0, 12], [0, 500], 80, false).ticks.map(({ label }) => label));
});

test('an axis around one single value is not empty', () => {
  const axis = linearAxis([3, 3], [0, 100], 20);
  expect(axis.domain[0]).toBeLessThan(3);
  expect(axis.domain[1]).toBeGreaterThan(3);
});

test('a logarithmic axis has powers of ten, and round numbers within one', () => {
  expect(logAxis([1e-6, 1], [100, 0]).ticks.map(({ label }) => label)).toEqual([
    '1e−6',
    '1e−5',
    '1e−4',
    '1e−3',
    '1e−2',
    '1e−1',
    '1e0',
  ]);
  expect(logAxis([0.011, 0.029], [100, 0]).ticks.map(({ label }) => label)).toEqual([
    '0.015',
    '0.020',
    '0.025',
  ]);
});

describe('a range that axes are seldom made for', () => {
  const labelsOf = (range: readonly [number, number]): string[] =>
    linearAxis(range, [224, 12], 46).ticks.map(({ label }) => label);

  test.each(oddRanges)('from %d to %d has labels that fit and tell its ticks apart', (low, high) => {
    const { ticks, domain } = linearAxis([low, high], [224, 12], 46);
    const labels = ticks.map(({ label }) => label);
    expect(labels.length).toBeGreaterThan(2);
    expect(new Set(labels).size).toBe(labels.length);
    for (const label of labels) expect(label.length, label).toBeLessThanOrEqual(8);
    // What a label says is where it stands: after the first a distance from it, where it begins with a plus.
    const base = ticks[0]?.value ?? Number.NaN;
    const reach = domain[1] - domain[0];
    for (const { value, label } of ticks.slice(1)) {
      const said = numberOf(label);
      const at = label.startsWith('+') ? base + said : said;
      expect(Math.abs(at - value), label).toBeLessThanOrEqual(reach * 0.01);
    }
  });

  test('is written so', () => {
    expect(labelsOf([0, 2e-9])).toEqual(['0', '5.0e−10', '1.0e−9', '1.5e−9', '2.0e−9']);
    expect(labelsOf([1, 1 + 2e-9])).toEqual(['1', '+5.0e−10', '+1.0e−9', '+1.5e−9', '+2.0e−9']);
    expect(labelsOf([1e9, 1e9 + 1])).toEqual(['1G', '+0.2', '+0.4', '+0.6', '+0.8', '+1.0']);
    expect(labelsOf([1_234_567, 1_234_570])[0]).toBe('≈1.235M');
    expect(labelsOf([1e-6, 1.2e-6])).toEqual(['1.00e−6', '1.05e−6', '1.10e−6', '1.15e−6', '1.20e−6']);
  });
});

/** The number that a label says. */
function numberOf(label: string): number {
  const [, digits = '', unit = ''] = /^([^kMG]*)([kMG]?)$/.exec(label) ?? [];
  const size = { k: 1e3, M: 1e6, G: 1e9 }[unit] ?? 1;
  return Number(digits.replaceAll('−', '-')) * size;
}

test('labels of small numbers fit, in one notation', () => {
  const labels = linearAxis([0, 0.000006], [100, 0], 20).ticks.map(({ label }) => label);
  expect(labels).toEqual(['0', '1.0e−6', '2.0e−6', '3.0e−6', '4.0e−6', '5.0e−6', '6.0e−6']);
  expect(linearAxis([0, 0.02], [100, 0], 20).ticks.at(1)?.label).toBe('0.005');
  expect(logAxis([1e-3, 1e3], [100, 0]).ticks.map(({ label }) => label)).toContain('0.01');
});
