import { describe, expect, it } from 'vitest';
import { findEnvironment } from '../../envs/registry.ts';
import { type Config, configSchema } from '../../src/config/schema.ts';
import { loadEngine } from '../../src/node/load-engine.ts';
import { randomStream } from '../../src/random/random.ts';
import { createTraining } from '../../src/train/training.ts';
import { groupAdvantages, grpo, rloo } from '../../src/advantage/group.ts';
import { probabilityRatios } from '../../src/objective/surrogate.ts';
import { createMinibatch, gather } from '../../src/train/minibatch.ts';
import { policyGradient } from '../../src/train/ppo.ts';
import { ppoSettingsAt } from '../../src/train/settings.ts';
import { createTrainingState } from '../../src/train/training-state.ts';
import { viewOf } from '../../src/network/layout.ts';

const engine = await loadEngine('wasm');
const definition = findEnvironment('TokenTask');

/** A task of so many tokens, its answers worth something each. */
function configOf(seed: number, V: number, length: number, copies: number, rest: object): Config {
  const random = randomStream(seed, 'task');
  const vocabulary = Array.from({ length: V }, (_, v) => `t${v}`);
  const answers = Array.from({ length: 12 }, () => ({
    answer: Array.from({ length }, () => vocabulary[random.integer(V)]).join(' '),
    reward: random.normal(),
  }));
  const options = {
    vocabulary,
    prompts: ['', 't0', 't1 t0'],
    length,
    context: 3,
    reward: { table: { answers } },
  };
  return configSchema.parse({
    seed,
    environment: { id: 'TokenTask', copies, options: definition.options.parse(options) },
    rollout: { steps: 2 * length },
    network: { policy: { hidden: [] }, policyHeadGain: 1 },
    ppo: { minibatchSize: 2 * length * copies, epochs: 1 },
    ...rest,
  });
}

const estimators = {
  GRPO: { estimator: 'grpo' },
  'GRPO without the division': { estimator: 'grpo', divideByStd: false },
  RLOO: { estimator: 'rloo' },
} as const;

/** The definition, of the returns of one group. */
function defined(name: string, returns: readonly number[]): number[] {
  const G = returns.length;
  const sum = returns.reduce((a, b) => a + b);
  if (name === 'RLOO') return returns.map((r) => r - (sum - r) / (G - 1));
  const std = Math.sqrt(returns.reduce((a, r) => a + (r - sum / G) ** 2, 0) / (G - 1));
  return returns.map((r) => (r - sum / G) / (name === 'GRPO' ? std + 1e-4 : 1));
}

