import { expect, test } from 'vitest';
import { Pendulum } from '../../envs/pendulum.ts';
import { randomStream } from '../../src/random/random.ts';
import { recordedEpisodes } from './classic-control.ts';

test.each(recordedEpisodes('Pendulum-v1').map((episode, n) => ({ episode, n })))(
  'Pendulum follows Gymnasium step by step in episode $n',
  ({ episode }) => {
    const environment = new Pendulum();
    environment.state.set(episode.initialState);
    const observation = new Float32Array(3);
    const transition = { reward: 0, terminated: true };
    for (const step of episode.steps) {
      environment.step(Float32Array.of(step.action), randomStream(0, 'unused'), observation, transition);
      // An ulp of our sine grows with the steps; each step on its own is in classic-control.test.ts.
      expect(Array.from(observation)).toEqual(step.observation);
      for (let d = 0; d < 2; d++) expect(environment.state[d]).toBeCloseTo(step.state[d], 12);
      expect(transition.reward).toBeCloseTo(step.reward, 12);
      expect(transition.terminated).toBe(false);
    }
  },
);

test('Pendulum starts at any angle, no faster than 1 rad/s', () => {
  const environment = new Pendulum();
  const random = randomStream(3, 'test');
  const observation = new Float32Array(3);
  const [angles, speeds]: [number[], number[]] = [[], []];
  for (let n = 0; n < 1000; n++) {
    environment.reset(random, observation);
    angles.push(environment.state[0]);
    speeds.push(environment.state[1]);
    expect(observation[2]).toBe(Math.fround(environment.state[1]));
  }
  expect(Math.max(...angles.map(Math.abs))).toBeLessThanOrEqual(Math.PI);
  expect(Math.max(...angles) - Math.min(...angles)).toBeGreaterThan(6.2);
  expect(Math.max(...speeds.map(Math.abs))).toBeLessThanOrEqual(1);
  expect(Math.max(...speeds) - Math.min(...speeds)).toBeGreaterThan(1.98);
});
