import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { Acrobot } from '../../envs/acrobot.ts';
import { CartPole } from '../../envs/cart-pole.ts';
import { MountainCar, MountainCarContinuous } from '../../envs/mountain-car.ts';
import { Pendulum } from '../../envs/pendulum.ts';
import { randomStream } from '../../src/random/random.ts';
import type { Environment } from '../../src/rollout/environment.ts';
import { recordedEpisodes } from './classic-control.ts';

/** One step of Gymnasium's: what was given, what came out. */
interface Step {
  readonly before: readonly number[];
  readonly action: number;
  readonly observation: readonly number[];
  readonly state: readonly number[];
  readonly reward: number;
  readonly terminated: boolean;
}

/** Steps from states at random and at the edges; see test/fixtures/README.md. */
function recordedSteps(id: string): Step[] {
  const file = new URL('../fixtures/classic-control-steps.json', import.meta.url);
  type Row = [number[], number, number[], number[], number, boolean];
  const rows = JSON.parse(readFileSync(file, 'utf8')).cases[id] as Row[];
  return rows.map(([before, action, observation, state, reward, terminated]) => ({
    ...{ before, action, observation, state, reward, terminated },
  }));
}

/** Every step of the recorded episodes, each from Gymnasium's own state before it. */
function stepsOfEpisodes(id: string): Step[] {
  return recordedEpisodes(id).flatMap(({ initialState, steps }) =>
    steps.map((step, t) => ({ ...step, before: t === 0 ? initialState : steps[t - 1].state })),
  );
}

/** The distance between x and the next double. */
function ulp(x: number): number {
  return 2 ** Math.max(Math.floor(Math.log2(Math.abs(x))) - 52, -1074);
}

interface Case {
  readonly id: string;
  readonly create: () => Environment & { readonly state: Float64Array };
  /** How far each number of the state may be off. */
  readonly off: (after: number) => number;
}

const twoUlp = (after: number): number => 2 * ulp(after);

const cases: Case[] = [
  { id: 'Pendulum-v1', create: () => new Pendulum(), off: twoUlp },
  { id: 'MountainCarContinuous-v0', create: () => new MountainCarContinuous(), off: () => 0 },
  { id: 'MountainCar-v0', create: () => new MountainCar(), off: twoUlp },
  { id: 'CartPole-v1', create: () => new CartPole(), off: twoUlp },
  // Four evaluations of the dynamics, each with five sines that may be an ulp off: 1e-12 in 20,000 steps.
  { id: 'Acrobot-v1', create: () => new Acrobot(), off: () => 4e-12 },
];

describe.each(cases)('a step of $id from any state of Gymnasium’s', ({ id, create, off }) => {
  test.each([
    ['in its episodes', stepsOfEpisodes(id)],
    ['at random and at the edges', recordedSteps(id)],
  ])('%s has its observation to the bit, its state and reward within rounding', (_, steps) => {
    const environment = create();
    const observation = new Float32Array(steps[0].observation.length);
    const transition = { reward: 0, terminated: false };
    const stream = randomStream(0, 'unused');
    for (const step of steps) {
      environment.state.set(step.before);
      environment.step(Float32Array.of(step.action), stream, observation, transition);
      expect(Array.from(observation)).toEqual(step.observation);
      expect(transition.terminated).toBe(step.terminated);
      step.state.forEach((wanted, d) => {
        expect(Math.abs(environment.state[d] - wanted)).toBeLessThanOrEqual(off(wanted));
      });
      expect(Math.abs(transition.reward - step.reward)).toBeLessThanOrEqual(2 * ulp(step.reward));
    }
  });
});
