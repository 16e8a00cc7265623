import { describe, expect, test } from 'vitest';
import { randomStream } from '../../src/random/random.ts';
import { RESTART, type TabularTransition, type Transition } from '../../src/rollout/environment.ts';
import {
  expectedReturn,
  optimalReturn,
  policyEvaluation,
  returnBoundsOfTable,
  Table,
  valueIteration,
} from '../../src/rollout/tabular.ts';

const entry = (probability: number, next: number, reward: number, terminated = false): TabularTransition => ({
  probability,
  next,
  reward,
  terminated,
});

const transition: Transition = { reward: 0, terminated: false };

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
  expect(Array.from(policyEvaluation(table, policy, 1) ?? [])).toEqual([0.5 * 1 + 0.5 * 1.5, 2]);
  expect(Array.from(policyEvaluation(table, policy, 2) ?? [])).toEqual([0.5 * 1 + 0.5 * 3.5, 2]);
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
      table.sample(0, 1, random, transition);
      threes += transition.reward === 3 ? 1 : 0;
    }
    // 5 standard deviations.
    expect(Math.abs(starts / 10_000 - 0.25)).toBeLessThan(0.022);
    expect(Math.abs(threes / 10_000 - 0.5)).toBeLessThan(0.025);
  });
  test('a draw beyond a sum that rounding left short of 1 takes the last possible entry', () => {
    const short = new Table({
      states: 3,
      actions: 1,
      initial: Float64Array.of(0.5, 0.5 - 5e-10, 0),
      transitions: (state) => [entry(0.5, state, 1), entry(0.5 - 5e-10, state, 2)],
    });
    const random = { ...randomStream(0, 'unused'), uniform: () => 1 - 1e-12 };
    expect(short.sampleInitial(random)).toBe(1);
    short.sample(0, 0, random, transition);
    expect(transition.reward).toBe(2);
  });
  test('certain outcomes draw nothing', () => {
    const random = {
      ...randomStream(0, 'unused'),
      uniform: () => {
        throw new Error('drawn');
      },
    };
    expect(table.sample(0, 0, random, transition)).toBe(0);
    expect(transition).toEqual({ reward: 1, terminated: true });
  });
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

describe('a table that is too large', () => {
  const all = (states: number) => ({
    states,
    actions: 2,
    initial: new Float64Array(states).fill(1 / states),
    transitions: () => Array.from({ length: states }, (_, next) => entry(1 / states, next, 1)),
  });

  test('is refused with what it has too many of, before that is there', () => {
    expect(new Table(all(10), 200).next).toHaveLength(200);
    expect(() => new Table(all(10), 199)).toThrow(
      'the table of the environment has more than 199 transitions; at most 199 are written out',
    );
    const transitions = (): never => {
      throw new Error('asked for');
    };
    const large = { states: 1e6, actions: 1000, initial: Float64Array.of(1), transitions };
    expect(() => new Table(large)).toThrow(
      'the table of the environment has 1,000,000 states × 1,000 actions; at most 20,000,000 are written out',
    );
    expect(optimalReturn(large, 1)).toBeUndefined();
    expect(policyEvaluation(large, [], 1)).toBeUndefined();
    expect(returnBoundsOfTable(large, 1)).toBeUndefined();
  });

  test('a sweep over many ways from each pair costs more', () => {
    expect(table.sweepCost).toBe(4);
    const many = new Table(all(30));
    expect(many.sweepCost).toBe(600);
    // Two sweeps, the first free.
    expect(optimalReturn(many, 2, 600)).toBeCloseTo(2, 12);
    expect(optimalReturn(many, 2, 599)).toBeUndefined();
  });
});

describe('a way back to any of several starts', () => {
  const starts = [0, 2, 3];
  const model = (back: (probability: number) => TabularTransition[]) =>
    new Table({
      states: 4,
      actions: 1,
      initial: Float64Array.of(1 / 3, 0, 1 / 3, 1 / 3),
      transitions: (state) =>
        state === 1
          ? [...back(0.3), entry(0.6, 1, 1), ...back(0.1)]
          : [entry(0.5, 1, state, false), entry(0.5, state, 2, true)],
    });
  const sparse = model((probability) => [entry(probability, RESTART, -1)]);
  const dense = model((probability) => starts.map((next) => entry(probability / 3, next, -1)));

  test('draws, from the same numbers, what the table written out draws', () => {
    const draws = (table: Table): unknown[] => {
      const random = randomStream(3, 'test');
      return Array.from({ length: 20_000 }, () => [
        table.sample(1, 0, random, transition),
        transition.reward,
      ]);
    };
    expect(draws(sparse)).toEqual(draws(dense));
  });
  test('is worth the same', () => {
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
  test('takes no memory per start', () => expect(sparse.next.length).toBeLessThan(dense.next.length));
});
