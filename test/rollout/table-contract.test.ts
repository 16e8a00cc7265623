import { describe, expect, it } from 'vitest';
import { EnvironmentError, RESTART, type TabularModel } from '../../src/rollout/environment.ts';
import { Table } from '../../src/rollout/table.ts';

type Way = ReturnType<TabularModel['transitions']>[number];

const stays: Way = { probability: 1, next: 0, reward: 0, terminated: true };

/** Two states and one action: from 0 to 1, where it ends. */
function model(change: Partial<Record<keyof TabularModel, unknown>> = {}): TabularModel {
  return {
    ...{ name: 'E (e.mjs)', states: 2, actions: 1, initial: Float64Array.of(1, 0) },
    transitions: (state: number) => (state === 0 ? [{ ...stays, next: 1, reward: 1 }] : []),
    ...change,
  } as TabularModel;
}

const of = (...ways: unknown[]) => ({ transitions: (state: number) => (state === 0 ? ways : [stays]) });

describe('a table', () => {
  it('may be off by rounding, have no way from where episodes end, and one back to a start', () => {
    const third = 1 / 3;
    const ways = Array.from({ length: 3 }, () => ({ ...stays, probability: third }));
    for (const change of [
      {},
      of(...ways),
      of({ ...stays, next: RESTART, terminated: false }),
      of({ ...stays, terminated: 1 }),
      { ...of(stays), initial: Float64Array.of(0.1 + 0.2, 0.7 + 4e-10) },
    ])
      expect(new Table(model(change)).states).toBe(2);
  });

  it.each<[string, object, string]>([
    [
      'half a way',
      of({ ...stays, probability: 0.5 }),
      'state 0, action 0: probabilities of its transitions must sum to 1 (within 1e-9), sum to 0.5',
    ],
    [
      'too many ways',
      of(stays, stays),
      'state 0, action 0: probabilities of its transitions must sum to 1 (within 1e-9), sum to 2',
    ],
    [
      'a probability that is none',
      of({ ...stays, probability: Number.NaN }),
      'state 0, action 0: probability must be in [0, 1], got NaN',
    ],
    [
      'a negative one',
      of({ ...stays, probability: -1 }),
      'state 0, action 0: probability must be in [0, 1], got -1',
    ],
    [
      'a text',
      of({ ...stays, probability: '1' }),
      'state 0, action 0: probability must be in [0, 1], got "1"',
    ],
    [
      'a state beyond the last',
      of({ ...stays, next: 2 }),
      'state 0, action 0: next must be a state, 0 to 1, got 2',
    ],
    ['half a state', of({ ...stays, next: 0.5 }), 'state 0, action 0: next must be a state, 0 to 1, got 0.5'],
    [
      'a state before the first',
      of({ ...stays, next: -2 }),
      'state 0, action 0: next must be a state, 0 to 1, got -2',
    ],
    [
      'an infinite reward',
      of({ ...stays, reward: Number.POSITIVE_INFINITY }),
      'state 0, action 0: reward must be a finite number, got Infinity',
    ],
    [
      'another word for the end',
      of({ ...stays, terminated: undefined }),
      'state 0, action 0: terminated must be true or false, got undefined',
    ],
    [
      'Gymnasium’s way',
      of([1, 0, 0, true]),
      'state 0, action 0: probability must be in [0, 1], got undefined',
    ],
    [
      'nothing',
      of(null),
      'state 0, action 0: a transition must be { probability, next, reward, terminated }, got null',
    ],
    ['no list', { transitions: () => null }, 'state 0, action 0: transitions must give an array, got null'],
    [
      'no way from where an episode begins',
      of(),
      'state 0, action 0: transitions gives none, and episodes come to this state',
    ],
    ['no function', { transitions: [] }, 'transitions must be a function, got []'],
    [
      'half a start',
      { initial: Float64Array.of(0.5, 0) },
      'initial must sum to 1 (within 1e-9), sums to 0.5',
    ],
    [
      'a negative start',
      { initial: Float64Array.of(2, -1) },
      'initial must be probabilities, got 2 for state 0',
    ],
    ['other starts', { initial: Float64Array.of(1) }, 'initial must be an array of 2 probabilities, got 1'],
    ['no starts', { initial: undefined }, 'initial must be an array of 2 probabilities, got undefined'],
    ['half a state', { states: 1.5 }, 'states must be a whole number ≥ 1, got 1.5'],
    ['no actions', { actions: 0 }, 'actions must be a whole number ≥ 1, got 0'],
    ['a list of masks', { masks: [1, 1] }, 'masks must be a Uint8Array of 2 states × 1 actions, got [1,1]'],
    [
      'a grid of other cells',
      { grid: { rows: 2, columns: 2, cells: [] } },
      'grid must be { rows, columns, cells } of its 2 states, got {"rows":2,"columns":2,"cells":[]}',
    ],
  ])('of %s is refused', (_, change, why) => {
    const refused = new EnvironmentError(`the table of E (e.mjs): ${why}`);
    expect(() => new Table(model(change))).toThrow(refused);
  });

  it('may leave out the ways that a mask rules out', () => {
    const masks = Uint8Array.of(1, 0, 1, 1);
    const ruled = (state: number, action: number) => (state === 0 && action === 1 ? [] : [stays]);
    expect(new Table(model({ actions: 2, masks, transitions: ruled })).next).toHaveLength(3);
  });
});
