import { fc, test } from '@fast-check/vitest';
import { describe, expect } from 'vitest';
import { configSchema } from '../../src/config/schema.ts';
import { loadEngine } from '../../src/node/load-engine.ts';
import { randomStream } from '../../src/random/random.ts';
import { readDistributions } from '../../src/rollout/collect.ts';
import type { Space } from '../../src/rollout/environment.ts';
import { createRollout, type Rollout } from '../../src/rollout/rollout.ts';
import { type Agent, createAgent } from '../../src/train/agent.ts';
import { createFisher } from '../../src/train/fisher.ts';
import { mean } from '../../src/trust-region/measure.ts';

const engines = ['reference', 'wasm'] as const;
const FEATURES = 3;
const STATES = 7;

const spaces: Record<string, Space> = {
  categorical: { kind: 'discrete', n: 3 },
  gaussian: { kind: 'box', low: [-1, -1], high: [1, 1] },
};

const loaded = { reference: await loadEngine('reference'), wasm: await loadEngine('wasm') };

/** A tiny random policy away from its initialisation, and states for it. */
function setUp(
  engine: (typeof engines)[number],
  space: Space,
  hidden: number[],
  seed: number,
): { agent: Agent; rollout: Rollout } {
  const config = configSchema.parse({
    seed,
    environment: { id: 'any' },
    network: { policy: { hidden }, value: { hidden }, policyHeadGain: 1, initialLogStd: -0.3 },
  });
  const agent = createAgent(config, { kind: 'discrete', n: FEATURES }, space, loaded[engine], STATES);
  const rollout = createRollout(STATES, 1, FEATURES, agent.head.width, agent.head.actionWidth);
  const random = randomStream(seed, 'states');
  for (let i = 0; i < rollout.observations.length; i++) rollout.observations[i] = random.normal();
  const { parameters } = agent.policy;
  for (let i = 0; i < parameters.length; i++) parameters[i] += 0.1 * random.normal();
  return { agent, rollout };
}

/** F column by column. */
function matrixOf(agent: Agent, rollout: Rollout, every: number): Float64Array[] {
  const size = agent.policy.parameters.length;
  const fisher = createFisher(agent, rollout, every);
  fisher.begin();
  return Array.from({ length: size }, (_, i) => {
    const column = new Float64Array(size);
    fisher.product(
      Float64Array.from({ length: size }, (__, j) => (i === j ? 1 : 0)),
      column,
    );
    return column;
  });
}

/**
 * F = mean over states of E_a[∇log π(a|s) ∇log π(a|s)ᵀ], the expectation taken by enumeration (categorical)
 * or by the σ-points μ ± √3·σ with weights 1/6 and μ with 4/6, which are exact for the fourth-order
 * polynomials that a Gaussian's outer products are [Gauss–Hermite quadrature of 3 points].
 */
function fisherByOuterProducts(agent: Agent, rollout: Rollout, every: number): Float64Array[] {
  const { head, policy } = agent;
  const size = policy.parameters.length;
  const matrix = Array.from({ length: size }, () => new Float64Array(size));
  const states = Math.ceil(STATES / every);
  for (let state = 0; state < STATES; state += every) {
    const row = rollout.observations.subarray(state * FEATURES, (state + 1) * FEATURES);
    const at = policy.network.forward(policy.parameters, row, 1);
    const distribution = new Float64Array(head.width);
    head.read(at.outputs, 1, distribution);
    for (const { action, weight } of quadrature(agent, distribution)) {
      const dOutputs = new Float32Array(head.width);
      head.addPolicyGradient(distribution, action, Float64Array.of(1), 0, 1, dOutputs);
      policy.network.vjp(at, dOutputs, policy.gradient);
      const score = policy.gradient;
      for (let i = 0; i < size; i++) {
        for (let j = 0; j < size; j++) matrix[i][j] += (weight * score[i] * score[j]) / states;
      }
    }
  }
  return matrix;
}

function quadrature({ head }: Agent, distribution: Float64Array): { action: Float32Array; weight: number }[] {
  if (head.kind === 'categorical') {
    return Array.from(distribution, (logProb, a) => ({
      action: Float32Array.of(a),
      weight: Math.exp(logProb),
    }));
  }
  const [m0, m1, l0, l1] = distribution;
  const points = [-1, 0, 1].map((s) => ({ z: s * Math.sqrt(3), w: s === 0 ? 4 / 6 : 1 / 6 }));
  return points.flatMap((a) =>
    points.map((b) => ({
      action: Float32Array.of(m0 + a.z * Math.exp(l0), m1 + b.z * Math.exp(l1)),
      weight: a.w * b.w,
    })),
  );
}

