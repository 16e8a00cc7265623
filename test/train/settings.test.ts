import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { environmentOptions } from '../../envs/environment-options.ts';
import { findEnvironment } from '../../envs/registry.ts';
import { resolveConfig } from '../../src/config/load.ts';
import { configSchema } from '../../src/config/schema.ts';
import { loadEngine } from '../../src/node/load-engine.ts';
import { readTrainingInputs } from '../../src/node/read-inputs.ts';
import { layoutOf } from '../../src/network/layout.ts';
import { encodePolicy } from '../../src/run/policy-file.ts';
import { createTraining } from '../../src/train/training.ts';
import { secondThread } from './second-thread.ts';
import { play, tape, tapeConfig, tapeOf, unlabelled, weights } from '../run/tape.ts';

/* What the settings of a config do to a row, on the tape of test/run/tape.ts: Â = 2.75, −1.75, 1.8125, .75, .125. */

const rowsWith = async (overrides: Parameters<typeof tapeConfig>[2]) =>
  (await play(unlabelled, tapeConfig(5, weights(0), { seed: 3, ...overrides }))).rows;
const stopNever = { delta: 0.5, stop: null };
const once = { epochs: 1, minibatchSize: 5 };

describe('advantage.standardize', () => {
  it.each([
    ['none', -0.7375], // −mean(Â)
    ['minibatch', 0],
    ['rollout', 0],
  ])('%s in PPO’s full batch has the policy loss %f before the first step', async (standardize, loss) => {
    const [row] = await rowsWith({ ppo: once, advantage: { gamma: 0.5, gaeLambda: 0.5, standardize } });
    expect(row?.policyLoss).toBeCloseTo(loss, 12);
  });

  it.each([
    ['none', -0.7375],
    ['minibatch', 0], // TRPO's only minibatch is the rollout
    ['rollout', 0],
  ])('%s in TRPO has the policy loss %f', async (standardize, loss) => {
    const advantage = { gamma: 0.5, gaeLambda: 0.5, standardize };
    const [row] = await rowsWith({ algorithm: 'trpo', trpo: { value: { minibatchSize: 5 } }, advantage });
    expect(row?.policyLoss).toBeCloseTo(loss, 12);
  });

  it('is over each minibatch, one sample alone left as it is, or once over all', async () => {
    // Four samples and one, the last of the tape. Of four standardised among themselves the mean is 0, the one stays
    // Â = .125. Standardised with the others it is s = (.125 − .7375)/1.715280, and the mean of the four is −s/4.
    const settings = { ppo: { epochs: 1, minibatchSize: 4 }, optimizer: { learningRate: 1e-9 } };
    const lossOf = async (standardize: string) => {
      const advantage = { gamma: 0.5, gaeLambda: 0.5, standardize };
      return (await rowsWith({ ...settings, advantage }))[0]?.policyLoss;
    };
    expect(await lossOf('minibatch')).toBeCloseTo(-0.0625, 6); // (0 − .125)/2
    expect(await lossOf('rollout')).toBeCloseTo(0.1339068, 6); // (s/4 − s)/2
  });
});

describe('objective.kind', () => {
  it.each([
    [{ kind: 'clip', clipRange: 0.3 }, -0.7375, 0.3, undefined],
    [{ kind: 'klPenalty', beta: 2 }, -0.7375, null, 2],
    [{ kind: 'clipAndKlPenalty', clipRange: 0.3, beta: 2 }, -0.7375, 0.3, 2],
    [{ kind: 'surrogate' }, -0.7375, null, undefined],
    [{ kind: 'dualClip', clipRange: 0.3 }, -0.7375, 0.3, undefined],
    [{ kind: 'softClip', temperature: 4 }, -0.36875, null, undefined], // (2/τ)·mean(Â)
    [{ kind: 'samplePenalty', clipRange: 0.3 }, -0.7375, 0.3, undefined],
  ])('%j starts at the loss %f, with ε %o and β %o in the row', async (objective, loss, clipRange, beta) => {
    const [row] = await rowsWith({ ppo: once, objective });
    expect(row?.policyLoss).toBeCloseTo(loss, 12);
    expect([row?.clipRange, row?.beta]).toEqual([clipRange, beta]);
  });
});

