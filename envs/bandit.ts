import * as z from '../src/packages/zod.ts';
import type { Random } from '../src/random/random.ts';
import type { DiscreteSpace, Enumerated, Environment, Transition } from '../src/rollout/environment.ts';

/** A bandit without context: every pull is an episode of one step from the same, single state. */
export class Bandit implements Environment {
  readonly observationSpace: DiscreteSpace = { kind: 'discrete', n: 1 };
  readonly actionSpace: DiscreteSpace;
  readonly figureNames = ['regret'];
  readonly figures = new Float64Array(1);
  /** Expected reward of every arm. */
  readonly means: readonly number[];
  private readonly best: number;
  private readonly pull: (mean: number, random: Random) => number;

  constructor(means: readonly number[], pull: (mean: number, random: Random) => number) {
    this.means = means;
    this.pull = pull;
    this.best = bestArm(means);
    this.actionSpace = { kind: 'discrete', n: means.length };
  }

  reset(_random: Random, observation: Float32Array): void {
    observation[0] = 0;
  }

  step(action: Float32Array, random: Random, observation: Float32Array, transition: Transition): void {
    const mean = this.means[action[0]];
    observation[0] = 0;
    transition.reward = this.pull(mean, random);
    transition.terminated = true;
    this.figures[0] = this.means[this.best] - mean;
  }

  optimalAction(): number {
    return this.best;
  }

  /** Nothing: the arms are the task's. */
  snapshot(): null {
    return null;
  }

  restore(): void {}
}

/** One state, and of every arm its mean: an episode is a pull. */
export function enumerateArms(means: readonly number[]): Enumerated {
  const transitions = (_state: number, arm: number) => [
    { probability: 1, next: 0, reward: means[arm], terminated: true },
  ];
  return {
    kind: 'table',
    table: { states: 1, actions: means.length, initial: Float64Array.of(1), transitions },
  };
}

/** How many arms, where they may be given one by one instead. */
export const armsOption = z
  .int()
  .min(2)
  .max(10_000)
  .optional()
  .describe('Number of arms whose means are drawn from the seed; 10 unless means are given.');

/** Arms and means of options that have both, checked to agree. */
export function armsAgree(
  options: { arms?: number | undefined; means?: readonly number[] | undefined },
  context: z.RefinementCtx,
): void {
  if (options.arms === undefined || options.means === undefined) return;
  if (options.arms === options.means.length) return;
  const message = `must agree with arms (${options.arms}), got ${options.means.length} means`;
  context.addIssue({ code: 'custom', path: ['means'], message });
}

/** The given means, or as many as there are arms, each drawn. */
export function meansOf(
  options: { arms?: number | undefined; means?: readonly number[] | undefined },
  draw: () => number,
): readonly number[] {
  return options.means ?? Array.from({ length: options.arms ?? 10 }, draw);
}

/** The best arm's mean where it is given: episodes have one step. */
export function bestMean(means: readonly number[] | undefined): { value: number; how: string } | undefined {
  return means && { value: means[bestArm(means)] as number, how: 'the best arm’s mean' };
}

/** The first with the greatest mean. */
function bestArm(means: readonly number[]): number {
  return means.reduce((best, mean, arm) => (mean > (means[best] as number) ? arm : best), 0);
}
