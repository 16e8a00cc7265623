import { expect, it } from 'vitest';
import { curvePerformance, finalPerformance, stepsToThreshold } from '../../src/experiment/learning-curve.ts';
import { rowsOf } from './run-rows.ts';

const rising = rowsOf(Array.from({ length: 40 }, (_, i) => i));

it('final performance weighs the episodes of the last tenth of the updates', () => {
  expect(finalPerformance(rising)).toBe((36 + 37 + 38 + 39) / 4);
  const uneven = rowsOf(Array.from({ length: 20 }, (_, i) => i));
  uneven[19] = { ...uneven[19], episodes: 12 } as (typeof uneven)[number];
  expect(finalPerformance(uneven)).toBe((18 * 4 + 19 * 12) / 16);
});

it('whole-curve performance is the mean over the updates in which episodes ended', () => {
  expect(curvePerformance(rising)).toBe(19.5);
  expect(curvePerformance(rowsOf([null, 1, null, 3]))).toBe(2);
});

it('a run in which no episode ended has no performance', () => {
  expect(finalPerformance(rowsOf([null, null]))).toBeNull();
  expect(curvePerformance(rowsOf([null, null]))).toBeNull();
  expect(stepsToThreshold(rowsOf([null, null]), 0)).toBeNull();
});

it('a threshold is reached by a full window of updates, not by one lucky rollout', () => {
  // Windows of 40/20 = 2 updates.
  expect(stepsToThreshold(rising, 10)).toBe(100 * 12);
  const lucky = rowsOf(Array.from({ length: 40 }, (_, i) => (i === 5 ? 10 : 0)));
  expect(stepsToThreshold(lucky, 10)).toBeNull();
  expect(stepsToThreshold(lucky, 5)).toBe(600);
});
