import { describe, expect, it } from 'vitest';
import { findEnvironment } from '../../envs/registry.ts';
import { type Config, configSchema } from '../../src/config/schema.ts';
import { loadEngine } from '../../src/network/engine.ts';
import { encodeJson } from '../../src/run/metrics.ts';
import { createTraining, type Threads } from '../../src/train/training.ts';

const small = {
  environment: { id: 'CartPole-v1', copies: 3 },
  rollout: { steps: 50 },
  network: { policy: { hidden: [8] }, value: { hidden: [8, 8] } },
  ppo: { epochs: 3, minibatchSize: 64 },
  optimizer: { learningRate: 0.01 },
  steps: 10 * 150,
};

const stopEvery = { delta: 1e-3, stop: { measure: 'k3', scope: 'minibatch', factor: 1 } };
const cases: Record<string, object> = {
  'a ragged last minibatch': {},
  'minibatches of one sample': { ppo: { epochs: 1, minibatchSize: 1 }, steps: 300 },
  'minibatches larger than the rollout': { ppo: { epochs: 3, minibatchSize: 1000 } },
  'a stop before a gradient step': { trustRegion: stopEvery },
  'a stop after a gradient step': {
    trustRegion: { delta: 1e-3, stop: { measure: 'exact', scope: 'minibatch', factor: 1 } },
  },
  rollback: { trustRegion: { delta: 1e-3, onOvershoot: 'rollback' } },
  'value clipping': { loss: { valueClip: 'max', entropyCoefficient: 0.01 } },
  'clipped values only': { loss: { valueClip: 'clippedOnly', valueCoefficient: 1 } },
  'truncated episodes and a Gaussian policy': {
    environment: { id: 'Pendulum-v1', copies: 3, options: { timeLimit: 7 }, normalizeRewards: true },
  },
  'rollouts longer than a forward': { rollout: { steps: 500 }, steps: 3000 },
  TRPO: { algorithm: 'trpo', trpo: { value: { epochs: 3, minibatchSize: 64 } } },
  'TRPO and a Gaussian policy': {
    algorithm: 'trpo',
    environment: { id: 'Pendulum-v1', copies: 3, options: { timeLimit: 7 }, normalizeObservations: true },
  },
  'natural policy gradient': { algorithm: 'npg' },
  'normalised observations': { environment: { id: 'CartPole-v1', copies: 3, normalizeObservations: true } },
  'an adaptive penalty': {
    objective: { kind: 'klPenalty', beta: 1, adapt: { rule: 'paper', target: 0.01 } },
  },
  'the reference engine': { engine: 'reference' },
};

function configOf(overrides: object): Config {
  const config = configSchema.parse({ ...small, ...overrides });
  const { options } = findEnvironment(config.environment.id);
  const parsed = options.parse(config.environment.options) as Record<string, unknown>;
  return { ...config, environment: { ...config.environment, options: parsed } };
}

/** Rows and final parameters of a run, as bytes. */
async function bytesOf(
  config: Config,
  threads: Threads,
  fastMath = false,
): Promise<{ bytes: string[]; onTwo: number }> {
  const definition = findEnvironment(config.environment.id);
  const training = createTraining(config, definition, await loadEngine(config.engine, { fastMath }), threads);
  const rows = Array.from({ length: training.updates }, () => encodeJson(training.update()));
  const { policy, value } = training.stored();
  training.dispose();
  const flat = [policy, value].map(({ parameters }) =>
    Buffer.from(parameters.slice().buffer).toString('hex'),
  );
  return { bytes: [...rows, ...flat], onTwo: training.updatesOnTwoThreads };
}

describe('a value network on a thread of its own gives the same bytes', () => {
  it.each(Object.entries(cases))('with %s', async (_, overrides) => {
    const config = configOf(overrides);
    const two = await bytesOf(config, 2);
    expect(two.bytes).toEqual((await bytesOf(config, 1)).bytes);
    expect(two.onTwo).toBeGreaterThan(0);
  });

  it('with fast math', async () => {
    const config = configOf({});
    const two = await bytesOf(config, 2, true);
    expect(two.bytes).toEqual((await bytesOf(config, 1, true)).bytes);
    expect(two.bytes).not.toEqual((await bytesOf(config, 1)).bytes);
  });

  it('when it comes and goes during a run, and its state is asked for meanwhile', async () => {
    const config = configOf({ steps: 100 * 150 });
    const auto = await bytesOf(config, 'auto');
    expect(auto.bytes).toEqual((await bytesOf(config, 1)).bytes);
    // The second block of eight updates is always on two threads.
    expect(auto.onTwo).toBeGreaterThanOrEqual(8);
  });
});
