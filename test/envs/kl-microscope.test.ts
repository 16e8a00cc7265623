import { describe, expect, test } from 'vitest';
import { findEnvironment, parseOptions } from '../../envs/registry.ts';
import { configSchema } from '../../src/config/schema.ts';
import { loadEngine } from '../../src/node/load-engine.ts';
import { randomStream } from '../../src/random/random.ts';
import type { Environment } from '../../src/rollout/environment.ts';
import { createRollout, type Rollout } from '../../src/rollout/rollout.ts';
import { type Agent, createAgent } from '../../src/train/agent.ts';
import { createFisher } from '../../src/train/fisher.ts';

const engines = [
  ['reference', await loadEngine('reference')],
  ['wasm', await loadEngine('wasm')],
] as const;

function make(id: string, options: unknown): Environment {
  const definition = findEnvironment(id);
  return definition.create(
    parseOptions(definition, options, () => 'test'),
    randomStream(0, 'task'),
  );
}

/** A linear policy, and a rollout that saw every context as often as the others. */
function policyOf(
  { observationSpace, actionSpace }: Environment,
  engine: (typeof engines)[number][1],
  parameters: readonly number[],
  bias = false,
): { agent: Agent; rollout: Rollout } {
  if (observationSpace.kind !== 'discrete') throw new Error('a context is a number');
  const { n } = observationSpace;
  const linear = { hidden: [], bias };
  const config = configSchema.parse({ environment: { id: 'any' }, network: { policy: linear } });
  const agent = createAgent(config, observationSpace, actionSpace, engine, n);
  agent.policy.parameters.set(parameters);
  const rollout = createRollout(n, 1, n, agent.head.width, agent.head.actionWidth);
  for (let context = 0; context < n; context++) rollout.observations[context * n + context] = 1;
  return { agent, rollout };
}

function fisherOf(agent: Agent, rollout: Rollout): number[][] {
  const size = agent.policy.parameters.length;
  const fisher = createFisher(agent, rollout, 1);
  fisher.begin();
  return Array.from({ length: size }, (_, i) => {
    const column = new Float64Array(size);
    fisher.product(
      Float64Array.from({ length: size }, (__, j) => Number(i === j)),
      column,
    );
    return [...column];
  });
}

/** What the environment itself pays for an action. @param seed that begins in the context */
function paid(environment: Environment, action: number): number {
  const transition = { reward: 0, terminated: false };
  environment.step(Float32Array.of(action), randomStream(0, 'step'), new Float32Array(1), transition);
  expect(transition.terminated).toBe(true);
  return transition.reward;
}

/**
 * E_a[r(a)] and the gradient of the surrogate at θ_old, E_a[r(a)·∇log π(a)], summed over actions with their probabilities.
 * @param actions of each context, and how likely each is
 */
function byActions(
  agent: Agent,
  { observations, features }: Rollout,
  actions: (context: number) => readonly { action: number; share: number; reward: number }[],
): { expected: number; slope: number[] } {
  const { head, policy } = agent;
  const slope = policy.parameters.map(() => 0);
  let expected = 0;
  for (let context = 0; context < features; context++) {
    const seen = observations.subarray(context * features, (context + 1) * features);
    for (const { action, share, reward } of actions(context)) {
      const at = policy.network.forward(policy.parameters, seen, 1);
      const distribution = new Float64Array(head.width);
      head.read(at.outputs, 1, distribution);
      const dOutputs = new Float32Array(head.width);
      head.addPolicyGradient(distribution, Float32Array.of(action), Float64Array.of(1), 0, 1, dOutputs);
      policy.network.vjp(at, dOutputs, policy.gradient);
      expected += (share * reward) / features;
      policy.gradient.forEach((g, i) => {
        slope[i] += (share * reward * g) / features;
      });
    }
  }
  return { expected, slope: [...slope] };
}

