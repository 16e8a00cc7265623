import { expect, it } from 'vitest';
import { tieTolerance, tieValues } from '../../src/experiment/ties.ts';
import { rowsOf } from './run-rows.ts';

it('the tolerance is 1e-9 of the largest |episode return| of all runs', () => {
  const [one] = rowsOf([5], { returnMin: -200, returnMax: 7 });
  expect(tieTolerance([rowsOf([null, 3]), [one]])).toBeCloseTo(200e-9, 20);
  expect(tieTolerance([])).toBe(0);
});

it('values nearer than the tolerance to their neighbour stand for the least of their group', () => {
  const tied = tieValues([3, 1.0000000002, 1, 2], 1e-9);
  expect([1, 1.0000000002, 2, 3].map(tied)).toEqual([1, 1, 2, 3]);
  expect(tied(7)).toBe(7);
});

it('groups are formed once, after sorting: neighbours that tie are one group, whatever the order', () => {
  for (const values of [
    [0, 0.6, 1.2],
    [1.2, 0, 0.6],
  ]) {
    expect(values.map(tieValues(values, 1))).toEqual([0, 0, 0]);
  }
  expect([0, 1].map(tieValues([0, 1], 1))).toEqual([0, 1]);
});

it('a stuck run ties with stuck runs alone, and without a tolerance only equals tie', () => {
  const stuck = Number.NEGATIVE_INFINITY;
  expect([stuck, stuck, -5].map(tieValues([stuck, -5, stuck], 1))).toEqual([stuck, stuck, -5]);
  expect([0, 0, 1e-300].map(tieValues([0, 0, 1e-300], 0))).toEqual([0, 0, 1e-300]);
});
