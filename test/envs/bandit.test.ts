import { describe, expect, test } from 'vitest';
import type { Bandit } from '../../envs/bandit.ts';
import { findEnvironment, parseOptions } from '../../envs/registry.ts';
import { randomStream } from '../../src/random/random.ts';
import type { Environment } from '../../src/rollout/environment.ts';

function make(id: string, options: unknown, seed = 0): Environment {
  const definition = findEnvironment(id);
  return definition.create(
    parseOptions(definition, options, () => 'test'),
    randomStream(seed, 'task'),
  );
}

function pull(environment: Environment, arm: number, times: number): number[] {
  const random = randomStream(5, 'pulls');
  const observation = new Float32Array(8);
  const transition = { reward: 0, terminated: false };
  return Array.from({ length: times }, () => {
    environment.step(Float32Array.of(arm), random, observation, transition);
    expect(transition.terminated).toBe(true);
    return transition.reward;
  });
}

const mean = (values: number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;

describe('BernoulliBandit', () => {
  test('pays 0 or 1 with the arm’s mean, and regret is what the best arm would add', () => {
    const bandit = make('BernoulliBandit', { means: [0.2, 0.9, 0.5] });
    const rewards = pull(bandit, 0, 10_000);
    expect([...new Set(rewards)].sort()).toEqual([0, 1]);
    // 5 standard deviations of the mean.
    expect(Math.abs(mean(rewards) - 0.2)).toBeLessThan(0.02);
    expect(bandit.figures?.[0]).toBeCloseTo(0.7, 15);
    expect(bandit.optimalAction?.()).toBe(1);
  });

  test('may have more arms than a call takes arguments; of equal ones the first is the best', () => {
    const means = Array.from({ length: 200_000 }, (_, arm) => (arm % 7) / 10);
    expect(make('BernoulliBandit', { means }).optimalAction?.()).toBe(6);
    const definition = findEnvironment('BernoulliBandit');
    expect(definition.bestReturn?.(parseOptions(definition, { means }, () => 'test'))).toMatchObject({
      value: 0.6,
    });
  });

  test('draws the same means for the same task stream, others for another', () => {
    const means = (seed: number) => (make('BernoulliBandit', { arms: 4 }, seed) as Bandit).means;
    expect(means(1)).toEqual(means(1));
    expect(means(1)).not.toEqual(means(2));
    expect(means(1)).toHaveLength(4);
  });
  test('has ten arms by default, and a best return where means are given', () => {
    expect(make('BernoulliBandit', {}).actionSpace).toMatchObject({ kind: 'discrete', n: 10 });
    const definition = findEnvironment('BernoulliBandit');
    expect(definition.bestReturn({ means: [0.1, 0.8] })?.value).toBe(0.8);
    expect(definition.bestReturn({})).toBeUndefined();
  });
});

test('GaussianBandit pays around the arm’s mean with the given standard deviation', () => {
  const rewards = pull(make('GaussianBandit', { means: [-3, 2], sd: 0.5 }), 0, 10_000);
  const average = mean(rewards);
  expect(Math.abs(average + 3)).toBeLessThan(0.025);
  expect(Math.abs(Math.sqrt(mean(rewards.map((r) => (r - average) ** 2))) - 0.5)).toBeLessThan(0.02);
});

describe('ContextualBandit', () => {
  const theta = [
    [1, 0],
    [0, 2],
  ];
  test('pays ⟨θ_a, x⟩ without noise, and knows the best arm of the context', () => {
    const bandit = make('ContextualBandit', { theta, sd: 0 });
    const random = randomStream(2, 'test');
    const observation = new Float32Array(2);
    const transition = { reward: 0, terminated: false };
    const chosenBest = new Set<number | undefined>();
    for (let n = 0; n < 20; n++) {
      bandit.reset(random, observation);
      const [x, y] = observation;
      const best = bandit.optimalAction?.();
      chosenBest.add(best);
      expect(best).toBe(x >= 2 * y ? 0 : 1);
      bandit.step(Float32Array.of(1), random, observation, transition);
      expect(transition).toEqual({ reward: 2 * y, terminated: true });
      const bestReward = Math.max(x, 2 * y);
      expect(Array.from(bandit.figures ?? [])).toEqual([bestReward - 2 * y, 2 * y, bestReward]);
    }
    expect(chosenBest).toEqual(new Set([0, 1]));
  });
  test('has five arms and four numbers by default', () => {
    const bandit = make('ContextualBandit', {});
    expect(bandit.actionSpace).toMatchObject({ n: 5 });
    expect(bandit.observationSpace).toMatchObject({ low: Array(4).fill(Number.NEGATIVE_INFINITY) });
  });
});
