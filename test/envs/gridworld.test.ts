import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { findEnvironment, parseOptions } from '../../envs/registry.ts';
import { randomStream } from '../../src/random/random.ts';
import { RESTART, type TabularModel } from '../../src/rollout/environment.ts';
import { expectedReturn, policyEvaluation, valueIteration } from '../../src/rollout/dynamic-programming.ts';

// Gymnasium 1.3.0's whole transition tables; see test/fixtures/README.md.
const reference = JSON.parse(
  readFileSync(new URL('../fixtures/tabular-transitions.json', import.meta.url), 'utf8'),
) as {
  cases: Record<
    string,
    {
      initialStateDistribution: number[];
      transitions: [number, number, number, boolean][][][];
    }
  >;
};

function tableOf(id: string, options: unknown = {}): TabularModel {
  const definition = findEnvironment(id);
  const made = definition.create(
    parseOptions(definition, options, () => 'test'),
    randomStream(0, 'task'),
  );
  if (!made.tabular) throw new Error(`${id} has no table`);
  return made.tabular;
}

function bestOf(id: string, options: unknown = {}): number | undefined {
  const definition = findEnvironment(id);
  return definition.bestReturn(parseOptions(definition, options, () => 'test'))?.value;
}

describe('tables equal Gymnasium’s to the last entry', () => {
  test.each([
    ['FrozenLake-v1/4x4/slippery', 'FrozenLake-v1', {}],
    ['FrozenLake-v1/4x4/deterministic', 'FrozenLake-v1', { slippery: false }],
    ['FrozenLake-v1/8x8/slippery', 'FrozenLake-v1', { map: '8x8' }],
    ['FrozenLake-v1/8x8/slippery', 'FrozenLake8x8-v1', {}],
    ['CliffWalking', 'CliffWalking-v1', {}],
    ['Taxi', 'Taxi-v4', {}],
  ])('%s is the table of %s %j', (name, id, options) => {
    const { transitions, initialStateDistribution } = reference.cases[name];
    const table = tableOf(id, options);
    expect(Array.from(table.initial)).toEqual(initialStateDistribution);
    expect(table.states).toBe(transitions.length);
    const ours = transitions.map((row, state) =>
      row.map((_, action) =>
        table
          .transitions(state, action)
          .map(({ probability, next, reward, terminated }) => [probability, next, reward, terminated]),
      ),
    );
    expect(ours).toEqual(transitions);
  });
});

describe('FrozenLake with Gymnasium’s newer options', () => {
  // P of toy_text/frozen_lake.py, written anew for a map of Gymnasium's.
  const map = ['SFFF', 'FHFH', 'FFFH', 'HFFG'];
  const rewards = [5, -3, -0.5];
  const moves = [
    [0, -1],
    [1, 0],
    [0, 1],
    [-1, 0],
  ] as const;
  const within = (n: number): number => Math.min(Math.max(n, 0), 3);
  const arrive = (state: number, action: number) => {
    const [down, right] = moves[action] as readonly [number, number];
    const row = within(Math.floor(state / 4) + down);
    const column = within((state % 4) + right);
    const cell = (map[row] as string)[column] as string;
    const kind = 'GHF'.indexOf(cell === 'S' ? 'F' : cell);
    return [4 * row + column, rewards[kind], kind < 2] as const;
  };

  test.each([0.7, 1 / 3, 0])('successRate %d', (successRate) => {
    const table = tableOf('FrozenLake-v1', { successRate, rewardSchedule: rewards });
    const failRate = (1 - successRate) / 2;
    for (let state = 0; state < 16; state++)
      for (let action = 0; action < 4; action++) {
        const cell = map.join('')[state];
        const expected =
          cell === 'G' || cell === 'H'
            ? [[1, state, 0, true]]
            : [(action + 3) % 4, action, (action + 1) % 4].map((each) => [
                each === action ? successRate : failRate,
                ...arrive(state, each),
              ]);
        const ours = table
          .transitions(state, action)
          .map(({ probability, next, reward, terminated }) => [probability, next, reward, terminated]);
        expect(ours).toEqual(expected);
      }
  });

  test('without slippery ice successRate says nothing', () => {
    const plain = tableOf('FrozenLake8x8-v1', {
      slippery: false,
      successRate: 0.2,
      rewardSchedule: [2, 0, 1],
    });
    expect(plain.transitions(0, 2)).toEqual([{ probability: 1, next: 1, reward: 1, terminated: false }]);
  });
});

