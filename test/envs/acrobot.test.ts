import { expect, test } from 'vitest';
import { Acrobot } from '../../envs/acrobot.ts';
import { randomStream } from '../../src/random/random.ts';
import { recordedEpisodes } from './classic-control.ts';

test.each(recordedEpisodes('Acrobot-v1').map((episode, n) => ({ episode, n })))(
  'Acrobot follows Gymnasium step by step in episode $n',
  ({ episode }) => {
    const environment = new Acrobot();
    environment.state.set(episode.initialState);
    const observation = new Float32Array(6);
    const transition = { reward: 0, terminated: false };
    for (const step of episode.steps) {
      environment.step(Float32Array.of(step.action), randomStream(0, 'unused'), observation, transition);
      for (let d = 0; d < 6; d++) expect(observation[d]).toBeCloseTo(step.observation[d], 5);
      for (let d = 0; d < 4; d++) expect(environment.state[d]).toBeCloseTo(step.state[d], 9);
      expect(transition).toEqual({ reward: step.reward, terminated: step.terminated });
    }
  },
);
