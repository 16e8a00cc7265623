import { expect } from 'vitest';
import { fc, test } from '@fast-check/vitest';
import { decimate } from '../../src/plot/decimate.ts';

test('short curves keep every point', () => {
  expect(decimate([1, null, 3], 3)).toEqual([0, 1, 2]);
});

test('a single spike among thousands stays', () => {
  const values = Array.from({ length: 10_000 }, (_, at) => (at === 6543 ? 9 : 0));
  const kept = decimate(values, 300);
  expect(kept).toContain(6543);
  expect(kept.length).toBeLessThan(450);
});

test.prop([
  fc.array(fc.oneof(fc.double({ noNaN: true }), fc.constant(null), fc.constant(Number.NaN)), {
    maxLength: 300,
  }),
  fc.integer({ min: 3, max: 60 }),
])('indices ascend, ends and extremes are kept', (values, points) => {
  const kept = decimate(values, points);
  expect(kept).toEqual([...new Set(kept)].sort((a, b) => a - b));
  if (values.length === 0) return;
  expect(kept[0]).toBe(0);
  expect(kept.at(-1)).toBe(values.length - 1);
  const finite = (each: readonly (number | null)[]): number[] =>
    each.filter((v) => Number.isFinite(v)) as number[];
  const all = finite(values);
  const left = finite(kept.map((at) => values[at]));
  if (all.length > 0) {
    expect(Math.max(...left)).toBe(Math.max(...all));
    expect(Math.min(...left)).toBe(Math.min(...all));
  }
});
