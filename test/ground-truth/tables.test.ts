import { describe, expect, it } from 'vitest';
import { environments, findEnvironment, parseOptions } from '../../envs/registry.ts';
import { chainOf, scatter, solveValues, solveVisits, transposed } from '../../src/ground-truth/chain.ts';
import { episodeTruth, expectedVisits } from '../../src/ground-truth/episodes.ts';
import { improvementOf } from '../../src/ground-truth/improvement.ts';
import { optimum } from '../../src/ground-truth/optimum.ts';
import { policyTruth } from '../../src/ground-truth/policy-truth.ts';
import { createTableTruth } from '../../src/ground-truth/table-truth.ts';
import { randomStream } from '../../src/random/random.ts';
import { RESTART } from '../../src/rollout/environment.ts';
import {
  expectedReturn,
  optimalReturn,
  returnBoundsOfTable,
  valueIteration,
} from '../../src/rollout/dynamic-programming.ts';
import { Table } from '../../src/rollout/table.ts';

const OPTIONS: Readonly<Record<string, object>> = {
  // Two starts and a cliff: the way back to one of many.
  GridWorld: { map: ['S.C.', '.#HG', 'S..x'], slip: 0.3, terminals: { x: 2 }, stepCost: 0.1 },
};

function tableOf(id: string, options: object = OPTIONS[id] ?? {}): Table {
  const definition = findEnvironment(id);
  const found = definition.enumerate?.(
    parseOptions(definition, options, () => 'test'),
    randomStream(4, 'task'),
  );
  if (found?.kind !== 'table') throw new Error(`${id} has no table`);
  return new Table(found.table);
}

/** Of the same map moves into walls ruled out. */
const MASKED = { ...OPTIONS.GridWorld, maskWalls: true };

const ids = environments
  .filter(({ id, enumerate }) => enumerate !== undefined && id !== 'TokenTask')
  .map(({ id }) => id);

/** [states, actions], softmax of normal logits of what may be done. */
function drawPolicy({ states, actions, masks }: Table, seed: number, scale = 1): Float64Array {
  const random = randomStream(seed, 'policy');
  const policy = new Float64Array(states * actions);
  for (let state = 0; state < states; state++) {
    const row = policy.subarray(state * actions, (state + 1) * actions);
    row.set(row.map((_, a) => (masks?.[state * actions + a] ?? 1) * Math.exp(scale * random.normal())));
    const sum = row.reduce((a, b) => a + b);
    row.set(row.map((p) => p / sum));
  }
  return policy;
}

function klOf({ states, actions }: Table, p: Float64Array, q: Float64Array): Float64Array {
  const kl = new Float64Array(states);
  for (let i = 0; i < p.length; i++)
    if (p[i] > 0) kl[Math.floor(i / actions)] += p[i] * Math.log(p[i] / q[i]);
  return kl;
}

/** Ways to states at random, in every one of which an episode ends with a probability. */
function garnet(states: number, actions: number, ways: number, ends: number): Table {
  const random = randomStream(6, 'garnet');
  return new Table({
    states,
    actions,
    initial: Float64Array.from({ length: states }, (_, state) => (state < 2 ? 0.5 : 0)),
    transitions: () => {
      const shares = Array.from({ length: ways }, () => random.uniform() + 0.01);
      const sum = shares.reduce((a, b) => a + b);
      const going = shares.map((share) => ({
        probability: ((1 - ends) * share) / sum,
        next: Math.floor(random.uniform() * states),
        reward: random.normal(),
        terminated: false,
      }));
      const ended = { probability: ends, next: 0, reward: 1, terminated: true };
      return ends === 0 ? going : [...going, ended];
    },
  });
}