it('clipAndKlPenalty has ε and β of the update at hand', async () => {
  const clipRange = { schedule: 'linear', from: 0.5, to: 0 };
  const objective = { kind: 'clipAndKlPenalty', clipRange, beta: 1, adapt: { target: 1e-3 } };
  const [, second] = await rowsWith({ steps: 10, objective, trustRegion: stopNever });
  expect([second?.clipRange, second?.beta]).toEqual([0.25, 2]);
});

it('a KL of exactly δ is not outside it', async () => {
  const [free] = await rowsWith({ trustRegion: stopNever });
  const [bound] = await rowsWith({ trustRegion: { delta: free?.klOldNewMean, stop: null } });
  expect([bound?.klOldNewMean, bound?.deltaViolated]).toEqual([free?.klOldNewMean, false]);
});

describe('algorithm npg', () => {
  // The step of the row of TRPO in test/run/columns.test.ts, whole: its KL of .588946 leaves δ = ½.
  const trpo = { damping: 0.01, cgIterations: 1, value: { minibatchSize: 5 } };
  const natural = async (algorithm: string, trustRegion: object) =>
    (await play(tape, tapeConfig(5, weights(Math.log(3)), { algorithm, trpo, trustRegion }))).rows[0];

  it('takes the whole step, δ or not', async () => {
    const row = await natural('npg', stopNever);
    expect(row?.klActual).toBeCloseTo(0.58894608, 6);
    expect(row?.improvementActual).toBeCloseTo(1.17646438, 6);
    expect([row?.backtracks, row?.deltaViolated, row?.stopReason]).toEqual([0, true, 'completed']);
  });

  it('comes back to δ where it is to roll back', async () => {
    const row = await natural('npg', { ...stopNever, onOvershoot: 'rollback' });
    expect(row?.klOldNewMean).toBeLessThanOrEqual(0.5);
    expect([row?.backtracks, row?.deltaViolated, row?.stopReason]).toEqual([0, false, 'rolledBack']);
  });

  it('has a line search with TRPO alone, which nothing needs to roll back', async () => {
    const row = await natural('trpo', { ...stopNever, onOvershoot: 'rollback' });
    expect([row?.backtracks, row?.stopReason]).toEqual([1, 'completed']);
  });
});

describe('environment.normalizeObservations', () => {
  const normalized = { environment: { id: 'Tape', copies: 1, normalizeObservations: true } };

  it('keeps the moments of what was seen: 0 to 5 of the first rollout', async () => {
    const { stored } = await play(unlabelled, tapeConfig(5, weights(0), normalized));
    // Σ (t − 2.5)² = 17.5
    expect(stored.observationMoments).toEqual({ count: 6, mean: [2.5], squares: [17.5] });
  });

  it('is not there where nobody asks, and refused for discrete observations', async () => {
    expect((await play(unlabelled, tapeConfig(5, weights(0), {}))).stored.observationMoments).toBeUndefined();
    const config = configSchema.parse({
      environment: { id: 'FrozenLake-v1', copies: 1, normalizeObservations: true },
      rollout: { steps: 4 },
    });
    const engine = await loadEngine('reference');
    expect(() => createTraining(config, findEnvironment('FrozenLake-v1'), engine)).toThrow(
      'environment.normalizeObservations must be false, got true: the observations of FrozenLake-v1 are discrete',
    );
  });
});

it('total variation is refused where actions are not discrete, by training and by the config’s check', async () => {
  const written = {
    environment: { id: 'Pendulum-v1' },
    objective: { kind: 'divergenceMask', divergence: 'tv' },
  };
  const problem =
    'objective.divergence must be "kl", got "tv": total variation has a closed form for a single discrete action only, which those of Pendulum-v1 are not';
  const config = configSchema.parse(written);
  const engine = await loadEngine('reference');
  expect(() => createTraining(config, findEnvironment('Pendulum-v1'), engine)).toThrow(problem);
  expect(resolveConfig(written, 'x.json', [], environmentOptions).problems).toEqual([`${problem} (x.json)`]);
});

