import { describe, expect, it } from 'vitest';
import { environments } from '../../envs/registry.ts';
import { randomStream } from '../../src/random/random.ts';
import { createCopies } from '../../src/rollout/copies.ts';
import type { EnvironmentDefinition } from '../../src/rollout/environment.ts';
import { returnBoundsOf } from '../../src/rollout/return-bounds.ts';
import { randomActions } from './random-actions.ts';

const boundsOf = (definition: EnvironmentDefinition, given: object) => {
  const options = definition.options.parse(given);
  return returnBoundsOf(definition, options, definition.create(options, randomStream(0, 'environment/task')));
};
const named = (id: string): EnvironmentDefinition =>
  environments.find((each) => each.id === id) as EnvironmentDefinition;

describe('what the return of an episode can be', () => {
  it.each([
    ['FrozenLake-v1', {}, 0, 1],
    ['FrozenLake8x8-v1', {}, 0, 1],
    ['BernoulliBandit', {}, 0, 1],
    // Along the cliff in 13 steps; in and out of it all the time.
    ['CliffWalking-v1', {}, -20_000, -13],
    ['CartPole-v1', { timeLimit: 30 }, 1, 30],
    ['Acrobot-v1', { timeLimit: 30 }, -30, 0],
    ['MountainCar-v0', {}, -200, -1],
    ['GaussianBandit', {}, Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY],
  ])('in %s with %j', (id, given, least, greatest) => {
    expect(boundsOf(named(id), given)).toEqual({ least, greatest });
  });

  // A GridWorld has no map of its own.
  const usual = environments.filter(({ options }) => options.safeParse({}).success);
  it.each(usual.map((each) => [each.id, each] as const))('holds every return of %s', (_, definition) => {
    const { least, greatest } = boundsOf(definition, {});
    expect(least).toBeLessThan(greatest);
    const environment = createCopies(definition, {}, 8, 3);
    const random = randomStream(5, 'actions');
    const returns: number[] = [];
    environment.onEpisode = (_copy, episodeReturn) => returns.push(episodeReturn);
    for (let step = 0; step < 1100; step++) {
      environment.step(randomActions(environment, random, () => 6 * random.uniform() - 3));
    }
    expect(returns.length).toBeGreaterThan(0);
    expect(Math.min(...returns)).toBeGreaterThanOrEqual(least);
    expect(Math.max(...returns)).toBeLessThanOrEqual(greatest);
  });
});
