import { fc, test } from '@fast-check/vitest';
import { describe, expect, it } from 'vitest';
import { findEnvironment } from '../../envs/registry.ts';
import { type Config, configSchema } from '../../src/config/schema.ts';
import { loadEngine } from '../../src/network/engine.ts';
import { encodeJson, type MetricsRow } from '../../src/run/metrics.ts';
import { createTraining } from '../../src/train/training.ts';

const SMALL = {
  environment: { id: 'FrozenLake-v1', copies: 3 },
  rollout: { steps: 16 },
  network: { policy: { hidden: [8] }, value: { hidden: [8] } },
  ppo: { epochs: 3, minibatchSize: 20 },
  steps: 4 * 48,
};

function configOf(overrides: object): Config {
  const config = configSchema.parse({ ...SMALL, ...overrides });
  const definition = findEnvironment(config.environment.id);
  return {
    ...config,
    environment: {
      ...config.environment,
      options: definition.options.parse(config.environment.options) as Record<string, unknown>,
    },
  };
}

const engines = { reference: await loadEngine('reference'), wasm: await loadEngine('wasm') };

function rowsOf(config: Config): MetricsRow[] {
  const engine = engines[config.engine === 'reference' ? 'reference' : 'wasm'];
  const training = createTraining(config, findEnvironment(config.environment.id), engine);
  const rows = Array.from({ length: training.updates }, () => training.update());
  training.dispose();
  return rows;
}

const stopRule = fc.option(
  fc.record({
    measure: fc.constantFrom('exact', 'k1', 'k2', 'k3'),
    scope: fc.constantFrom('minibatch', 'epoch'),
    factor: fc.double({ min: 0.5, max: 3, noNaN: true }),
  }),
);

describe('the trust region', () => {
  test.prop(
    {
      id: fc.constantFrom('FrozenLake-v1', 'CartPole-v1', 'BernoulliBandit'),
      seed: fc.nat(),
      delta: fc.double({ min: 1e-6, max: 0.1, noNaN: true }),
      learningRate: fc.double({ min: 1e-4, max: 0.3, noNaN: true }),
      epochs: fc.integer({ min: 1, max: 6 }),
      minibatchSize: fc.integer({ min: 1, max: 60 }),
      stop: stopRule,
    },
    { numRuns: 60 },
  )('with rollback no update ever ends outside δ, whatever the config', (c) => {
    const rows = rowsOf(
      configOf({
        seed: c.seed,
        environment: { id: c.id, copies: 3 },
        ppo: { epochs: c.epochs, minibatchSize: c.minibatchSize },
        optimizer: { learningRate: c.learningRate },
        trustRegion: { delta: c.delta, stop: c.stop, onOvershoot: 'rollback' },
      }),
    );
    for (const row of rows) {
      expect(row.klOldNewMean).toBeLessThanOrEqual(c.delta);
      expect(row.deltaViolated).toBe(false);
    }
  });

  const reckless = { optimizer: { learningRate: 0.1 } };

  it('is left without a stop rule and without rollback, and the row says so', () => {
    const rows = rowsOf(configOf({ ...reckless, trustRegion: { delta: 1e-4, stop: null } }));
    expect(rows.some((row) => row.deltaViolated)).toBe(true);
    expect(rows.every((row) => row.gradientStepsApplied === row.gradientStepsPlanned)).toBe(true);
    expect(rows.every((row) => row.stopReason === 'completed')).toBe(true);
  });

  it('stops after the first gradient step when the exact rule looks after each', () => {
    const stop = { measure: 'exact', scope: 'minibatch', factor: 1 };
    const rows = rowsOf(configOf({ ...reckless, trustRegion: { delta: 1e-9, stop } }));
    expect(rows.every((row) => row.gradientStepsApplied === 1 && row.stopReason === 'stopped')).toBe(true);
  });

  it('stops before the second step with SB3’s rule, whose first minibatch has ratio 1', () => {
    const stop = { measure: 'k3', scope: 'minibatch', factor: 1 };
    const rows = rowsOf(configOf({ ...reckless, trustRegion: { delta: 1e-9, stop } }));
    expect(rows.every((row) => row.gradientStepsApplied === 1 && row.stopReason === 'stopped')).toBe(true);
  });

  it('stops after an epoch with the epoch rule', () => {
    const stop = { measure: 'k3', scope: 'epoch', factor: 1 };
    const rows = rowsOf(configOf({ ...reckless, trustRegion: { delta: 1e-9, stop } }));
    expect(rows.every((row) => row.gradientStepsApplied === 3)).toBe(true);
  });

  it('reaches the edge of δ when it rolls back: the bisection goes as far as it may', () => {
    const rows = rowsOf(configOf({ ...reckless, trustRegion: { delta: 1e-3, onOvershoot: 'rollback' } }));
    const rolledBack = rows.filter((row) => row.stopReason === 'rolledBack');
    expect(rolledBack.length).toBeGreaterThan(0);
    for (const row of rolledBack) expect(row.klOldNewMean).toBeGreaterThan(0.9e-3);
  });
});

describe('training', () => {
  it.each(['reference', 'wasm'] as const)('gives the same bytes twice on %s', (engine) => {
    const text = () => rowsOf(configOf({ engine })).map((row) => encodeJson(row));
    expect(text()).toEqual(text());
  });

  it('gives other rows for another seed', () => {
    expect(rowsOf(configOf({ seed: 1 }))).not.toEqual(rowsOf(configOf({ seed: 2 })));
  });

  it('rounds the steps up to whole rollouts', () => {
    const rows = rowsOf(configOf({ steps: 100 }));
    expect(rows.map((row) => row.steps)).toEqual([48, 96, 144]);
  });

  it('agrees between the engines to float32 precision after one update', () => {
    const [a] = rowsOf(configOf({ engine: 'reference', steps: 1 }));
    const [b] = rowsOf(configOf({ engine: 'wasm', steps: 1 }));
    for (const name of ['klOldNewMean', 'entropy', 'policyLoss', 'valueLoss', 'gradientNorm'] as const) {
      expect(Math.abs(a[name] - b[name])).toBeLessThan(1e-4 * Math.max(1, Math.abs(a[name])));
    }
  });

  it('normalises rewards and observations where asked, and logs raw returns', () => {
    const [row] = rowsOf(
      configOf({
        environment: { id: 'CartPole-v1', copies: 3, normalizeRewards: true, normalizeObservations: true },
        rollout: { steps: 100 },
        steps: 1,
      }),
    );
    expect(row.returnMean).toBe(row.lengthMean);
  });
});
