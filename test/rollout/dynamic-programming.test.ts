import { expect, test } from 'vitest';
import {
  expectedReturn,
  optimalReturn,
  policyEvaluation,
  returnBoundsOfTable,
  valueIteration,
} from '../../src/rollout/dynamic-programming.ts';
import { Table } from '../../src/rollout/table.ts';
import { all, dense, entry, sparse, table } from './small-tables.ts';

test('optimalReturn is that of the best policy for the steps that are left', () => {
  expect(optimalReturn(table, 0)).toBe(0);
  expect(optimalReturn(table, 1)).toBe(0.75 * 1.5 + 0.25 * 2);
  expect(optimalReturn(table, 2)).toBe(0.75 * 3.5 + 0.25 * 2);
  expect(optimalReturn(table, 100)).toBe(optimalReturn(table, 2));
});

test('policyEvaluation weighs the actions of each state', () => {
  const policy = [0.5, 0.5, 1, 0];
  expect(Array.from(policyEvaluation(table, policy, 1) ?? [])).toEqual([0.5 * 1 + 0.5 * 1.5, 2]);
  expect(Array.from(policyEvaluation(table, policy, 2) ?? [])).toEqual([0.5 * 1 + 0.5 * 3.5, 2]);
  expect(expectedReturn(table, policy, 2)).toBe(0.75 * 2.25 + 0.25 * 2);
});

test('valueIteration discounts what comes later', () => {
  const { values, policy } = valueIteration(table, 0.5);
  expect(Array.from(values)).toEqual([2.5, 2]);
  expect(Array.from(policy)).toEqual([0, 1, 1, 0]);
});

test('what never settles is given up after so many backups, what settles is not', () => {
  const chain = (chance: number) =>
    new Table({
      states: 2,
      actions: 1,
      initial: Float64Array.of(1, 0),
      transitions: (state) => [entry(1 - chance, state, 1), entry(chance, state, 0)],
    });
  expect(policyEvaluation(chain(0.5), [1, 1], 1000, 2000)?.[0]).toBe(500);
  expect(policyEvaluation(chain(0.5), [1, 1], 1002, 2000)).toBeUndefined();
  expect(optimalReturn(chain(0.5), 1000, 2000)).toBe(500);
  expect(optimalReturn(chain(0.5), 1002, 2000)).toBeUndefined();
  expect(optimalReturn(chain(1), 1e15, 2000)).toBe(0);
});

test('sweeps over many ways from each pair are given up sooner', () => {
  const many = new Table(all(30));
  // Two sweeps, the first free.
  expect(optimalReturn(many, 2, 600)).toBeCloseTo(2, 12);
  expect(optimalReturn(many, 2, 599)).toBeUndefined();
});

test('nothing is known of a table that is too large', () => {
  const transitions = (): never => {
    throw new Error('asked for');
  };
  const large = { states: 1e6, actions: 1000, initial: Float64Array.of(1), transitions };
  expect(optimalReturn(large, 1)).toBeUndefined();
  expect(policyEvaluation(large, [], 1)).toBeUndefined();
  expect(returnBoundsOfTable(large, 1)).toBeUndefined();
});

test('a way back to any of several starts is worth the same as written out', () => {
  const policy = new Float64Array(4).fill(1);
  for (const horizon of [1, 2, 7, 1000]) {
    expect(optimalReturn(sparse, horizon)).toBeCloseTo(optimalReturn(dense, horizon) ?? Number.NaN, 12);
    expect(expectedReturn(sparse, policy, horizon)).toBeCloseTo(
      expectedReturn(dense, policy, horizon) ?? Number.NaN,
      12,
    );
  }
  const [a, b] = [sparse, dense].map((table) => Array.from(valueIteration(table, 0.9).values));
  for (const [state, value] of a.entries()) expect(value).toBeCloseTo(b[state], 9);
});
