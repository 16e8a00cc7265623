import { expect, test } from 'vitest';
import { align, smooth } from '../../src/plot/align.ts';
import { type PlottedRun, columnsOf } from '../../src/plot/plotted-run.ts';
import type { MetricValue } from '../../src/row/field.ts';
import { ordinaryRow } from './runs-on-disk.ts';

function run(rows: readonly Record<string, MetricValue>[], seconds: (number | null)[] = []): PlottedRun {
  const whole = rows.map((row) => ordinaryRow(Number(row.update), row));
  return {
    path: 'a',
    name: 'a',
    seed: 0,
    status: 'completed',
    config: {} as PlottedRun['config'],
    updates: whole.map(({ update }) => update),
    columns: columnsOf(whole),
    seconds: whole.map((_, at) => seconds[at] ?? null),
    problems: [],
  };
}

const updates = (...list: number[]): Record<string, MetricValue>[] => list.map((update) => ({ update }));

test('seeds are aligned by update, at the mean of their positions', () => {
  const a = run([
    { update: 1, steps: 100 },
    { update: 2, steps: 200 },
  ]);
  const b = run([
    { update: 1, steps: 300 },
    { update: 2, steps: 600 },
  ]);
  expect([...align([a, b], 'entropy', 'steps').x]).toEqual([200, 400]);
});

test('positions increase where a slow run ends first', () => {
  const slow = run(updates(1, 2), [10, 20]);
  const fast = run(updates(1, 2, 3, 4), [1, 2, 3, 4]);
  const { x, completeUntil } = align([slow, fast], 'entropy', 'time');
  expect([...x]).toEqual([5.5, 11, 12, 13]);
  expect(completeUntil).toBe(2);
});

test('over seconds a run stands as far as its clock was kept, and not at all without one', () => {
  const kept = run(updates(1, 2, 3, 4), [null, 2, null, 4]);
  const lost = run(updates(1, 2, 3, 4), [1, 2]);
  const without = run(updates(1, 2, 3));
  const aligned = align([without, kept, lost], 'entropy', 'time');
  expect(aligned.runs).toEqual([kept, lost]);
  expect([aligned.updates, [...aligned.x]]).toEqual([
    [1, 2, 3, 4],
    [1, 2, 3, 4],
  ]);
  expect(aligned.values).toEqual([
    [null, 1, 1, 1],
    [1, 1, null, null],
  ]);
  expect(aligned.completeUntil).toBe(2);
  expect(align([without], 'entropy', 'time')).toMatchObject({ runs: [], updates: [], values: [] });
});

test('null stays null, what is not finite or missing is NaN, and nothing follows the last row', () => {
  const a = run([
    { update: 1, returnMean: null },
    { update: 2, returnMean: Number.POSITIVE_INFINITY },
    { update: 4, returnMean: 7 },
  ]);
  const b = run(updates(1, 2, 3, 4, 5));
  const { values, x } = align([a, b], 'returnMean', 'updates');
  expect(values[0]).toEqual([null, Number.NaN, Number.NaN, 7, null]);
  expect([...x]).toEqual([1, 2, 3, 4, 5]);
});

test('a missing row lies between its neighbours', () => {
  const a = run([
    { update: 1, steps: 100 },
    { update: 4, steps: 400 },
  ]);
  expect([...align([a], 'entropy', 'steps').x]).toEqual([100, 200, 300, 400]);
});

test('smoothing averages the last values that are there and fills no gap', () => {
  expect(smooth([1, 3, null, 5, Number.NaN, 7], 3)).toEqual([1, 2, null, 4, Number.NaN, 6]);
  expect(smooth([1, 3], 1)).toEqual([1, 3]);
});
