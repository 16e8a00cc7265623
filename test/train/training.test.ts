import { fc, test } from '@fast-check/vitest';
import { describe, expect, it } from 'vitest';
import { findEnvironment } from '../../envs/registry.ts';
import { type Config, configSchema } from '../../src/config/schema.ts';
import { loadEngine } from '../../src/node/load-engine.ts';
import { encodeJson } from '../../src/row/json.ts';
import { fieldsWhen } from '../../src/row/field.ts';
import { metricFields, type MetricsRow } from '../../src/row/metrics.ts';
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
  const definition = findEnvironment(config.environment.id as string);
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
  const training = createTraining(config, findEnvironment(config.environment.id as string), engine);
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

it.each(['regret', 'entropy', 'beta', 'crossEntropy'])('takes or refuses a figure %s by its name', (name) => {
  const config = configOf({ environment: { id: 'GaussianBandit', copies: 1 }, steps: 1 });
  const known = findEnvironment('GaussianBandit');
  const definition: typeof known = {
    ...known,
    create: (...given) => {
      const environment = known.create(...given);
      return Object.defineProperty(environment, 'figureNames', { value: [name] });
    },
  };
  const start = (): void => createTraining(config, definition, engines.wasm).dispose();
  if (name === 'regret') expect(start).not.toThrow();
  else
    expect(start).toThrow(
      `GaussianBandit: its figure ${name} needs a name that is no column of metrics.jsonl`,
    );
});

