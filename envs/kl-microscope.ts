import * as z from '../src/packages/zod.ts';
import { exp } from '../src/elementary/exponential.ts';
import type { Random } from '../src/random/random.ts';
import type {
  BoxSpace,
  DiscreteSpace,
  Environment,
  EnvironmentDefinition,
  MultiBinarySpace,
  Transition,
} from '../src/rollout/environment.ts';

/*
 * The KL microscope: episodes of one step, in which a linear policy without biases has two parameters and a Fisher matrix of
 * full rank, so that objective and trust region can be drawn as they are. What the exact surrogate promises of a policy is
 * its expected reward less that of the old one.
 */

/**
 * One number is named: e^(−½((a − target)/width)²) is paid. Of a Gaussian that is on average width/s·e^(−½((μ − target)/s)²) with
 * s² = width² + σ². One state is shown, so that the one weight of such a policy is μ; log σ is its other parameter, and
 * F = diag(1/σ², 2).
 */
class Peak implements Environment {
  readonly observationSpace: DiscreteSpace = { kind: 'discrete', n: 1 };
  readonly actionSpace: BoxSpace = {
    kind: 'box',
    low: [Number.NEGATIVE_INFINITY],
    high: [Number.POSITIVE_INFINITY],
  };
  private readonly target: number;
  private readonly width: number;

  constructor(target: number, width: number) {
    this.target = target;
    this.width = width;
  }

  reset(_random: Random, observation: Float32Array): void {
    observation[0] = 0;
  }

  step(action: Float32Array, _random: Random, observation: Float32Array, transition: Transition): void {
    observation[0] = 0;
    transition.reward = exp(-0.5 * ((action[0] - this.target) / this.width) ** 2);
    transition.terminated = true;
  }

  /** Nothing: every episode begins alike. */
  snapshot(): null {
    return null;
  }

  restore(): void {}
}

const peakOptions = z.strictObject({
  target: z.number().min(-100).max(100).default(1).describe('The number that pays most, which is 1.'),
  width: z
    .number()
    .min(0.01)
    .max(100)
    .default(1)
    .describe('How far from the target a number still pays: e^(−½) at this distance.'),
});

export const gaussianMicroscope: EnvironmentDefinition<z.output<typeof peakOptions>> = {
  id: 'GaussianMicroscope',
  summary: 'Name a number near the target: a policy of two parameters, μ and log σ.',
  source: 'leash',
  options: peakOptions,
  timeLimit: () => 1,
  episodeLength: () => 1,
  bestReturn: () => ({ value: 1, how: 'the target, always' }),
  returnBounds: () => ({ least: 0, greatest: 1 }),
  create: ({ target, width }) => new Peak(target, width),
};

/**
 * A switch in one of two contexts, each as likely as the other: turned on it pays what the context says, left off 0. The two weights of a
 * linear policy are its logits z, on average it earns ½·Σ_c σ(z_c)·r_c, and F = diag(½·σ(z_c)·σ(−z_c)).
 */
class Switch implements Environment {
  readonly observationSpace: DiscreteSpace;
  readonly actionSpace: MultiBinarySpace = { kind: 'multiBinary', n: 1, names: ['on'] };
  private readonly rewards: readonly number[];
  private context = 0;

  constructor(rewards: readonly number[]) {
    this.rewards = rewards;
    this.observationSpace = { kind: 'discrete', n: rewards.length };
  }

  reset(random: Random, observation: Float32Array): void {
    this.context = random.integer(this.rewards.length);
    observation[0] = this.context;
  }

  step(action: Float32Array, _random: Random, observation: Float32Array, transition: Transition): void {
    observation[0] = this.context;
    transition.reward = action[0] === 1 ? this.rewards[this.context] : 0;
    transition.terminated = true;
  }

  snapshot(): number {
    return this.context;
  }

  restore(state: unknown): void {
    this.context = state as number;
  }
}

const switchOptions = z.strictObject({
  rewards: z
    .array(z.number())
    .length(2)
    .default([1, -1])
    .describe('What turning it on pays in each context; leaving it off pays 0.'),
});

export const logitMicroscope: EnvironmentDefinition<z.output<typeof switchOptions>> = {
  id: 'LogitMicroscope',
  summary: 'A switch in two contexts: a policy of two parameters, a logit each.',
  source: 'leash',
  options: switchOptions,
  timeLimit: () => 1,
  episodeLength: () => 1,
  bestReturn: ({ rewards }) => ({
    value: rewards.reduce((sum, reward) => sum + Math.max(0, reward), 0) / rewards.length,
    how: 'on where that pays',
  }),
  returnBounds: ({ rewards }) => ({ least: Math.min(0, ...rewards), greatest: Math.max(0, ...rewards) }),
  create: ({ rewards }) => new Switch(rewards),
};
