import { describe, expect, it } from 'vitest';
import { findEnvironment } from '../../envs/registry.ts';
import { configSchema } from '../../src/config/schema.ts';
import { loadEngine } from '../../src/node/load-engine.ts';
import { randomStream } from '../../src/random/random.ts';
import { createCollector } from '../../src/rollout/collect.ts';
import { createRollout } from '../../src/rollout/rollout.ts';
import { createCopies } from '../../src/rollout/copies.ts';
import { createAgent } from '../../src/train/agent.ts';

const engines = [await loadEngine('reference'), await loadEngine('wasm')];

describe.each(engines)('a rollout of a Gaussian policy on $name', (engine) => {
  const steps = 50;
  const copies = 2;
  // σ = e² against torques in [−2, 2]: most actions are out of bounds.
  const config = configSchema.parse({
    environment: { id: 'Pendulum-v1', copies },
    network: { initialLogStd: 2 },
  });
  const environment = createCopies(findEnvironment('Pendulum-v1'), { timeLimit: 200 }, copies, 0);
  const agent = createAgent(config, environment.observationSpace, environment.actionSpace, engine, copies);
  const { head } = agent;
  const rollout = createRollout(steps, copies, 3, head.width, head.actionWidth);
  createCollector(environment, agent.policy, head, rollout, {}).collect(randomStream(0, 'action'));

  it('stores the actions as they were sampled, out of bounds too', () => {
    const outside = rollout.actions.filter((action) => Math.abs(action) > 2).length;
    expect(outside / rollout.count).toBeGreaterThan(0.6);
  });

  it('stores the log-probabilities of those actions, not of the clipped ones', () => {
    for (let i = 0; i < rollout.count; i++) {
      const [mean, logStd] = rollout.distributions.subarray(2 * i, 2 * i + 2);
      const z = (rollout.actions[i] - mean) / Math.exp(logStd);
      expect(rollout.logProbs[i]).toBeCloseTo(-0.5 * z * z - logStd - 0.5 * Math.log(2 * Math.PI), 10);
    }
  });

  it('lets the environment have them clipped: the cost is that of a torque of at most 2', () => {
    for (let i = 0; i < rollout.count; i++) {
      const [cosine, sine, speed] = rollout.observations.subarray(3 * i, 3 * i + 3);
      const angle = Math.atan2(sine, cosine);
      const torque = Math.min(Math.max(rollout.actions[i], -2), 2);
      const cost = angle * angle + 0.1 * speed * speed + 0.001 * torque * torque;
      expect(rollout.rewards[i]).toBeCloseTo(-cost, 4);
    }
  });
});
