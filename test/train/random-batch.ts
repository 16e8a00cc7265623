import { categoricalHead } from '../../src/policy/categorical.ts';
import { diagonalGaussianHead } from '../../src/policy/diagonal-gaussian.ts';
import type { Head } from '../../src/policy/head.ts';
import type { Engine, Network } from '../../src/network/network.ts';
import { Adam } from '../../src/optimizer/adam.ts';
import type { Random } from '../../src/random/random.ts';
import { createRollout, type Rollout } from '../../src/rollout/rollout.ts';
import type { Agent, Learner } from '../../src/train/agent.ts';

/* A small random policy and a rollout of the one before it, and its distributions in float64 from their definitions. */

export const FEATURES = 3;
export const STEPS = 4;
export const COPIES = 2;
export const COUNT = STEPS * COPIES;

export function filled(random: Random, length: number, scale: number): Float32Array {
  return Float32Array.from({ length }, () => scale * random.normal());
}

/**
 * A random policy, and a rollout of one a step away from it, of episodes of two steps.
 * @param away how far, in standard deviations of each parameter
 */
export function randomBatch(
  engine: Engine,
  kind: Head['kind'],
  random: Random,
  away = 0.1,
): { head: Head; agent: Agent; rollout: Rollout } {
  const head = kind === 'categorical' ? categoricalHead(3) : diagonalGaussianHead(2);
  const logStd = kind === 'categorical' ? 0 : 2;
  const shape = {
    inputs: FEATURES,
    hidden: [4],
    outputs: head.width - logStd,
    activation: 'tanh',
    logStd,
  } as const;
  const network = engine.create(shape, COUNT);
  const value = engine.create({ ...shape, outputs: 1, logStd: 0 }, COUNT);
  const learner = (of: Network): Learner => ({
    network: of,
    parameters: of.allocate(),
    gradient: of.allocate(),
    optimizer: new Adam(of, { adamBeta1: 0.9, adamBeta2: 0.999, adamEpsilon: 1e-5 }),
  });
  const agent = { head, policy: learner(network), value: learner(value) };
  agent.policy.parameters.set(filled(random, agent.policy.parameters.length, 0.6));
  const rollout = createRollout(STEPS, COPIES, FEATURES, head.width, head.actionWidth);
  rollout.observations.set(filled(random, COUNT * FEATURES, 1));
  for (let i = 0; i < COUNT; i++) rollout.terminated[i] = Math.floor(i / COPIES) % 2;
  const old = agent.policy.parameters.map((each) => each + away * random.normal());
  head.read(network.infer(old, rollout.observations, COUNT), COUNT, rollout.distributions);
  for (let i = 0; i < COUNT; i++) head.sample(rollout.distributions, i, random, rollout.actions);
  head.logProb(rollout.distributions, rollout.actions, COUNT, rollout.logProbs);
  return { head, agent, rollout };
}

/** log π(a|s), or the exact KL(p‖q), of one row in float64 and from the definitions alone. */
export function logProbOf(kind: Head['kind'], z: readonly number[], action: ArrayLike<number>): number {
  if (kind === 'categorical') {
    const max = Math.max(...z);
    return z[action[0]] - max - Math.log(z.reduce((sum, each) => sum + Math.exp(each - max), 0));
  }
  const half = z.length / 2;
  let sum = 0;
  for (let d = 0; d < half; d++)
    sum -=
      0.5 * ((action[d] - z[d]) / Math.exp(z[half + d])) ** 2 + z[half + d] + 0.5 * Math.log(2 * Math.PI);
  return sum;
}

export function klOf(kind: Head['kind'], p: readonly number[], q: readonly number[]): number {
  if (kind === 'categorical') {
    const logs = (z: readonly number[]): number[] => z.map((_, k) => logProbOf(kind, z, [k]));
    const [logP, logQ] = [logs(p), logs(q)];
    return logP.reduce((sum, each, k) => sum + Math.exp(each) * (each - logQ[k]), 0);
  }
  const half = p.length / 2;
  let sum = 0;
  for (let d = 0; d < half; d++) {
    const [sp, sq] = [Math.exp(p[half + d]), Math.exp(q[half + d])];
    sum += Math.log(sq / sp) + (sp ** 2 + (p[d] - q[d]) ** 2) / (2 * sq ** 2) - 0.5;
  }
  return sum;
}
