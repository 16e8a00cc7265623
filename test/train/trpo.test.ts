import { describe, expect, it } from 'vitest';
import { standardize } from '../../src/advantage/standardize.ts';
import { viewOf } from '../../src/network/layout.ts';
import { loadEngine, surveyEngines } from '../../src/node/load-engine.ts';
import { randomStream } from '../../src/random/random.ts';
import type { Rollout } from '../../src/rollout/rollout.ts';
import type { ActorCriticAgent } from '../../src/train/agent.ts';
import { type Critic, createCritic } from '../../src/train/critic.ts';
import { createRegion, type Region } from '../../src/train/region.ts';
import { createTrpo, type TrpoSettings } from '../../src/train/trpo.ts';
import { finish } from '../../src/train/update.ts';
import { FIT_LOSS } from '../../src/train/value-fit.ts';
import { agentOf, flatten, rolloutOf, type UpdateCase, updates } from './updates-fixture.ts';

const reports = await surveyEngines();
const engines = reports.filter(({ missing }) => missing === undefined);
for (const { engine, backend, missing } of reports) {
  if (missing !== undefined)
    it.skip(`one TRPO update on ${engine} ${backend} (missing: ${missing})`, () => undefined);
}

/**
 * The settings of sb3-contrib. It takes the mean of a Gaussian's KL over action dimensions too, where the KL
 * is their sum: its δ and damping are 1/A of what they are here. Its critic made one full-batch step: every
 * weight moved by the learning rate.
 */
function settingsOf({ config, actionSpace }: UpdateCase, actionWidth: number): TrpoSettings {
  const dimensions = actionSpace === 'box' ? actionWidth : 1;
  return {
    delta: dimensions * (config.target_kl as number),
    damping: dimensions * (config.cg_damping as number),
    cgIterations: config.cg_max_steps as number,
    cgTolerance: 1e-5,
    lineSearch: {
      shrink: config.line_search_shrinking_factor as number,
      tries: config.line_search_max_iter as number,
    },
    rollback: false,
    valueEpochs: 1,
    learningRate: config.learningRate as number,
  };
}

/** The value half of the update: one epoch of such minibatches. */
function fitted(agent: ActorCriticAgent, rollout: Rollout, region: Region, minibatchSize: number): Critic {
  return createCritic(agent, rollout, region.measure, { loss: FIT_LOSS, minibatchSize, fitEpochs: 1 });
}

function expectClose(actual: Float32Array, expected: Float32Array, bound: number): void {
  expected.forEach((e, i) => {
    if (!(Math.abs(actual[i] - e) <= bound)) {
      throw new Error(`element ${i} is ${actual[i]}, expected ${e} within ${bound}`);
    }
  });
}

describe.each(engines)(
  'one TRPO update on the engine $engine $backend',
  ({ engine: name, backend: tfjsBackend }) => {
    const cases = updates.cases.trpo.map((c, i) => [i, c.actionSpace, c] as const);

    it.each(cases)('equals sb3-contrib’s in case %i (%s): figures and parameters', async (_, __, c) => {
      const agent = agentOf(c, await loadEngine(name, { tfjsBackend }));
      const rollout = rolloutOf(c, agent);
      standardize(rollout.advantages, rollout.count);
      const region = createRegion(agent, rollout, 'mean');
      region.begin();
      const critic = fitted(agent, rollout, region, rollout.count);
      const settings = settingsOf(c, agent.head.actionWidth);

      const random = randomStream(0, 'shuffle');
      const improve = createTrpo(agent, critic, rollout, region, { fisherSubsample: 1 }, random);
      const done = finish(improve(settings));

      const { logged, after } = c;
      const { naturalStep } = done;
      expect(done.stopReason).toBe('completed');
      expect(logged['train/is_line_search_success']).toBe(1);
      const objective = Number(naturalStep?.improvementActual) - done.policyLoss;
      expect(objective).toBeCloseTo(logged['train/policy_objective'], 5);
      expect(2 * done.valueLoss).toBeCloseTo(logged['train/value_loss'], 4);
      const kl = region.measure(settings.delta);
      const dimensions = settings.delta / (c.config.target_kl as number);
      expect(kl.klNewOldMean / dimensions).toBeCloseTo(logged['train/kl_divergence_loss'], 5);
      expect(naturalStep?.klActual).toBe(kl.klOldNewMean);
      expect(kl.klOldNewMean).toBeLessThanOrEqual(settings.delta);
      for (const role of ['policy', 'value'] as const) {
        const { network, parameters } = agent[role];
        expectClose(parameters, flatten(after[role], network.layout), role === 'policy' ? 1e-6 : 1e-7);
      }
      if (c.actionSpace === 'box') {
        const logStd = viewOf(agent.policy.network.layout, 'logStd', agent.policy.parameters);
        const std = logStd.reduce((sum, l) => sum + Math.exp(l), 0) / logStd.length;
        expect(std).toBeCloseTo(logged['train/std'], 5);
      }
    });

    it('leaves the policy bit for bit where the gradient is not finite, and says so', async () => {
      const [c] = updates.cases.trpo;
      const agent = agentOf(c, await loadEngine(name, { tfjsBackend }));
      const rollout = rolloutOf(c, agent);
      rollout.advantages[0] = Number.NaN;
      const region = createRegion(agent, rollout, 'mean');
      region.begin();
      const before = agent.policy.parameters.slice();
      const critic = fitted(agent, rollout, region, 16);
      const random = randomStream(0, 'shuffle');
      const subsampled = { fisherSubsample: 3 };
      const done = finish(createTrpo(agent, critic, rollout, region, subsampled, random)(settingsOf(c, 1)));
      expect(done.stopReason).toBe('rejected');
      expect(done.gradientStepsApplied).toBe(0);
      expect(done.naturalStep).toMatchObject({ rejectedReason: 'nonFinite', klActual: null, backtracks: 0 });
      expect(agent.policy.parameters).toEqual(before);
      expect(region.measure(1).klOldNewMean).toBe(0);
    });

    it('throws and names the value loss where that is not finite', async () => {
      const [c] = updates.cases.trpo;
      const agent = agentOf(c, await loadEngine(name, { tfjsBackend }));
      const rollout = rolloutOf(c, agent);
      rollout.returns[0] = Number.POSITIVE_INFINITY;
      const region = createRegion(agent, rollout, 'mean');
      region.begin();
      const values = agent.value.parameters.slice();
      const critic = fitted(agent, rollout, region, 48);
      const random = randomStream(0, 'shuffle');
      const improve = createTrpo(agent, critic, rollout, region, { fisherSubsample: 1 }, random);
      expect(() => finish(improve(settingsOf(c, 1)))).toThrow(/valueLoss/);
      expect(agent.value.parameters).toEqual(values);
    });
  },
);