/** V and ρ by Gaussian elimination with the largest pivot. */
function eliminated(
  table: Table,
  policy: Float64Array,
  gamma: number,
): { values: Float64Array; visitation: Float64Array } {
  const { states, actions } = table;
  const rewards = new Float64Array(states);
  const rows = Array.from({ length: states }, () => new Float64Array(states));
  for (let pair = 0; pair < policy.length; pair++) {
    const state = Math.floor(pair / actions);
    for (const way of table.transitions(state, pair % actions)) {
      rewards[state] += policy[pair] * way.probability * way.reward;
      if (!way.terminated) rows[state][way.next] -= gamma * policy[pair] * way.probability;
    }
  }
  for (let i = 0; i < states; i++) rows[i][i] += 1;
  const columns = rows.map((_, j) => rows.map((row) => row[j])).map((each) => Float64Array.from(each));
  return {
    values: eliminate(
      rows.map((row) => row.slice()),
      rewards,
    ),
    visitation: eliminate(columns, table.initial),
  };
}

function eliminate(rows: Float64Array[], right: Float64Array): Float64Array {
  const b = right.slice();
  const n = rows.length;
  for (let i = 0; i < n; i++) {
    let pivot = i;
    for (let k = i; k < n; k++) if (Math.abs(rows[k][i]) > Math.abs(rows[pivot][i])) pivot = k;
    [rows[i], rows[pivot]] = [rows[pivot], rows[i]];
    [b[i], b[pivot]] = [b[pivot], b[i]];
    for (let k = i + 1; k < n; k++) {
      const by = rows[k][i] / rows[i][i];
      for (let j = i; j < n; j++) rows[k][j] -= by * rows[i][j];
      b[k] -= by * b[i];
    }
  }
  for (let i = n - 1; i >= 0; i--) {
    for (let j = i + 1; j < n; j++) b[i] -= rows[i][j] * b[j];
    b[i] /= rows[i][i];
  }
  return b;
}

function dot(a: Float64Array, b: Float64Array): number {
  return a.reduce((sum, each, i) => sum + each * b[i], 0);
}

function mixed(p: Float64Array, q: Float64Array, share: number): Float64Array {
  return p.map((each, i) => each + share * (q[i] - each));
}

it('bandits, gridworlds, Taxi and Blackjack can be written out', () =>
  expect(ids).toEqual([
    'BernoulliBandit',
    'GaussianBandit',
    'IdentityWorld',
    'GridWorld',
    'FrozenLake-v1',
    'FrozenLake8x8-v1',
    'CliffWalking-v1',
    'FourRooms',
    'WindyGridworld',
    'Taxi-v4',
    'Blackjack-v1',
  ]));

