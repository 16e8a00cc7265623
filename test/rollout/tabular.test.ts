import { describe, expect, test } from 'vitest';
import { randomStream } from '../../src/random/random.ts';
import type { TabularTransition } from '../../src/rollout/environment.ts';
import {
  expectedReturn,
  optimalReturn,
  policyEvaluation,
  Table,
  valueIteration,
} from '../../src/rollout/tabular.ts';

const entry = (probability: number, next: number, reward: number, terminated = false): TabularTransition => ({
  probability,
  next,
  reward,
  terminated,
});

/** State 0: action 0 ends with 1; action 1 pays 3 with probability ½ or nothing and goes to state 1, which ends with 2. */
const table = new Table({
  states: 2,
  actions: 2,
  initial: Float64Array.of(0.75, 0.25),
  transitions: (state, action) =>
    state === 1
      ? [entry(1, 1, 2, true)]
      : action === 0
        ? [entry(1, 0, 1, true)]
        : [entry(0.5, 1, 3), entry(0.5, 1, 0)],
});

test('optimalReturn is that of the best policy for the steps that are left', () => {
  expect(optimalReturn(table, 0)).toBe(0);
  expect(optimalReturn(table, 1)).toBe(0.75 * 1.5 + 0.25 * 2);
  expect(optimalReturn(table, 2)).toBe(0.75 * 3.5 + 0.25 * 2);
  expect(optimalReturn(table, 100)).toBe(optimalReturn(table, 2));
});

test('policyEvaluation weighs the actions of each state', () => {
  const policy = [0.5, 0.5, 1, 0];
  expect(Array.from(policyEvaluation(table, policy, 1))).toEqual([0.5 * 1 + 0.5 * 1.5, 2]);
  expect(Array.from(policyEvaluation(table, policy, 2))).toEqual([0.5 * 1 + 0.5 * 3.5, 2]);
  expect(expectedReturn(table, policy, 2)).toBe(0.75 * 2.25 + 0.25 * 2);
});

test('valueIteration discounts what comes later', () => {
  const { values, policy } = valueIteration(table, 0.5);
  expect(Array.from(values)).toEqual([2.5, 2]);
  expect(Array.from(policy)).toEqual([0, 1, 1, 0]);
});

describe('Table', () => {
  test('hands back the transitions it was made of', () => {
    expect(table.transitions(0, 1)).toEqual([entry(0.5, 1, 3), entry(0.5, 1, 0)]);
    expect(table.transitions(1, 0)).toEqual([entry(1, 1, 2, true)]);
  });
  test('samples starts and outcomes with their probabilities', () => {
    const random = randomStream(1, 'test');
    let [starts, threes] = [0, 0];
    for (let n = 0; n < 10_000; n++) {
      starts += table.sampleInitial(random);
      threes += table.reward[table.sample(0, 1, random)] === 3 ? 1 : 0;
    }
    // 5 standard deviations.
    expect(Math.abs(starts / 10_000 - 0.25)).toBeLessThan(0.022);
    expect(Math.abs(threes / 10_000 - 0.5)).toBeLessThan(0.025);
  });
  test('a draw beyond a sum that rounding left short of 1 takes the last possible entry', () => {
    const short = new Table({
      states: 3,
      actions: 1,
      initial: Float64Array.of(0.5, 0.4999, 0),
      transitions: (state) => [entry(0.5, state, 1), entry(0.4999, state, 2)],
    });
    const random = { ...randomStream(0, 'unused'), uniform: () => 0.99999 };
    expect(short.sampleInitial(random)).toBe(1);
    expect(short.reward[short.sample(0, 0, random)]).toBe(2);
  });
  test('certain outcomes draw nothing', () => {
    const random = {
      ...randomStream(0, 'unused'),
      uniform: () => {
        throw new Error('drawn');
      },
    };
    expect(table.sample(0, 0, random)).toBe(0);
  });
});
