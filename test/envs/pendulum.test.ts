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
      // Gymnasium clips inside the step, we in the vector environment.
      const torque = Math.min(Math.max(step.action, -2), 2);
      environment.step(Float32Array.of(torque), randomStream(0, 'unused'), observation, transition);
      for (let d = 0; d < 3; d++) expect(observation[d]).toBeCloseTo(step.observation[d], 6);
      // Gymnasium computes with the float32 action: its torque² is rounded, the state too in the end.
      for (let d = 0; d < 2; d++) expect(environment.state[d]).toBeCloseTo(step.state[d], 6);
      expect(transition.reward).toBeCloseTo(step.reward, 6);
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