describe.each([
  ...ids.map((id) => [id, id, OPTIONS[id] ?? {}] as const),
  ['GridWorld with masks', 'GridWorld', MASKED] as const,
])('%s', (_, id, options) => {
  const table = tableOf(id, options);
  const policy = drawPolicy(table, 1);
  const gamma = 0.9;

  it('has values and a visitation that satisfy their equations, and J both ways', () => {
    const { values, advantages, actionValues, visitation, discountedReturn } = policyTruth(
      table,
      policy,
      gamma,
    );
    const { transitions, rewards } = chainOf(table, policy);
    const scale = Math.max(1, ...values.map(Math.abs));
    for (let state = 0; state < table.states; state++) {
      let backed = rewards[state] + gamma * transitions.left[state] * startMean(table, values);
      for (let k = transitions.offsets[state]; k < transitions.offsets[state + 1]; k++)
        backed += gamma * transitions.values[k] * values[transitions.columns[k]];
      expect(Math.abs(values[state] - backed) / scale).toBeLessThan(1e-13);
      const row = advantages.subarray(state * table.actions, (state + 1) * table.actions);
      const mean = row.reduce((sum, each, a) => sum + policy[state * table.actions + a] * each, 0);
      expect(Math.abs(mean) / scale).toBeLessThan(1e-13);
      expect(actionValues[state * table.actions]).toBeCloseTo(values[state] + row[0], 9);
    }
    const after = new Float64Array(table.states);
    scatter(transitions, visitation, after);
    const residual = visitation.map((each, s) => each - table.initial[s] - gamma * after[s]);
    expect(Math.max(...residual.map(Math.abs))).toBeLessThan(1e-13);
    const summed = visitation.reduce((sum, each, s) => sum + each * rewards[s], 0);
    expect(Math.abs(summed - discountedReturn) / scale).toBeLessThan(1e-13);
  });

  it('has the improvement that the values have, and both bounds hold, for steps of any size', () => {
    const truth = policyTruth(table, policy, gamma);
    const far = drawPolicy(table, 2);
    for (const share of [0.001, 0.1, 1]) {
      const next = mixed(policy, far, share);
      const nextTruth = policyTruth(table, next, gamma);
      const step = improvementOf(table, [policy, truth], [next, nextTruth], klOf(table, policy, next), gamma);
      const difference = nextTruth.discountedReturn - truth.discountedReturn;
      expect(Math.abs(step.improvement - difference)).toBeLessThan(1e-11 * Math.max(1, Math.abs(difference)));
      expect(step.boundMeanKl).toBeLessThanOrEqual(step.improvement + 1e-12);
      expect(step.boundMaxKl).toBeLessThanOrEqual(step.improvement + 1e-12);
    }
  });

  it('has a promise that is the truth to first order: the slope of its error in the step is 2', () => {
    const truth = policyTruth(table, policy, gamma);
    const far = drawPolicy(table, 3);
    const errorAt = (share: number): number => {
      const next = mixed(policy, far, share);
      const step = improvementOf(
        table,
        [policy, truth],
        [next, policyTruth(table, next, gamma)],
        klOf(table, policy, next),
        gamma,
      );
      expect(step.improvement).not.toBe(0);
      return Math.abs(step.promise - step.improvement) / Math.abs(step.promise);
    };
    // Where no state depends on what is done the surrogate is the truth.
    if (table.states === 1 || id === 'IdentityWorld') expect(errorAt(0.5)).toBeLessThan(1e-12);
    else expect(Math.log10(errorAt(1e-3) / errorAt(1e-4))).toBeCloseTo(1, 1);
  });

  it('has the optimum of value iteration, which no other policy exceeds', () => {
    const best = optimum(table, gamma);
    const { values } = valueIteration(table, gamma);
    for (let state = 0; state < table.states; state++)
      expect(best.truth.values[state]).toBeCloseTo(values[state], 8);
    expect(best.truth.discountedReturn).toBeGreaterThan(policyTruth(table, policy, gamma).discountedReturn);
  });

  it('has the undiscounted return within the limit, and its slope towards another policy', () => {
    const horizon = 30;
    const far = drawPolicy(table, 2);
    const { expectedReturn: ours, promise } = episodeTruth(table, policy, far, horizon);
    expect(ours).toBeCloseTo(expectedReturn(table, policy, horizon) as number, 9);
    const at = (share: number): number =>
      episodeTruth(table, mixed(policy, far, share), far, horizon).expectedReturn;
    expect(promise).toBeCloseTo((at(1e-4) - at(-1e-4)) / 2e-4, 4);
    const { rewards } = chainOf(table, policy);
    const visits = expectedVisits(table, policy, horizon);
    expect(visits.reduce((sum, each, s) => sum + each * rewards[s], 0)).toBeCloseTo(ours, 9);
  });
});

