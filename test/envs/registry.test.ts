import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { environments, findEnvironment, parseOptions } from '../../envs/registry.ts';
import { randomStream } from '../../src/random/random.ts';
import { createCopies } from '../../src/rollout/copies.ts';
import { UserError } from '../../src/user-error.ts';
import { randomActions } from './random-actions.ts';

function complaint(id: string, options: unknown): string {
  try {
    parseOptions(findEnvironment(id), options, () => 'configs/x.json');
  } catch (error) {
    if (error instanceof UserError) return error.message;
    throw error;
  }
  return 'no complaint';
}

describe('findEnvironment', () => {
  test('names the nearest environment', () =>
    expect(() => findEnvironment('cartpole')).toThrow(
      new UserError("environment.id 'cartpole' is not a known environment; did you mean CartPole-v1?"),
    ));
  test('lists them all when none is near', () =>
    expect(() => findEnvironment('xyz')).toThrow(/known are BernoulliBandit, .*CartPole-v1/));
  test('ids are unique', () =>
    expect(new Set(environments.map((definition) => definition.id)).size).toBe(environments.length));
});

describe('parseOptions', () => {
  test('fills in the defaults', () =>
    expect(parseOptions(findEnvironment('FrozenLake-v1'), {}, () => 'test')).toEqual({
      map: '4x4',
      slippery: true,
      successRate: 1 / 3,
      rewardSchedule: [1, 0, 0],
      timeLimit: 100,
    }));

  test.each([
    [
      'GridWorld',
      { map: 'SG', slip: 1.5 },
      'environment.options.slip must be in [0, 1], got 1.5 (configs/x.json)',
    ],
    [
      'GridWorld',
      { map: 'SG', slipp: 0.5 },
      'environment.options.slipp is not a setting; did you mean environment.options.slip? (configs/x.json)',
    ],
    [
      'CartPole-v1',
      { gravity: 1 },
      'environment.options.gravity is not a setting; environment.options has timeLimit (configs/x.json)',
    ],
    [
      'CartPole-v1',
      { timeLimit: 0 },
      'environment.options.timeLimit must be an integer in [1, 1000000], got 0 (configs/x.json)',
    ],
    [
      'FrozenLake-v1',
      { map: '5x5' },
      'environment.options.map must be "4x4" or "8x8", got "5x5" (configs/x.json)',
    ],
    [
      'FrozenLake-v1',
      { slippery: 'yes' },
      'environment.options.slippery must be true or false, got "yes" (configs/x.json)',
    ],
    ['CartPole-v1', [], 'environment.options must be an object, got [] (configs/x.json)'],
    [
      'GridWorld',
      {},
      'environment.options.map must be a text or an array of at least 1 whose items are a text, but is missing (configs/x.json)',
    ],
    [
      'GridWorld',
      { map: [] },
      'environment.options.map must be a text or an array of at least 1 whose items are a text, got [] (configs/x.json)',
    ],
    [
      'ContextualBandit',
      { theta: [] },
      'environment.options.theta must be an array of at least 2 whose items are an array of at least 1 whose items are a number, got [] (configs/x.json)',
    ],
    [
      'GridWorld',
      { map: ['S.', 'G'] },
      'environment.options.map is ragged: row 2 has 1 cells, row 1 has 2 (configs/x.json)',
    ],
    [
      'GridWorld',
      { map: '.G' },
      'environment.options.map has no start: mark at least one cell S (configs/x.json)',
    ],
    [
      'GridWorld',
      { map: 'S.' },
      'environment.options.map has no goal: mark at least one cell G (configs/x.json)',
    ],
    [
      'GridWorld',
      { map: 'S.\n?G' },
      "environment.options.map has an unknown character '?' in row 2, column 1; known are # S G H C . F and space (configs/x.json)",
    ],
    ['GridWorld', { map: '' }, 'environment.options.map is empty (configs/x.json)'],
    [
      'GridWorld',
      { map: 'SG', terminals: { G: 1 } },
      "environment.options.map cannot use 'G' as a terminal: it takes one character other than #SGHC.F  (configs/x.json)",
    ],
    [
      'GridWorld',
      { map: 'SG', wind: [1] },
      'environment.options.wind must have one number for each of the 2 columns, got 1 (configs/x.json)',
    ],
    [
      'BernoulliBandit',
      { means: [0.5, 1.5] },
      'environment.options.means.1 must be in [0, 1], got 1.5 (configs/x.json)',
    ],
    [
      'BernoulliBandit',
      { arms: 3, means: [0.5, 1] },
      'environment.options.means must agree with arms (3), got 2 means (configs/x.json)',
    ],
    ['GaussianBandit', { sd: -1 }, 'environment.options.sd must be ≥ 0, got -1 (configs/x.json)'],
    [
      'ContextualBandit',
      { theta: [[1, 2], [3]] },
      'environment.options.theta must have 2 numbers in every row, got 1 in row 2 (configs/x.json)',
    ],
  ])('%s %j: says what is wrong', (id, options, message) => expect(complaint(id, options)).toBe(message));
});

test.each(environments.map((definition) => ({ id: definition.id, definition })))(
  '$id stays in its spaces, and acting at random is no better than the best return',
  ({ id, definition }) => {
    const options = parseOptions(
      definition,
      id === 'GridWorld' ? { map: 'S.HG', slip: 0.3 } : (definition.example ?? {}),
      () => 'test',
    );
    const vector = createCopies(definition, options, 4, 5);
    const { observationSpace } = vector;
    const random = randomStream(5, 'test');
    const low = observationSpace.kind === 'box' ? observationSpace.low : [];
    const high = observationSpace.kind === 'box' ? observationSpace.high : [];
    const returns: number[] = [];
    for (let t = 0; t < 1000; t++) {
      vector.step(randomActions(vector, random, () => 3 * random.normal()));
      for (let d = 0; d < low.length; d++) {
        expect(vector.finalObservations[d]).toBeGreaterThanOrEqual(Math.fround(low[d]));
        expect(vector.observations[d]).toBeGreaterThanOrEqual(Math.fround(low[d]));
        expect(vector.observations[d]).toBeLessThanOrEqual(Math.fround(high[d]));
      }
      const ended = vector.drainEpisodes();
      if (ended.returnMean !== null) returns.push(ended.returnMean);
    }
    expect(returns.length).toBeGreaterThan(0);
    const best = definition.bestReturn(options)?.value ?? Number.POSITIVE_INFINITY;
    const mean = returns.reduce((sum, value) => sum + value, 0) / returns.length;
    expect(mean).toBeLessThanOrEqual(best);
  },
);

test('docs/environments.md has a section for every environment and names every option', () => {
  const text = readFileSync(new URL('../../docs/environments.md', import.meta.url), 'utf8');
  for (const { id, options } of environments) {
    const section = text.split(/^## /m).find((part) => part.startsWith(`${id}\n`));
    expect(section, id).toBeDefined();
    const shape = (options as unknown as { shape: Record<string, unknown> }).shape;
    for (const option of Object.keys(shape)) expect(section, id).toContain(`\`${option}\``);
  }
});