describe.each(engines)('of two parameters, by %s,', (_, engine) => {
  test.each([
    [0.3, -0.4],
    [-2, 0.7],
    [1.5, -1.2],
  ])('GaussianMicroscope at μ %d, log σ %d: Fisher matrix, expectation and slope', (mu, logStd) => {
    const [target, width] = [1.2, 0.8];
    const environment = make('GaussianMicroscope', { target, width });
    const { agent, rollout } = policyOf(environment, engine, [mu, logStd]);
    expect(agent.policy.network.layout.blocks.map(({ name }) => name)).toEqual(['output.weight', 'logStd']);
    const sigma = Math.exp(Math.fround(logStd));
    const [[a, b], [c, d]] = fisherOf(agent, rollout);
    expect(a * sigma ** 2).toBeCloseTo(1, 5);
    expect([b, c, d]).toEqual([0, 0, 2]);

    const steps = 2000;
    const actions = Array.from({ length: steps + 1 }, (__, i) => {
      const z = -8 + (16 * i) / steps;
      const action = Math.fround(mu + sigma * z);
      const share = ((16 / steps) * Math.exp(-0.5 * z * z)) / Math.sqrt(2 * Math.PI);
      return { action, share, reward: paid(environment, action) };
    });
    const { expected, slope } = byActions(agent, rollout, () => actions);
    const s2 = width ** 2 + sigma ** 2;
    const exact = (width / Math.sqrt(s2)) * Math.exp((-0.5 * (mu - target) ** 2) / s2);
    expect(expected).toBeCloseTo(exact, 6);
    expect(slope[0]).toBeCloseTo((-(mu - target) / s2) * exact, 5);
    expect(slope[1]).toBeCloseTo(exact * (sigma ** 2 / s2) * ((mu - target) ** 2 / s2 - 1), 5);
  });

  test.each([
    [0.2, -0.3],
    [-3, 1],
    [0, 2.5],
  ])('LogitMicroscope at logits %d, %d: Fisher matrix, expectation and slope', (...logits) => {
    const rewards = [2, -0.5];
    const environment = make('LogitMicroscope', { rewards });
    const { agent, rollout } = policyOf(environment, engine, logits);
    expect(agent.policy.network.layout.blocks).toEqual([{ name: 'output.weight', offset: 0, shape: [2, 1] }]);
    const on = logits.map((z) => 1 / (1 + Math.exp(-z)));
    const [[a, b], [c, d]] = fisherOf(agent, rollout);
    expect(a).toBeCloseTo(0.5 * on[0] * (1 - on[0]), 6);
    expect(d).toBeCloseTo(0.5 * on[1] * (1 - on[1]), 6);
    expect([b, c]).toEqual([0, 0]);

    const { expected, slope } = byActions(agent, rollout, (context) => {
      environment.restore?.(context);
      return [
        { action: 1, share: on[context], reward: paid(environment, 1) },
        { action: 0, share: 1 - on[context], reward: paid(environment, 0) },
      ];
    });
    expect(expected).toBeCloseTo(0.5 * (on[0] * rewards[0] + on[1] * rewards[1]), 6);
    for (const c of [0, 1]) expect(slope[c]).toBeCloseTo(0.5 * on[c] * (1 - on[c]) * rewards[c], 6);
  });

  test('with biases the Fisher matrix has not full rank: weight and bias are one', () => {
    const { agent, rollout } = policyOf(make('GaussianMicroscope', {}), engine, [0.1, 0.1, 0], true);
    const [first, second] = fisherOf(agent, rollout);
    expect(first).toEqual(second);
  });
});

test('the target pays 1, a number at a distance of the width e^(−½)', () => {
  const environment = make('GaussianMicroscope', { target: -3, width: 2 });
  expect(paid(environment, -3)).toBe(1);
  expect(paid(environment, -5)).toBeCloseTo(Math.exp(-0.5), 12);
  expect(paid(environment, 97)).toBe(0);
});

test('what is best is what is on where that pays', () => {
  const { bestReturn, returnBounds } = findEnvironment('LogitMicroscope');
  expect(bestReturn({ rewards: [3, -1] })?.value).toBe(1.5);
  expect(bestReturn({ rewards: [-3, -1] })?.value).toBe(0);
  expect(returnBounds?.({ rewards: [-3, -1] })).toEqual({ least: -3, greatest: 0 });
});