describe('where actions are ruled out', () => {
  // To stay at the wall would be best: the only move that is left falls into the hole.
  const map = { map: ['SHG'], holeReward: -1 };
  const [open, masked] = [false, true].map((maskWalls) => tableOf('GridWorld', { ...map, maskWalls }));

  it('nothing exact counts them', () => {
    expect([...(masked.masks ?? [])].slice(0, 4)).toEqual([0, 0, 1, 0]);
    expect(optimalReturn(open, 10)).toBe(0);
    expect(optimalReturn(masked, 10)).toBe(-1);
    expect(returnBoundsOfTable(open, 10)).toEqual({ least: -1, greatest: 0 });
    expect(returnBoundsOfTable(masked, 10)).toEqual({ least: -1, greatest: -1 });
    expect([...valueIteration(masked, 0.9).policy.slice(0, 4)]).toEqual([0, 0, 1, 0]);
    const { policy, truth } = optimum(masked, 0.9);
    expect([...policy.slice(0, 4)]).toEqual([0, 0, 1, 0]);
    expect(truth.discountedReturn).toBe(-1);
    // The one policy of the start has no advantage over itself: nor has the bound a constant.
    const kl = new Float64Array(3);
    expect(improvementOf(masked, [policy, truth], [policy, truth], kl, 0.9).constant).toBe(0);
  });

  it('masks of another length, or that leave nothing, are refused', () => {
    const { states, actions, initial, transitions } = masked;
    const model = { states, actions, initial, transitions: transitions.bind(masked) };
    expect(() => new Table({ ...model, masks: new Uint8Array(5) })).toThrow(
      'masks must be a Uint8Array of 3 states × 4 actions, got 5 numbers',
    );
    const masks = new Uint8Array(12).fill(1, 0, 8);
    expect(() => new Table({ ...model, masks })).toThrow('masks rule out every action of state 2');
  });
});

function startMean({ starts }: Table, values: Float64Array): number {
  return starts.reduce((sum, start) => sum + values[start], 0) / starts.length;
}

describe('dynamic programming gives', () => {
  it.each([
    ['FrozenLake-v1', 100, 0.7442],
    ['FrozenLake8x8-v1', 200, 0.9132],
    ['CliffWalking-v1', 200, -13],
    ['Taxi-v4', 200, 7.93],
  ])('%s within %d steps %d', (id, limit, best) =>
    expect(Math.abs((optimalReturn(tableOf(id), limit) as number) - best)).toBeLessThan(1e-3),
  );
});

describe('solve', () => {
  it('is the geometric series where nothing ends, near γ 1 too', () => {
    const transitions = {
      size: 2,
      offsets: Int32Array.of(0, 1, 2),
      columns: Int32Array.of(1, 0),
      values: Float64Array.of(1, 1),
      left: new Float64Array(2),
      right: new Float64Array(2),
    };
    const start = Float64Array.of(1, 0);
    const visits = solveVisits(transposed(transitions), start, 0.9999);
    // x0 = 1 + γ·x1, x1 = γ·x0.
    expect(visits[0] * (1 - 0.9999 ** 2)).toBeCloseTo(1, 10);
    const values = solveValues({ transitions, rewards: start }, 0.9999, start, visits);
    expect(values[0] * (1 - 0.9999 ** 2)).toBeCloseTo(1, 10);
    expect(solveVisits(transitions, Float64Array.of(3, 4), 0)).toEqual(Float64Array.of(3, 4));
  });

  describe.each([
    ['nothing ends', 0],
    ['few episodes end', 1e-5],
    ['many end', 0.03],
  ])('where %s', (_, ends) => {
    // With γ of 0.999999 and few ends it takes a million sweeps: 40 s of 120 states.
    it.each([
      [0.99, 120],
      [0.9999, 120],
      [0.999999, 20],
    ])('is what elimination says with γ %d', (gamma, states) => {
      const table = garnet(states, 3, 4, ends);
      const policy = drawPolicy(table, 7);
      const { values, visitation, discountedReturn } = policyTruth(table, policy, gamma);
      const expected = eliminated(table, policy, gamma);
      const near = (found: Float64Array, right: Float64Array): void => {
        const largest = right.reduce((most, each) => Math.max(most, Math.abs(each)), 0);
        for (const [i, each] of found.entries())
          expect(Math.abs(each - right[i]) / largest).toBeLessThan(1e-9);
      };
      near(values, expected.values);
      near(visitation, expected.visitation);
      near(Float64Array.of(discountedReturn), Float64Array.of(dot(table.initial, expected.values)));
    });
  });

  it('needs few sweeps near γ 1 where nothing ends, and gives up where it may take no more', () => {
    const table = garnet(2_000, 2, 10, 0);
    const uniform = new Float64Array(4_000).fill(0.5);
    // By sweeps alone: 40,000 transitions × 391,000.
    const { visitation } = policyTruth(table, uniform, 0.9999, 3e7);
    expect(visitation.reduce((sum, each) => sum + each, 0) * 1e-4).toBeCloseTo(1, 9);
    expect(() => policyTruth(table, uniform, 0.9999, 1e5)).toThrow(
      'the values of the environment’s table do not settle: with γ 0.9999 they take more than 100,000 transitions',
    );
  });

  it('is exact near γ 1 where everything leads back to a start', () => {
    const [n, gamma] = [8, 0.999999];
    const table = tableOf('IdentityWorld', { states: n });
    const { values, visitation } = policyTruth(table, new Float64Array(n * n).fill(1 / n), gamma);
    for (const value of values) expect(value * (1 - gamma) * n).toBeCloseTo(1, 12);
    for (const visits of visitation) expect(visits * (1 - gamma) * n).toBeCloseTo(1, 9);
  });

  it('is that of the table with every way back written out', () => {
    for (const [id, gamma] of [
      ['IdentityWorld', 0.99],
      ['GridWorld', 0.9],
    ] as const) {
      const table = tableOf(id);
      const dense = new Table({
        ...table,
        transitions: (state, action) =>
          table.transitions(state, action).flatMap((way) =>
            way.next === RESTART
              ? Array.from(table.starts, (next) => ({
                  ...way,
                  next,
                  probability: way.probability / table.starts.length,
                }))
              : [way],
          ),
      });
      expect(dense.next.length).toBeGreaterThan(table.next.length);
      const policy = drawPolicy(table, 1);
      const [ours, written] = [table, dense].map((each) => policyTruth(each, policy, gamma));
      for (const name of ['values', 'visitation', 'advantages'] as const)
        for (const [i, value] of ours[name].entries()) expect(value).toBeCloseTo(written[name][i], 11);
    }
  });

  it('transposes', () => {
    const table = tableOf('GridWorld');
    const { transitions } = chainOf(table, drawPolicy(table, 1));
    const back = transposed(transposed(transitions));
    const x = drawPolicy(table, 5).subarray(0, table.states);
    const [a, b] = [new Float64Array(table.states), new Float64Array(table.states)];
    scatter(transitions, x, a);
    scatter(back, x, b);
    for (let i = 0; i < a.length; i++) expect(a[i]).toBeCloseTo(b[i], 14);
  });
});

