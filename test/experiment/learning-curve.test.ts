import { expect, it } from 'vitest';
import {
  curvePerformance,
  curveSteps,
  finalPerformance,
  stepsToThreshold,
} from '../../src/experiment/learning-curve.ts';
import { curveOf } from '../../src/run/curve.ts';
import type { MetricsRow } from '../../src/row/metrics.ts';
import { rowsOf } from './run-rows.ts';

const rising = rowsOf(Array.from({ length: 40 }, (_, i) => i));

it('final performance weighs the episodes of the last tenth of the updates', () => {
  expect(finalPerformance(rising)).toBe((36 + 37 + 38 + 39) / 4);
  const uneven = rowsOf(Array.from({ length: 20 }, (_, i) => i));
  uneven[19] = { ...uneven[19], episodes: 12 } as (typeof uneven)[number];
  expect(finalPerformance(uneven)).toBe((18 * 4 + 19 * 12) / 16);
});

/** As leash 0.1.0 wrote them. */
const withoutCurve = (rows: readonly MetricsRow[]): MetricsRow[] =>
  rows.map(({ curveUpdates: _, curveReturn: __, ...row }) => row as MetricsRow);

it('the curve is the mean over the updates that a row makes known, each at its own place', () => {
  const rows = rowsOf([null, 3, null, null, 6, null]);
  expect(curveOf(rows)).toEqual(Float64Array.of(3, 3, 6, 6, 6));
  expect(curveSteps(rows)).toBe(500);
  expect(curveOf(rowsOf([null]))).toEqual(new Float64Array(0));
});

it('rows of leash 0.1.0 have no curve', () => {
  const rows = withoutCurve(rising);
  expect([curveOf(rows), curveSteps(rows), curvePerformance(rows, 100)]).toEqual([null, null, null]);
  expect(stepsToThreshold(rows, 0, 100, 4000)).toBe('notYetKnown');
  expect(finalPerformance(rows)).toBe(37.5);
});

it('a missing row, or one that says what cannot be, leaves a gap and no wrong value', () => {
  const rows = rowsOf([1, 2, 3, 4]);
  expect(curveOf(rows.filter((_, i) => i !== 1))).toEqual(Float64Array.of(1, Number.NaN, Number.NaN, 4));
  const wrong = rows.map((row, i) => (i === 1 ? { ...row, curveUpdates: 7 } : row));
  expect(curveOf(wrong)).toEqual(Float64Array.of(1, 3, 3, 4));
});

it('the curve’s performance is its mean over so many steps, the last update by its share', () => {
  expect(curvePerformance(rising, 4000)).toBe(19.5);
  expect(curvePerformance(rising, 250)).toBe((0 + 1 + 2 / 2) / 2.5);
  expect(curvePerformance(rowsOf([1, 2, null]), 300)).toBeNull();
  expect(curvePerformance(rising, 0)).toBeNull();
});

it('a threshold is reached by a full window of steps, at a multiple of it, not by one lucky rollout', () => {
  expect(stepsToThreshold(rising, 10, 200, 4000)).toBe(1200);
  // The fifth window is of steps 1280 to 1600: (0.2·12 + 13 + 14 + 15) / 3.2 = 13.875.
  expect(stepsToThreshold(rising, 13.87, 320, 4000)).toBe(1600);
  expect(stepsToThreshold(rising, 13.88, 320, 4000)).toBe(1920);
  const lucky = rowsOf(Array.from({ length: 40 }, (_, i) => (i === 5 ? 10 : 0)));
  expect(stepsToThreshold(lucky, 10, 200, 4000)).toBe('never');
  expect(stepsToThreshold(lucky, 1, 200, 4000)).toBe('never');
});

it('a threshold is reached where the curve stays at it on the whole, as far as it is compared', () => {
  const lost = rowsOf(Array.from({ length: 40 }, (_, i) => (i >= 10 && i < 20 ? 10 : 0)));
  expect(stepsToThreshold(lost, 5, 200, 4000)).toBe('never');
  expect(stepsToThreshold(lost, 5, 200, 3000)).toBe(1200);
  expect(stepsToThreshold(lost, 5, 200, 2900)).toBe(1200);
  const back = rowsOf(Array.from({ length: 40 }, (_, i) => (i < 10 ? 0 : i === 15 ? 2 : 10)));
  expect(stepsToThreshold(back, 9, 200, 4000)).toBe(1200);
});

it('a curve that is there from the start reaches its threshold at one window, however long the rollouts are', () => {
  const rowsOfLength = (steps: number, count: number) =>
    rowsOf(new Array<number>(count).fill(0.1)).map((row) => ({ ...row, steps: steps * row.update }));
  for (const [steps, count] of [
    [32, 400],
    [50, 256],
    [999, 13],
  ] as const) {
    expect(stepsToThreshold(rowsOfLength(steps, count), 0.1 - 1e-10, 640, 12_000)).toBe(640);
  }
});

it('says not yet known where a run ends at the threshold beyond what is known of its curve, else never', () => {
  const late = rowsOf([...new Array<number>(18).fill(0), 9, 9]).map((row) => ({
    ...row,
    curveUpdates: Math.min(row.update, 15),
  }));
  expect(stepsToThreshold(late, 9, 100, 2000)).toBe('notYetKnown');
  expect(stepsToThreshold(late, 10, 100, 2000)).toBe('never');
  expect(stepsToThreshold(rising, 30, 100, 2000)).toBe('notYetKnown');
});

it('where no episode ended in the last tenth there is no final performance, and no threshold was got to', () => {
  const stuck = rowsOf([...new Array<number | null>(18).fill(5), null, null]);
  expect(finalPerformance(stuck)).toBeNull();
  // Its curve, 5 for 18 of 20 updates, is below 6; null is not −1, which it would be compared as 0 with.
  expect(stepsToThreshold(stuck, 6, 100, 2000)).toBe('never');
  const silent = rowsOf(new Array<null>(20).fill(null));
  expect(stepsToThreshold(silent, -1, 100, 2000)).toBe('never');
});

it('a run of one update has the steps of that one, a run of none none', () => {
  expect(curveSteps(rowsOf([3]))).toBe(100);
  expect(curvePerformance(rowsOf([3]), 50)).toBe(3);
  expect(curvePerformance([], 50)).toBeNull();
});

it('a threshold that the curve is equal to is reached, by the last stretch, too', () => {
  expect(stepsToThreshold(rowsOf(new Array<number>(10).fill(2)), 2, 100, 1000)).toBe(100);
  const last = rowsOf([...new Array<number>(9).fill(0), 2]);
  expect(stepsToThreshold(last, 2, 100, 1000)).toBe(1000);
  expect(stepsToThreshold(last, 2, 100, 999)).toBe('notYetKnown');
});
