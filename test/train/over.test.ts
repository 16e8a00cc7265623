import { fc, test } from '@fast-check/vitest';
import { describe, expect, it } from 'vitest';
import { findEnvironment } from '../../envs/registry.ts';
import { configSchema } from '../../src/config/schema.ts';
import { loadEngine } from '../../src/node/load-engine.ts';
import { objectives } from '../../src/objective/objective.ts';
import { probabilityRatios } from '../../src/objective/surrogate.ts';
import { randomStream } from '../../src/random/random.ts';
import type { EnvironmentDefinition } from '../../src/rollout/environment.ts';
import { createMinibatch, gather } from '../../src/train/minibatch.ts';
import { policyGradient, type PpoSettings } from '../../src/train/ppo.ts';
import { createTraining } from '../../src/train/training.ts';
import { byUpdate, counterfactualStops } from '../../src/trust-region/counterfactual.ts';
import { identityWorld } from './identity-world.ts';
import { COUNT, FEATURES, randomBatch } from './random-batch.ts';
import { secondThread } from './second-thread.ts';

const engine = await loadEngine('wasm');

const worlds: Readonly<Record<string, EnvironmentDefinition>> = {
  'CartPole-v1': findEnvironment('CartPole-v1'),
  'Pendulum-v1': findEnvironment('Pendulum-v1'),
  'masked choices': identityWorld({ kind: 'multiDiscrete', n: [3, 1, 2] }, true),
  'masked actions': identityWorld({ kind: 'discrete', n: 5 }, true),
  'two real numbers': identityWorld({ kind: 'box', low: [-2, -2], high: [2, 2] }),
};

function run(world: string, over: object, threads: 1 | 2 = 1) {
  const definition = worlds[world];
  const config = configSchema.parse({
    environment: { id: definition.id, copies: 3, options: definition.options.parse({}) },
    rollout: { steps: 20 },
    network: { policy: { hidden: [8] }, value: { hidden: [8] } },
    steps: 4 * 60,
    ...over,
  });
  const training = createTraining(config, definition, engine, secondThread(threads));
  const ledger = [];
  const rows = [];
  for (let u = 0; u < training.updates; u++) {
    rows.push(training.update());
    ledger.push(...training.drainLedger());
  }
  const { parameters } = training.stored().policy;
  training.dispose();
  return { rows, ledger, parameters };
}

const ppo = { epochs: 4, minibatchSize: 20 };
const eachState = fc.constantFrom('max', 'perState');
const anywhere = {
  world: fc.constantFrom(...Object.keys(worlds)),
  over: eachState,
  // A thread takes a third of a second to start.
  threads: fc.constantFrom<(1 | 2)[]>(1, 1, 1, 2),
  delta: fc.double({ min: 1e-6, max: 0.1, noNaN: true }),
};