describe('best returns are exact', () => {
  test('FrozenLake 4x4 within 100 steps is 0.7442', () =>
    expect(bestOf('FrozenLake-v1')).toBeCloseTo(0.7442, 4));
  test('FrozenLake 8x8 within 200 steps is 0.9132', () =>
    expect(bestOf('FrozenLake8x8-v1')).toBeCloseTo(0.9132, 4));
  test('FrozenLake that is not slippery is 1', () =>
    expect(bestOf('FrozenLake-v1', { slippery: false })).toBe(1));
  test('CliffWalking is −13', () => expect(bestOf('CliffWalking-v1')).toBe(-13));
  test('the windy gridworld takes 15 steps, as in Sutton & Barto', () =>
    expect(bestOf('WindyGridworld')).toBe(-15));
  test('four rooms takes 20 steps', () => expect(bestOf('FourRooms')).toBeCloseTo(1 - 20 * 0.01, 12));
  test('a time limit too short for the goal leaves 0', () =>
    expect(bestOf('FrozenLake-v1', { timeLimit: 5 })).toBe(0));

  test('the greedy policy of value iteration, blind to the clock, gets 0.7402 on 4x4 and 0.894 on 8x8', () => {
    const small = tableOf('FrozenLake-v1');
    expect(expectedReturn(small, valueIteration(small, 0.99).policy, 100)).toBeCloseTo(0.7402, 4);
    const large = tableOf('FrozenLake8x8-v1');
    expect(expectedReturn(large, valueIteration(large, 0.995).policy, 200)).toBeCloseTo(0.894, 3);
  });

  test('a policy that never moves stays at the step cost', () => {
    const table = tableOf('GridWorld', { map: 'SG', stepCost: 1 });
    const left = Float64Array.from({ length: 8 }, (_, k) => (k % 4 === 0 ? 1 : 0));
    expect(policyEvaluation(table, left, 7)?.[0]).toBe(-7);
  });
});

describe('GridWorld reads its map', () => {
  const table = tableOf('GridWorld', { map: ['S#G', '..C'], stepCost: 1, goalReward: 10 });

  test('walls and edges keep the walker where it is', () => {
    expect(table.transitions(0, 2)).toEqual([{ probability: 1, next: 0, reward: -1, terminated: false }]);
    expect(table.transitions(0, 3)).toEqual([{ probability: 1, next: 0, reward: -1, terminated: false }]);
  });
  test('the goal ends the episode and pays goalReward less the step cost', () =>
    expect(table.transitions(5, 3)).toEqual([{ probability: 1, next: 2, reward: 9, terminated: true }]));
  test('a cliff sends back to the start for cliffReward alone', () =>
    expect(table.transitions(4, 2)).toEqual([{ probability: 1, next: 0, reward: -100, terminated: false }]));
  test('one string with newlines is the same map', () =>
    expect(tableOf('GridWorld', { map: 'S#G\n..C\n' }).grid?.cells.join('')).toBe('S#G..C'));
  test('several starts are equally likely, and a cliff sends back to any of them', () => {
    const two = tableOf('GridWorld', { map: 'SCSG' });
    expect(Array.from(two.initial)).toEqual([0.5, 0, 0.5, 0]);
    expect(two.transitions(0, 2)).toEqual([
      { probability: 1, next: RESTART, reward: -100, terminated: false },
    ]);
  });
  test('further terminal cells pay their own reward', () =>
    expect(tableOf('GridWorld', { map: 'ASB', terminals: { A: 5, B: -1 } }).transitions(1, 0)).toEqual([
      { probability: 1, next: 0, reward: 5, terminated: true },
    ]));
  test('slip is split between the two sides', () =>
    expect(
      tableOf('GridWorld', { map: ['...', '.S.', '..G'], slip: 0.2 })
        .transitions(4, 2)
        .map(({ probability, next }) => [probability, next]),
    ).toEqual([
      [0.1, 7],
      [0.8, 5],
      [0.1, 1],
    ]));
  test('wind blows by the column that is left, until a wall', () => {
    const windy = tableOf('GridWorld', { map: ['.#..', '....', 'S..G'], wind: [0, 2, 0, 0] });
    expect(windy.transitions(9, 2)[0].next).toBe(2);
    expect(windy.transitions(9, 0)[0].next).toBe(0);
    expect(windy.transitions(9, 1)[0].next).toBe(5);
    expect(windy.transitions(5, 3)[0].next).toBe(5);
  });

  test('sampled frequencies are the table’s probabilities', () => {
    const definition = findEnvironment('FrozenLake-v1');
    const random = randomStream(1, 'test');
    const environment = definition.create(
      parseOptions(definition, {}, () => 'test'),
      random,
    );
    const counts = new Map<number, number>();
    const observation = new Float32Array(1);
    const transition = { reward: 0, terminated: false };
    for (let n = 0; n < 30_000; n++) {
      environment.reset(random, observation);
      environment.step(Float32Array.of(2), random, observation, transition);
      counts.set(observation[0], (counts.get(observation[0]) ?? 0) + 1);
    }
    // Right from the corner: down to 4, right to 1, up and stay at 0; 5 standard deviations are 0.0136.
    expect([...counts.keys()].sort()).toEqual([0, 1, 4]);
    for (const count of counts.values()) expect(Math.abs(count / 30_000 - 1 / 3)).toBeLessThan(0.0136);
  });

  test('render shows the walker', () => {
    const definition = findEnvironment('GridWorld');
    const random = randomStream(1, 'test');
    const environment = definition.create(
      parseOptions(definition, { map: ['.S', 'G#'] }, () => 'test'),
      random,
    );
    environment.reset(random, new Float32Array(1));
    expect(environment.render?.()).toBe('.@\nG#');
  });
});
