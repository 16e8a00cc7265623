import { expect, it } from 'vitest';
import { planRungs } from '../../src/experiment/halving.ts';
import {
  gridPoints,
  gridValues,
  haltonPoints,
  labelPoints,
  type Parameter,
  radicalInverse,
  randomPoints,
} from '../../src/experiment/sweep-points.ts';

const delta: Parameter = {
  path: 'trustRegion.delta',
  range: { min: 0.001, max: 0.1, scale: 'log', points: 3 },
  isInteger: false,
};
const epochs: Parameter = {
  path: 'ppo.epochs',
  range: { min: 1, max: 16, scale: 'linear', points: 4 },
  isInteger: true,
};
const kind: Parameter = { path: 'objective.kind', range: ['clip', 'surrogate'], isInteger: false };

it('a grid has every combination, the last parameter fastest, even on the scale asked for', () => {
  expect(gridPoints(gridValues([delta, kind]))).toEqual([
    [0.001, 'clip'],
    [0.001, 'surrogate'],
    [0.01, 'clip'],
    [0.01, 'surrogate'],
    [0.1, 'clip'],
    [0.1, 'surrogate'],
  ]);
  expect(gridPoints(gridValues([epochs])).flat()).toEqual([1, 6, 11, 16]);
});

it('whole numbers that round to the same are one point of a grid', () => {
  const few: Parameter = { ...epochs, range: { min: 1, max: 3, scale: 'linear', points: 9 } };
  expect(gridPoints(gridValues([few])).flat()).toEqual([1, 2, 3]);
});

it('the radical inverse mirrors digits', () => {
  expect([1, 2, 3, 4, 6].map((n) => radicalInverse(n, 2))).toEqual([0.5, 0.25, 0.75, 0.125, 0.375]);
  expect(radicalInverse(5, 3)).toBeCloseTo(2 / 3 + 1 / 9, 12);
});

it.each([
  ['random', randomPoints],
  ['halton', haltonPoints],
])('%s points are in range, the same for the same seed and others for another', (_, sample) => {
  const points = sample([delta, epochs, kind], 50, 1);
  for (const [d, e, k] of points) {
    expect(d).toBeGreaterThanOrEqual(0.001);
    expect(d).toBeLessThanOrEqual(0.1);
    expect(Number.isInteger(e)).toBe(true);
    expect(['clip', 'surrogate']).toContain(k);
  }
  expect(sample([delta, epochs, kind], 50, 1)).toEqual(points);
  expect(sample([delta, epochs, kind], 50, 2)).not.toEqual(points);
});

it('Halton points leave no sixteenth of a parameter empty in 32, as random ones do', () => {
  const unit: Parameter = {
    path: 'a',
    range: { min: 0, max: 1, scale: 'linear', points: 2 },
    isInteger: false,
  };
  const boxes = (points: unknown[][]): number =>
    new Set(points.map(([u]) => Math.min(15, Math.floor((u as number) * 16)))).size;
  expect(boxes(haltonPoints([unit], 32, 0))).toBe(16);
  expect(boxes(randomPoints([unit], 32, 0))).toBeLessThan(16);
});

it('labels are folder names, all different, and say no other value than that of their point', () => {
  const hidden = { ...kind, path: 'network.policy.hidden', range: [[], [8, 8]] };
  const sized = labelPoints(
    [hidden, delta],
    [
      [[], 0.1],
      [[8, 8], 0.1],
      [['8 8'], 0.1],
      [['8 8_point-3'], 0.1],
    ],
  );
  expect(sized).toEqual([
    'hidden=_delta=0.1',
    'hidden=8-8_delta=0.1',
    'hidden=8-8_delta=0.1_point-3',
    'hidden=8-8_point-3_delta=0.1',
  ]);
  const map = { ...kind, path: 'environment.options.map' };
  expect(labelPoints([map], [['S#'], ['S_point-3'], ['S@'], ['S'.repeat(100)]])).toEqual([
    'map=S',
    'map=S_point-3',
    'map=S_point-3_point-3',
    'point-4',
  ]);
});

it('halving multiplies steps and divides points until the steps of the config', () => {
  expect(planRungs(9, 9000, { leastSteps: 1000, factor: 3 })).toEqual([
    { steps: 1000, points: 9 },
    { steps: 3000, points: 3 },
    { steps: 9000, points: 1 },
  ]);
  expect(planRungs(9, 9000, undefined)).toEqual([{ steps: 9000, points: 9 }]);
});