describe.each(Object.entries(estimators))('%s', (name, advantage) => {
  it('has the loss and the gradient of its definition in float64, in 70 random cases', () => {
    for (let seed = 0; seed < 70; seed++) {
      const random = randomStream(seed, 'case');
      const [V, length, groupSize] = [2 + random.integer(4), 1 + random.integer(3), 2 + random.integer(5)];
      const copies = groupSize * (1 + random.integer(3));
      const config = configOf(seed, V, length, copies, { advantage: { ...advantage, groupSize } });
      const state = createTrainingState(config, definition, engine, ArrayBuffer, {});
      const { agent, rollout } = state;
      const { network, parameters, gradient } = agent.policy;
      state.collector.collect(state.streams.action);
      const estimate = name === 'RLOO' ? rloo : grpo(name === 'GRPO');
      groupAdvantages(rollout, groupSize, estimate, rollout.advantages, rollout.returns);
      for (let i = 0; i < parameters.length; i++) parameters[i] += 0.2 * random.normal();

      const batch = createMinibatch(rollout.count, rollout.features, V, 1);
      gather(rollout, agent.head, 0, rollout.count, batch);
      batch.activations = network.forward(parameters, batch.observations, batch.size);
      agent.head.read(batch.activations.outputs, batch.size, batch.distributions);
      agent.head.logProb(batch.distributions, batch.actions, batch.size, batch.logProbs);
      probabilityRatios(batch.logProbs, batch.oldLogProbs, batch.size, batch.logRatios, batch.ratios);
      const loss = policyGradient(agent, batch, ppoSettingsAt(config, 1, 1, 0));

      const weight = viewOf(network.layout, 'output.weight', parameters);
      const bias = viewOf(network.layout, 'output.bias', parameters);
      const [dWeight, dBias] = [new Float64Array(weight.length), new Float64Array(V)];
      let wanted = 0;
      for (let t = 0; t < rollout.steps; t++)
        for (let copy = 0; copy < copies; copy++) {
          const first = copy - (copy % groupSize);
          const start = t - (t % length);
          const returns = Array.from({ length: groupSize }, (_, i) => {
            const rows = Array.from({ length }, (_, k) => (start + k) * copies + first + i);
            return rows.reduce((sum, row) => sum + rollout.rewards[row], 0);
          });
          const A = defined(name, returns)[copy - first];
          const row = t * copies + copy;
          const x = rollout.observations.subarray(row * rollout.features, (row + 1) * rollout.features);
          const logits = Array.from({ length: V }, (_, v) =>
            x.reduce((sum, each, d) => sum + each * weight[d * V + v], bias[v]),
          );
          const normalizer = Math.log(logits.reduce((sum, z) => sum + Math.exp(z), 0));
          const action = rollout.actions[row];
          const ratio = Math.exp(logits[action] - normalizer - rollout.logProbs[row]);
          const clipped = Math.min(Math.max(ratio, 0.8), 1.2);
          wanted -= Math.min(ratio * A, clipped * A) / rollout.count;
          if (ratio * A > clipped * A) continue;
          for (let v = 0; v < V; v++) {
            const slope = ((v === action ? 1 : 0) - Math.exp(logits[v] - normalizer)) * ratio * A;
            dBias[v] -= slope / rollout.count;
            for (const [d, each] of x.entries()) dWeight[d * V + v] -= (each * slope) / rollout.count;
          }
        }
      expect(Math.abs(loss - wanted)).toBeLessThan(1e-6);
      const [ownWeight, ownBias] = ['output.weight', 'output.bias'].map((block) =>
        viewOf(network.layout, block, gradient),
      );
      for (const [i, each] of dWeight.entries()) expect(Math.abs(ownWeight[i] - each)).toBeLessThan(1e-6);
      for (const [v, each] of dBias.entries()) expect(Math.abs(ownBias[v] - each)).toBeLessThan(1e-6);
      network.dispose();
    }
  });

  it('trains without a value network: no row has its figures, the policy is all that is stored', () => {
    const config = configOf(3, 3, 2, 8, { advantage: { ...advantage, groupSize: 4 }, steps: 64 });
    const training = createTraining(config, definition, engine);
    const row = training.update();
    expect('valueLoss' in row || 'explainedVariance' in row).toBe(false);
    expect(training.stored().value).toBeUndefined();
    expect(training.snapshot().value).toBeNull();
    training.dispose();
  });
});

it('the copies of a group begin their episodes alike, and groups do not', () => {
  const config = configOf(1, 3, 2, 12, {
    advantage: { estimator: 'rloo', groupSize: 4 },
    rollout: { steps: 40 },
  });
  const { rollout, collector, streams, agent } = createTrainingState(
    config,
    definition,
    engine,
    ArrayBuffer,
    {},
  );
  collector.collect(streams.action);
  const { features, copies, observations } = rollout;
  const seen = (t: number, copy: number): string => {
    const row = (t * copies + copy) * features;
    return observations.subarray(row, row + features).join();
  };
  let differing = 0;
  for (let t = 0; t < 40; t += 2) {
    for (let copy = 0; copy < 12; copy++) expect(seen(t, copy)).toBe(seen(t, copy - (copy % 4)));
    if (seen(t, 0) !== seen(t, 4)) differing += 1;
  }
  // Of three prompts two are another two times in three.
  expect(differing).toBeGreaterThan(5);
  agent.policy.network.dispose();
});
