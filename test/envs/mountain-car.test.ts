import { describe, expect, test } from 'vitest';
import { MountainCar, MountainCarContinuous, stepMountainCar } from '../../envs/mountain-car.ts';
import { randomStream } from '../../src/random/random.ts';
import { recordedEpisodes } from './classic-control.ts';

const stream = randomStream(0, 'unused');

test.each(recordedEpisodes('MountainCar-v0').map((episode, n) => ({ episode, n })))(
  'MountainCar follows Gymnasium step by step in episode $n',
  ({ episode }) => {
    const environment = new MountainCar();
    environment.state.set(episode.initialState);
    const observation = new Float32Array(2);
    const transition = { reward: 0, terminated: false };
    for (const step of episode.steps) {
      environment.step(Float32Array.of(step.action), stream, observation, transition);
      expect(Array.from(observation)).toEqual(step.observation);
      for (let d = 0; d < 2; d++) expect(environment.state[d]).toBeCloseTo(step.state[d], 12);
      expect(transition).toEqual({ reward: step.reward, terminated: step.terminated });
    }
  },
);

test.each(recordedEpisodes('MountainCarContinuous-v0').map((episode, n) => ({ episode, n })))(
  'MountainCarContinuous follows Gymnasium to the bit in episode $n',
  ({ episode }) => {
    const environment = new MountainCarContinuous();
    environment.state.set(episode.initialState);
    const observation = new Float32Array(2);
    const transition = { reward: 0, terminated: false };
    for (const step of episode.steps) {
      environment.step(Float32Array.of(step.action), stream, observation, transition);
      expect(Array.from(observation)).toEqual(step.observation);
      expect(Array.from(environment.state)).toEqual(step.state);
      expect(transition.reward).toBe(step.reward);
      expect(transition.terminated).toBe(step.terminated);
    }
  },
);

describe('stepMountainCar', () => {
  test('stops at the left edge', () => {
    const state = Float64Array.of(-1.19, -0.06);
    expect(stepMountainCar(state, 0, 0.5)).toBe(false);
    expect(Array.from(state)).toEqual([-1.2, 0]);
  });
  test('ends at the goal', () => expect(stepMountainCar(Float64Array.of(0.49, 0.05), 0, 0.5)).toBe(true));
});

test('MountainCarContinuous charges for the force asked for, and is float32 once it was rounded', () => {
  const environment = new MountainCarContinuous();
  const transition = { reward: 0, terminated: false };
  environment.reset(stream, new Float32Array(2));
  expect(environment.state[0]).not.toBe(Math.fround(environment.state[0]));
  environment.step(Float32Array.of(-2), stream, new Float32Array(2), transition);
  expect(transition.reward).toBe(-0.4);
  expect(Array.from(environment.state)).toEqual(Array.from(environment.state, Math.fround));
});

test('MountainCarContinuous pays 100 for arriving, less the force', () => {
  const environment = new MountainCarContinuous();
  environment.state.set([0.44, 0.05]);
  const transition = { reward: 0, terminated: false };
  environment.step(Float32Array.of(1), stream, new Float32Array(2), transition);
  expect(transition.terminated).toBe(true);
  expect(transition.reward).toBeCloseTo(99.9, 12);
});
