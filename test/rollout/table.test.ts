import { describe, expect, test } from 'vitest';
import { randomStream } from '../../src/random/random.ts';
import type { Transition } from '../../src/rollout/environment.ts';
import { Table } from '../../src/rollout/table.ts';
import { all, dense, entry, sparse, table } from './small-tables.ts';

const transition: Transition = { reward: 0, terminated: false };

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

test('a table that is too large is refused with what it has too many of, before that is there', () => {
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
});

test('a sweep over many ways from each pair costs more', () => {
  expect(table.sweepCost).toBe(4);
  expect(new Table(all(30)).sweepCost).toBe(600);
});

describe('a way back to any of several starts', () => {
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
  test('takes no memory per start', () => expect(sparse.next.length).toBeLessThan(dense.next.length));
});