describe('with each state held to δ', () => {
  test.prop(
    {
      ...anywhere,
      kind: fc.constantFrom(...objectives.map(({ kind }) => kind)),
      learningRate: fc.double({ min: 1e-4, max: 0.1, noNaN: true }),
      stop: fc.option(
        fc.record({ scope: fc.constantFrom('minibatch', 'epoch'), factor: fc.constantFrom(0.5, 1, 3) }),
      ),
    },
    { numRuns: 50 },
  )('rollback leaves no state of a rollout outside, whatever the objective, stop rule and threads', (c) => {
    const { rows } = run(
      c.world,
      {
        ppo,
        objective: { kind: c.kind },
        optimizer: { learningRate: c.learningRate },
        trustRegion: { delta: c.delta, over: c.over, stop: c.stop, onOvershoot: 'rollback' },
      },
      c.threads,
    );
    for (const row of rows) {
      expect(row.klOldNewMax).toBeLessThanOrEqual(c.delta);
      expect([row.deltaViolated, row.statesOutsideDelta]).toEqual([false, 0]);
    }
  });

  const value = { epochs: 2, minibatchSize: 20 };

  test.prop({ ...anywhere, damping: fc.constantFrom(0, 0.01, 0.1) }, { numRuns: 30 })(
    'TRPO’s line search takes no step that leaves one outside, and NPG rolls it back',
    (c) => {
      for (const algorithm of ['trpo', 'npg']) {
        const onOvershoot = algorithm === 'npg' ? 'rollback' : 'stop';
        const trustRegion = { delta: c.delta, over: c.over, onOvershoot };
        const { rows } = run(
          c.world,
          { algorithm, trpo: { damping: c.damping, value }, trustRegion },
          c.threads,
        );
        for (const row of rows) {
          expect(row.klOldNewMax).toBeLessThanOrEqual(c.delta);
          expect([row.deltaViolated, row.statesOutsideDelta]).toEqual([false, 0]);
        }
      }
    },
  );

  it.each(['CartPole-v1', 'Pendulum-v1'])(
    'TRPO’s step is as long as the worst state allows: near δ with few steps back, on %s',
    (world) => {
      const trpo = { damping: 0.01, value };
      const { rows } = run(world, { algorithm: 'trpo', trpo, trustRegion: { delta: 1e-3, over: 'max' } });
      const taken = rows.filter(({ stopReason }) => stopReason === 'completed');
      expect(taken.length).toBeGreaterThan(0);
      for (const row of taken) {
        expect(row.klOldNewMax).toBeGreaterThan(0.3e-3);
        expect(row.backtracks).toBeLessThanOrEqual(3);
      }
    },
  );

  it('reaches the edge where it rolls back', () => {
    const trustRegion = { delta: 1e-3, over: 'max', onOvershoot: 'rollback' };
    const { rows } = run('CartPole-v1', { ppo, trustRegion, optimizer: { learningRate: 0.05 } });
    const rolledBack = rows.filter(({ stopReason }) => stopReason === 'rolledBack');
    expect(rolledBack.length).toBeGreaterThan(0);
    for (const row of rolledBack) expect(row.klOldNewMax).toBeGreaterThan(0.9e-3);
  });

  it('without rollback rows count the states outside, and a mean within δ is a violation all the same', () => {
    const of = (over: string, delta: number) =>
      run('CartPole-v1', { ppo, trustRegion: { delta, over, stop: null } }).rows;
    const [first] = of('max', 1);
    const between = (first.klOldNewMean + first.klOldNewMax) / 2;
    const [max, mean] = [of('max', between), of('mean', between)];
    expect(max.map(({ klOldNewMax }) => klOldNewMax)).toEqual(mean.map(({ klOldNewMax }) => klOldNewMax));
    const hidden = max.filter((row) => row.klOldNewMean <= row.delta && row.klOldNewMax > row.delta);
    expect(hidden.length).toBeGreaterThan(0);
    for (const row of max) {
      expect(row.deltaViolated).toBe(row.klOldNewMax > row.delta);
      expect(Number(row.statesOutsideDelta) > 0).toBe(row.deltaViolated);
    }
    for (const row of mean) {
      expect(row).not.toHaveProperty('statesOutsideDelta');
      expect(row.deltaViolated).toBe(row.klOldNewMean > row.delta);
    }
  });
});

describe('the stop rule', () => {
  const stop = { scope: 'minibatch' };
  const stepsOf = (over: string, delta: number) =>
    run('CartPole-v1', { ppo, optimizer: { learningRate: 0.01 }, trustRegion: { over, delta, stop } }).rows;
  const sum = (rows: ReturnType<typeof stepsOf>) =>
    rows.reduce((total, { gradientStepsApplied }) => total + gradientStepsApplied, 0);

  it('ends an update by the worst state with max, goes on without those outside with perState', () => {
    const [mean, max, perState] = ['mean', 'max', 'perState'].map((over) => sum(stepsOf(over, 2e-4)));
    expect(max).toBeLessThan(mean);
    expect(mean).toBeLessThan(perState);
  });

  it('ends it with perState where no state is left', () => {
    const rows = stepsOf('perState', 1e-12);
    expect(rows.map(({ stopReason }) => stopReason)).toEqual(rows.map(() => 'stopped'));
    expect(sum(rows)).toBe(rows.length);
  });

  it('is the same with all three where there is one state', () => {
    const bandit = findEnvironment('BernoulliBandit');
    const rows = ['mean', 'max', 'perState'].map((over) => {
      const config = configSchema.parse({
        environment: { id: bandit.id, options: bandit.options.parse({}) },
        trustRegion: { over, delta: 1e-4, onOvershoot: 'rollback', stop },
        ...{ ppo, optimizer: { learningRate: 0.01 }, steps: 1500 },
      });
      const training = createTraining(config, bandit, engine);
      const { statesOutsideDelta: _, ...row } = training.update();
      training.dispose();
      return row;
    });
    // A mean of equal numbers is rounded.
    for (const row of rows) expect(row.klOldNewMean).toBeCloseTo(row.klOldNewMax, 14);
    expect(rows[2].gradientStepsApplied).toBe(rows[1].gradientStepsApplied);
  });
});

