import { describe, expect, it } from 'vitest';
import { loadEngine, surveyEngines } from '../../src/node/load-engine.ts';
import { clipScale } from '../../src/optimizer/gradient-norm.ts';
import { randomStream } from '../../src/random/random.ts';
import { createCritic } from '../../src/train/critic.ts';
import { createPpo, type PpoSettings } from '../../src/train/ppo.ts';
import { createRegion } from '../../src/train/region.ts';
import { finish } from '../../src/train/update.ts';
import type { ValueLossSettings } from '../../src/train/value-gradient.ts';
import { agentOf, flatten, rolloutOf, type UpdateCase, updates } from './updates-fixture.ts';

const reports = await surveyEngines();
const engines = reports.filter(({ missing }) => missing === undefined);
for (const { engine, backend, missing } of reports) {
  if (missing !== undefined)
    it.skip(`one PPO update on ${engine} ${backend} (missing: ${missing})`, () => undefined);
}

function settingsOf({ config }: UpdateCase): PpoSettings {
  return {
    epochs: 1,
    standardize: config.normalize_advantage ? 'minibatch' : 'none',
    objective: { kind: 'clip', clipRange: config.clip_range as number },
    entropyCoefficient: config.ent_coef as number,
    learningRate: config.learningRate as number,
    valueLearningRate: config.learningRate as number,
    maxGradientNorm: config.maxGradNorm as number,
    delta: 1,
    stop: null,
    rollback: false,
  };
}

function valueLossOf({ config }: UpdateCase): ValueLossSettings {
  const valueRange = config.clip_range_vf as number | undefined;
  return {
    // SB3's value loss has no ½.
    valueCoefficient: 2 * (config.vf_coef as number),
    valueClip: valueRange === undefined ? 'none' : 'clippedOnly',
    valueClipRange: valueRange ?? 1,
  };
}

function expectClose(actual: Float32Array, expected: Float32Array, absolute: number, relative: number): void {
  expected.forEach((e, i) => {
    const bound = absolute + relative * Math.abs(e);
    if (Math.abs(actual[i] - e) > bound) {
      throw new Error(`element ${i} is ${actual[i]}, expected ${e} within ${bound}`);
    }
  });
}

describe.each(engines)('one PPO update on the engine $engine $backend', ({ engine: name, backend }) => {
  const cases = updates.cases.ppo.map((c, i) => [i, c.actionSpace, c] as const);

  it.each(cases)('equals SB3’s in case %i (%s): figures, gradients, parameters', async (_, __, c) => {
    const agent = agentOf(c, await loadEngine(name, { tfjsBackend: backend }));
    const rollout = rolloutOf(c, agent);
    const region = createRegion(agent, rollout, 'mean');
    region.begin();
    const { logged } = c;
    const before = region.measure(1);
    expect(before.k3).toBeCloseTo(logged['train/approx_kl'], 5);
    expect(before.entropy).toBeCloseTo(-logged['train/entropy_loss'], 5);

    const settings = { loss: valueLossOf(c), minibatchSize: rollout.count, fitEpochs: 0 };
    const critic = createCritic(agent, rollout, region.measure, settings);
    const random = randomStream(0, 'shuffle');
    const done = finish(createPpo(agent, critic, rollout, region, rollout.count, random)(settingsOf(c)));

    expect(done.policyLoss).toBeCloseTo(logged['train/policy_gradient_loss'], 5);
    expect(done.valueLoss * 2).toBeCloseTo(logged['train/value_loss'], 4);
    expect(done.clipFraction).toBeCloseTo(logged['train/clip_fraction'], 6);
    const scale = clipScale(done.gradientNorm, c.config.maxGradNorm as number);
    for (const role of ['policy', 'value'] as const) {
      const { network, parameters, gradient } = agent[role];
      const clipped = gradient.map((g) => g * scale);
      expectClose(clipped, flatten(c.gradientsAfterGlobalNormClip[role], network.layout), 1e-7, 1e-4);
      expectClose(parameters, flatten(c.after[role], network.layout), 2e-5, 0);
    }
  });
});
