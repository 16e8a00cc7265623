import { expect, test } from 'vitest';
import { CartPole, stepCartPole } from '../../envs/cart-pole.ts';
import { randomStream } from '../../src/random/random.ts';
import { recordedEpisodes } from './classic-control.ts';

test.each(recordedEpisodes('CartPole-v1').map((episode, n) => ({ episode, n })))(
  'CartPole follows Gymnasium step by step in episode $n',
  ({ episode }) => {
    const environment = new CartPole();
    environment.state.set(episode.initialState);
    const observation = new Float32Array(4);
    const transition = { reward: 0, terminated: false };
    for (const step of episode.steps) {
      environment.step(Float32Array.of(step.action), randomStream(0, 'unused'), observation, transition);
      expect(Array.from(observation)).toEqual(step.observation);
      for (let d = 0; d < 4; d++) expect(environment.state[d]).toBeCloseTo(step.state[d], 12);
      expect(transition).toEqual({ reward: step.reward, terminated: step.terminated });
    }
  },
);

test('stepCartPole ends beyond 2.4 m and 12°, not on the way there', () => {
  expect(stepCartPole(Float64Array.of(2.39, 0, 0, 0), 1)).toBe(false);
  expect(stepCartPole(Float64Array.of(2.39, 1, 0, 0), 1)).toBe(true);
  expect(stepCartPole(Float64Array.of(-2.39, -1, 0, 0), 1)).toBe(true);
  expect(stepCartPole(Float64Array.of(0, 0, 0.209, 0), 1)).toBe(false);
  expect(stepCartPole(Float64Array.of(0, 0, 0.209, 0.1), 1)).toBe(true);
});

test('CartPole starts within ±0.05 in every coordinate', () => {
  const environment = new CartPole();
  const random = randomStream(3, 'test');
  const observation = new Float32Array(4);
  let [least, most] = [1, -1];
  for (let n = 0; n < 1000; n++) {
    environment.reset(random, observation);
    least = Math.min(least, ...environment.state);
    most = Math.max(most, ...environment.state);
  }
  expect(least).toBeGreaterThanOrEqual(-0.05);
  expect(most).toBeLessThan(0.05);
  expect(most - least).toBeGreaterThan(0.099);
});
