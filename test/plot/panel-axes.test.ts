import { expect, test } from 'vitest';
import type { Panel } from '../../src/plot/figure.ts';
import { valueAxis } from '../../src/plot/panel-axes.ts';

const box = { left: 0, right: 100, top: 0, bottom: 100 };

/** A panel's greatest value that is drawn. */
function topOf(y: number[], delta: number): number {
  const shared = { group: 0, x: [1, 2], y };
  const line: Panel['lines'][number] = {
    ...{ ...shared, column: 0, role: 'middle', isGrowing: false },
    ...{ gaps: [], low: [], high: [], completeUntil: 2 },
  };
  const axis = valueAxis([line], [{ groups: [0], x: [1, 2], y: [delta, delta] }], false, box);
  return axis?.domain[1] ?? Number.NaN;
}

test('δ that is near is inside, one far above stays outside, and of a KL of 0 it is all there is', () => {
  expect(topOf([0.01, 0.02], 0.05)).toBeGreaterThanOrEqual(0.05);
  expect(topOf([0.001, 0.002], 0.05)).toBeLessThan(0.01);
  expect(topOf([0, 0], 0.05)).toBeGreaterThanOrEqual(0.05);
  expect(topOf([0, 0], 0.05)).toBeLessThan(0.1);
});