describe('a state that is left out', () => {
  it.each(['categorical', 'diagonalGaussian'] as const)(
    'has no share in the gradient of a %s: those of the others and its own are the whole',
    (kind) => {
      const random = randomStream(7, kind);
      const { agent, rollout, head } = randomBatch(engine, kind, random, 0.2);
      for (let i = 0; i < COUNT; i++) rollout.advantages[i] = random.normal();
      const batch = createMinibatch(COUNT, FEATURES, head.width, head.actionWidth);
      gather(rollout, head, 0, COUNT, batch);
      batch.oldDistributions.set(rollout.distributions);
      const { network, parameters, gradient } = agent.policy;
      const gradientOf = (leavesOut?: (row: number) => boolean): Float32Array => {
        batch.activations = network.forward(parameters, batch.observations, COUNT);
        head.read(batch.activations.outputs, COUNT, batch.distributions);
        head.logProb(batch.distributions, batch.actions, COUNT, batch.logProbs);
        probabilityRatios(batch.logProbs, batch.oldLogProbs, COUNT, batch.logRatios, batch.ratios);
        const settings: PpoSettings = {
          ...{ epochs: 1, standardize: 'none', entropyCoefficient: 0.1, learningRate: 1, delta: 1 },
          ...{ valueLearningRate: 1, maxGradientNorm: null, stop: null, rollback: false },
          objective: { kind: 'klPenalty', beta: 2 },
        };
        policyGradient(agent, batch, settings, undefined, leavesOut);
        return gradient.slice();
      };
      const isOut = (row: number): boolean => row % 3 === 0;
      const whole = gradientOf();
      const parts = [gradientOf(isOut), gradientOf((row) => !isOut(row))];
      for (const [i, slope] of whole.entries()) expect(parts[0][i] + parts[1][i]).toBeCloseTo(slope, 6);
      expect(parts[0]).not.toEqual(whole);
      expect(gradientOf(() => true).every((slope) => slope === 0)).toBe(true);
    },
  );
});

it('the ledger has the worst state, and foretells where the exact rule stops by it', () => {
  const rest = { ppo: { epochs: 4, minibatchSize: 30 }, optimizer: { learningRate: 0.01 } };
  const bound = { delta: 5e-4, over: 'max' };
  const whole = run('CartPole-v1', { ...rest, trustRegion: { ...bound, stop: null, ledger: true } });
  const real = run('CartPole-v1', { ...rest, trustRegion: { ...bound, stop: { scope: 'minibatch' } } });
  const [trace] = byUpdate(whole.ledger);
  expect(trace.at(-1)?.klOldNewMax).toBe(whole.rows[0].klOldNewMax);
  const { exact } = counterfactualStops(trace);
  expect(exact.stopped).toBe(true);
  expect([exact.steps, exact.kl]).toEqual([real.rows[0].gradientStepsApplied, real.rows[0].klOldNewMax]);
  const ofMean = run('CartPole-v1', { ...rest, trustRegion: { delta: 5e-4, stop: null, ledger: true } });
  expect(ofMean.ledger[0]).not.toHaveProperty('klOldNewMax');
  expect(ofMean.parameters).toEqual(whole.parameters);
});
