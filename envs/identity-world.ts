import * as z from '../src/packages/zod.ts';
import type { Random } from '../src/random/random.ts';
import {
  type DiscreteSpace,
  type Enumerated,
  type Environment,
  type EnvironmentDefinition,
  RESTART,
  type TabularTransition,
  type Transition,
} from '../src/rollout/environment.ts';
import { timeLimitOption } from './gridworld.ts';

const options = z.strictObject({
  states: z.int().min(2).max(1000).default(8).describe('n: numbers that are shown, and actions.'),
  timeLimit: timeLimitOption(16),
});

/** A number is shown; naming it pays 1. What is shown next is drawn anew. */
class IdentityWorld implements Environment {
  readonly observationSpace: DiscreteSpace;
  readonly actionSpace: DiscreteSpace;
  private shown = 0;

  constructor(n: number) {
    this.observationSpace = { kind: 'discrete', n };
    this.actionSpace = { kind: 'discrete', n };
  }

  reset(random: Random, observation: Float32Array): void {
    this.shown = random.integer(this.observationSpace.n);
    observation[0] = this.shown;
  }

  step(action: Float32Array, random: Random, observation: Float32Array, transition: Transition): void {
    transition.reward = action[0] === this.shown ? 1 : 0;
    transition.terminated = false;
    this.reset(random, observation);
  }

  optimalAction(): number {
    return this.shown;
  }

  snapshot(): number {
    return this.shown;
  }

  restore(state: unknown): void {
    this.shown = state as number;
  }
}

function enumerated(n: number): Enumerated {
  const initial = new Float64Array(n).fill(1 / n);
  // What is shown next is drawn as at a start.
  const transitions = (state: number, action: number): TabularTransition[] => [
    { probability: 1, next: RESTART, reward: action === state ? 1 : 0, terminated: false },
  ];
  return { kind: 'table', table: { states: n, actions: n, initial, transitions } };
}

export const identityWorld: EnvironmentDefinition<z.output<typeof options>> = {
  id: 'IdentityWorld',
  summary: 'Name the number that is shown: what does not learn this learns nothing.',
  source: 'Stable-Baselines3, common/envs/identity_env.py',
  options,
  timeLimit: ({ timeLimit }) => timeLimit,
  episodeLength: ({ timeLimit }) => timeLimit,
  bestReturn: ({ timeLimit }) => ({ value: timeLimit, how: 'every number named' }),
  returnBounds: ({ timeLimit }) => ({ least: 0, greatest: timeLimit }),
  enumerate: ({ states }) => enumerated(states),
  create: ({ states }) => new IdentityWorld(states),
};