describe('γ = 1', () => {
  const table = tableOf('FrozenLake-v1');
  const truth = createTableTruth(table, 1, 100);
  const [old, next] = [1, 2].map((seed) => truth.know(drawPolicy(table, seed)));
  const kl = klOf(table, old.probabilities, next.probabilities);
  it('has no bound and nothing discounted, but what the time limit bounds', () => {
    const step = truth.step(old, next, kl, undefined);
    expect([step.boundMaxKl, step.boundMeanKl, step.boundConstant, step.trueImprovement]).toEqual([
      null,
      null,
      null,
      null,
    ]);
    expect(step.exactReturn).toBeCloseTo(expectedReturn(table, next.probabilities, 100) as number, 12);
    expect(step.exactGap).toBeCloseTo(0.7442 - (step.exactReturn as number), 4);
  });
  it('and without a time limit neither', () => {
    const step = createTableTruth(table, 1, undefined).step(old, next, kl, undefined);
    expect(Object.values(step).filter((each) => each !== null)).toEqual([step.klOldNewStateMax]);
  });
});

it('a state that is never visited may be infinitely far away', () => {
  const table = tableOf('FrozenLake-v1');
  const truth = createTableTruth(table, 0.9, 100);
  const policy = drawPolicy(table, 1);
  const known = truth.know(policy);
  const kl = new Float64Array(16);
  // A hole.
  kl[5] = Number.POSITIVE_INFINITY;
  const step = truth.step(known, known, kl, undefined);
  expect(step.klOldNewDiscounted).toBe(0);
  expect(step.klOldNewVisited).toBe(0);
  expect(step.boundMaxKl).toBe(Number.NEGATIVE_INFINITY);
  expect(step.boundMeanKl).toBe(0);
});