it('initial weights that standardise observations are refused where those are discrete', async () => {
  const moments = { count: 2, mean: [0, 0], squares: [1, 1] };
  const network = (outputs: number) => {
    const shape = { inputs: 2, hidden: [], outputs, activation: 'tanh' as const, logStd: 0 };
    const layout = layoutOf(shape);
    return { shape, layout, parameters: new Float32Array(layout.size) };
  };
  const file = join(mkdtempSync(join(tmpdir(), 'leash-moments-')), 'policy.safetensors');
  const stored = { head: 'categorical' as const, policy: network(4), value: network(1) };
  writeFileSync(file, encodePolicy({ ...stored, observationMoments: moments }));
  const linear = { hidden: [] };
  const config = configSchema.parse({
    environment: { id: 'GridWorld', copies: 1, options: { map: 'SG' }, normalizeObservations: true },
    network: { policy: linear, value: linear, initialWeights: file },
  });
  const engine = await loadEngine('reference');
  expect(() =>
    createTraining(config, findEnvironment('GridWorld'), engine, undefined, readTrainingInputs(config)),
  ).toThrow(`network.initialWeights: ${file} standardises its observations, those of GridWorld are discrete`);
});

it('environment.normalizeRewards changes what is learned from, not the returns that are logged', async () => {
  const [row] = await rowsWith({ environment: { id: 'Tape', copies: 1, normalizeRewards: true } });
  expect(row?.returnMean).toBeCloseTo(6.5 / 3, 12);
  expect(Math.abs((row?.valueLoss ?? 0) - 1.39320312)).toBeGreaterThan(0.1);
});

it('there is no explained variance where all returns are equal', async () => {
  const advantage = { gamma: 0, gaeLambda: 0, standardize: 'none' };
  const { rows } = await play([{ reward: 2 }], tapeConfig(5, weights(0), { advantage }));
  expect(rows[0]?.explainedVariance).toBeNaN();
});

it('a ledger is drained once, and empty without trustRegion.ledger', async () => {
  const { definition } = tapeOf(unlabelled);
  const config = tapeConfig(5, weights(0), { trustRegion: { ...stopNever, ledger: true } });
  const engine = await loadEngine('reference');
  const training = createTraining(config, definition, engine, undefined, readTrainingInputs(config));
  training.update();
  expect([training.drainLedger().length, training.drainLedger().length]).toEqual([2, 0]);
  expect((await play(unlabelled, tapeConfig(5, weights(0), {}))).ledger).toEqual([]);
});

describe('two threads', () => {
  const config = (overrides: Parameters<typeof tapeConfig>[2] = {}) =>
    tapeConfig(5, weights(0), {
      seed: 3,
      steps: 15,
      trustRegion: { ...stopNever, ledger: true },
      ...overrides,
    });

  it.each([1, 2, 'auto'] as const)(
    'of setting %s give the same rows and the same ledger',
    async (threads) => {
      const one = await play(unlabelled, config());
      const other = await play(unlabelled, config(), threads);
      expect([other.rows, other.ledger, other.actions]).toEqual([one.rows, one.ledger, one.actions]);
    },
  );

  it('collect ahead, but tell of what went wrong only in the update that it belongs to', async () => {
    const { definition } = tapeOf([...unlabelled, { reward: Number.NaN }]);
    const engine = await loadEngine('reference');
    const inputs = readTrainingInputs(config());
    const training = createTraining(config(), definition, engine, secondThread(2), inputs);
    expect(training.update().update).toBe(1);
    expect(training.updatesOnTwoThreads).toBe(1);
    expect(() => training.update()).toThrow('reward is NaN in copy 0 of Tape');
    training.dispose();
  });
});