describe('the trust region', () => {
  test.prop(
    {
      id: fc.constantFrom('FrozenLake-v1', 'CartPole-v1', 'BernoulliBandit', 'Pendulum-v1'),
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
      expect(Math.abs((a[name] ?? 0) - (b[name] ?? 1))).toBeLessThan(
        1e-4 * Math.max(1, Math.abs(a[name] ?? 0)),
      );
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

describe('a natural gradient step', () => {
  const algorithms = fc.record({
    id: fc.constantFrom('FrozenLake-v1', 'CartPole-v1', 'BernoulliBandit', 'Pendulum-v1'),
    engine: fc.constantFrom('reference', 'wasm'),
    seed: fc.nat({ max: 2 ** 32 - 1 }),
    delta: fc.oneof(fc.double({ min: 1e-12, max: 0.1, noNaN: true }), fc.constantFrom(1e-9, 1e-4, 1, 100)),
    standardize: fc.constantFrom('minibatch', 'rollout', 'none'),
    hidden: fc.constantFrom([], [8], [8, 8]),
    trpo: fc.record({
      damping: fc.constantFrom(0, 1e-6, 1e-3, 0.1, 10),
      cgIterations: fc.integer({ min: 1, max: 20 }),
      fisherSubsample: fc.constantFrom(1, 2, 7, 1000),
    }),
    lineSearch: fc.record({
      shrink: fc.double({ min: 0.1, max: 0.95, noNaN: true }),
      tries: fc.integer({ min: 1, max: 12 }),
    }),
  });
  type Sampled = typeof algorithms extends fc.Arbitrary<infer T> ? T : never;

  const naturalConfig = (c: Sampled, algorithm: 'trpo' | 'npg', overrides: object = {}): Config =>
    configOf({
      algorithm,
      engine: c.engine,
      seed: c.seed,
      environment: { id: c.id, copies: 3 },
      network: { policy: { hidden: c.hidden }, value: { hidden: c.hidden } },
      advantage: { standardize: c.standardize },
      trpo: { ...c.trpo, lineSearch: c.lineSearch, value: { epochs: 2, minibatchSize: 20 } },
      trustRegion: { delta: c.delta, ...overrides },
    });

  test.prop([algorithms], { numRuns: 100 })(
    'with TRPO never ends outside δ, whatever the config, and leaves the policy where no step will do',
    (c) => {
      for (const row of rowsOf(naturalConfig(c, 'trpo'))) {
        expect(row.klOldNewMean).toBeLessThanOrEqual(c.delta);
        expect(row.deltaViolated).toBe(false);
        expect(row.gradientStepsPlanned).toBe(1);
        if (row.rejectedReason === null) {
          expect([row.stopReason, row.gradientStepsApplied]).toEqual(['completed', 1]);
          expect(row.klActual).toBe(row.klOldNewMean);
          expect(row.improvementActual).toBeGreaterThan(0);
        } else {
          expect([row.stopReason, row.gradientStepsApplied]).toEqual(['rejected', 0]);
          expect([row.klOldNewMean, row.klNewOldMean, row.klOldNewMax]).toEqual([0, 0, 0]);
        }
      }
    },
  );

  test.prop([algorithms], { numRuns: 40 })('with NPG never ends outside δ where it rolls back', (c) => {
    for (const row of rowsOf(naturalConfig(c, 'npg', { onOvershoot: 'rollback' }))) {
      expect(row.klOldNewMean).toBeLessThanOrEqual(c.delta);
      expect(row.backtracks).toBe(0);
    }
  });

  const small = { algorithm: 'trpo', environment: { id: 'CartPole-v1', copies: 3 } };
  const value = { minibatchSize: 20 };

  it('with NPG is the whole step, which leaves δ where the KL is no parabola', () => {
    const npg = { ...small, algorithm: 'npg', trpo: { damping: 0, value }, trustRegion: { delta: 0.1 } };
    const rows = rowsOf(configOf(npg));
    expect(rows.some((row) => row.deltaViolated)).toBe(true);
    for (const row of rows.filter((each) => each.stopReason === 'completed')) {
      expect(row.klPredicted).toBeCloseTo(0.1, 10);
      expect(row.klActual).toBe(row.klOldNewMean);
    }
  });

  it('restores the policy bit for bit when the line search fails, and still fits the value network', () => {
    // A single try, as long as δ = 5 allows and without damping: some update's is not acceptable.
    const config = configOf({
      ...small,
      steps: 40 * 48,
      trpo: { damping: 0, lineSearch: { tries: 1 }, value },
      trustRegion: { delta: 5 },
    });
    const training = createTraining(config, findEnvironment('CartPole-v1'), engines.wasm);
    let rejected = 0;
    for (let update = 1; update <= training.updates; update++) {
      const before = training.stored();
      const policy = before.policy.parameters.slice();
      const values = before.value?.parameters.slice();
      const row = training.update();
      const after = training.stored();
      expect(after.value?.parameters).not.toEqual(values);
      if (row.stopReason !== 'rejected') continue;
      rejected += 1;
      const bits = (v: Float32Array): Uint32Array => new Uint32Array(v.slice().buffer);
      expect(bits(after.policy.parameters)).toEqual(bits(policy));
    }
    training.dispose();
    expect(rejected).toBeGreaterThan(0);
  });

  it('has the columns of a natural step in each row, in order', () => {
    for (const row of rowsOf(configOf({ ...small, trpo: { value } }))) {
      const names = Object.keys(row);
      const own = fieldsWhen(metricFields, 'naturalStep').map(({ name }) => name);
      const from = names.indexOf('stopReason') + 1;
      expect(names.slice(from, from + own.length)).toEqual(own);
      expect([row.clipFraction, row.clipRange]).toEqual([null, null]);
    }
  });

  it('predicts what a short step does: KL by the Fisher matrix, improvement by the gradient', () => {
    const rows = rowsOf(configOf({ ...small, trpo: { value }, trustRegion: { delta: 1e-6 } }));
    for (const row of rows) {
      expect(Number(row.klPredicted) / Number(row.klActual)).toBeCloseTo(1, 2);
      expect(Number(row.improvementPredicted) / Number(row.improvementActual)).toBeCloseTo(1, 2);
    }
  });

  it('is none where every advantage is the same, and the row says why', () => {
    // A value network of zeros and rewards of 0 (no goal within reach): every δ_t is 0.
    const config = configOf({
      algorithm: 'trpo',
      environment: { id: 'FrozenLake-v1', copies: 3 },
      rollout: { steps: 2 },
      network: { policy: { hidden: [] }, value: { hidden: [], activation: 'relu' }, valueHeadGain: 1e-30 },
      trpo: { value: { minibatchSize: 6 } },
      steps: 6,
    });
    const [row] = rowsOf(config);
    expect([row.rejectedReason, row.stopReason, row.klOldNewMean]).toEqual(['zeroGradient', 'rejected', 0]);
    expect([row.klPredicted, row.klActual, row.improvementActual]).toEqual([null, null, null]);
  });

  it.each(['CartPole-v1', 'Pendulum-v1'])('agrees between the engines after one update of %s', (id) => {
    const config = (engine: string) =>
      configOf({
        ...small,
        engine,
        environment: { id, copies: 3 },
        trpo: { damping: 0.1, value },
        steps: 1,
      });
    const [a] = rowsOf(config('reference'));
    const [b] = rowsOf(config('wasm'));
    for (const name of [
      'klOldNewMean',
      'entropy',
      'valueLoss',
      'gradientNorm',
      'improvementActual',
    ] as const) {
      expect(Math.abs(Number(a[name]) - Number(b[name]))).toBeLessThan(
        1e-3 * Math.max(1e-2, Math.abs(Number(a[name]))),
      );
    }
    expect(a.backtracks).toBe(b.backtracks);
  });
});