const cases = engines.flatMap((engine) =>
  Object.keys(spaces).map((kind) => ({ engine, kind, space: spaces[kind] })),
);
const sampled = {
  hidden: fc.constantFrom<number[]>([], [2], [3, 2]),
  seed: fc.nat({ max: 1e6 }),
  every: fc.integer({ min: 1, max: 3 }),
};

describe.each(cases)('the Fisher matrix of a $kind policy on the $engine engine', ({ engine, space }) => {
  test.prop(sampled, { numRuns: 20 })(
    'is the expected outer product of scores, and symmetric',
    ({ hidden, seed, every }) => {
      const { agent, rollout } = setUp(engine, space, hidden, seed);
      const matrix = matrixOf(agent, rollout, every);
      const wanted = fisherByOuterProducts(agent, rollout, every);
      const largest = Math.max(...wanted.flatMap((row) => Array.from(row, Math.abs)));
      for (let i = 0; i < matrix.length; i++) {
        for (let j = 0; j < matrix.length; j++) {
          expect(Math.abs(matrix[i][j] - wanted[i][j])).toBeLessThan(5e-6 * largest);
          expect(Math.abs(matrix[i][j] - matrix[j][i])).toBeLessThan(5e-6 * largest);
        }
      }
    },
  );

  test.prop(sampled, { numRuns: 20 })(
    'is the curvature of the exact KL: KL(θ‖θ+v) = ½vᵀFv and cubic terms',
    ({ hidden, seed }) => {
      const { agent, rollout } = setUp(engine, space, hidden, seed);
      const { policy, head } = agent;
      const fisher = createFisher(agent, rollout, 1);
      const random = randomStream(seed, 'direction');
      const direction = Float64Array.from(policy.parameters, () => random.normal());
      const product = new Float64Array(direction.length);
      fisher.begin();
      fisher.product(direction, product);
      const curvature = direction.reduce((sum, v, i) => sum + v * product[i], 0);

      readDistributions(policy, head, rollout.observations, STATES, rollout.distributions);
      const moved = new Float64Array(STATES * head.width);
      const from = policy.parameters.slice();
      const kl = (h: number): number => {
        for (let i = 0; i < from.length; i++) policy.parameters[i] = from[i] + h * direction[i];
        readDistributions(policy, head, rollout.observations, STATES, moved);
        const kls = new Float64Array(STATES);
        head.kl(rollout.distributions, moved, STATES, kls);
        return mean(kls, STATES);
      };
      // Both sides together cancel the odd terms: what they are off by is of the order h², which Richardson’s
      // extrapolation takes away. Of 6,000 policies the worst was then off by 3e-5.
      const second = (h: number): number => (kl(h) + kl(-h)) / (h * h);
      const extrapolated = (4 * second(5e-3) - second(1e-2)) / 3;
      expect(Math.abs(extrapolated - curvature)).toBeLessThan(1e-3 * curvature);
    },
  );

  test.prop(sampled, { numRuns: 20 })(
    'has in the state where it is largest the expected square of the score along a direction',
    ({ hidden, seed, every }) => {
      const { agent, rollout } = setUp(engine, space, hidden, seed);
      const { head, policy } = agent;
      const fisher = createFisher(agent, rollout, every);
      const random = randomStream(seed, 'direction');
      const direction = Float64Array.from(policy.parameters, () => random.normal());
      fisher.begin();
      const found = fisher.greatest(direction);
      let wanted = 0;
      for (let state = 0; state < STATES; state += every) {
        const row = rollout.observations.subarray(state * FEATURES, (state + 1) * FEATURES);
        const at = policy.network.forward(policy.parameters, row, 1);
        const distribution = new Float64Array(head.width);
        head.read(at.outputs, 1, distribution);
        let own = 0;
        for (const { action, weight } of quadrature(agent, distribution)) {
          const dOutputs = new Float32Array(head.width);
          head.addPolicyGradient(distribution, action, Float64Array.of(1), 0, 1, dOutputs);
          policy.network.vjp(at, dOutputs, policy.gradient);
          own += weight * policy.gradient.reduce((sum, g, i) => sum + g * direction[i], 0) ** 2;
        }
        wanted = Math.max(wanted, own);
      }
      expect(Math.abs(found - wanted)).toBeLessThan(5e-6 * wanted);
    },
  );
});
