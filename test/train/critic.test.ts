import { describe, expect, it } from 'vitest';
import { findEnvironment } from '../../envs/registry.ts';
import { type Config, configSchema } from '../../src/config/schema.ts';
import { loadEngine } from '../../src/node/load-engine.ts';
import { createExecutor, type Threads } from '../../src/parallel/executor.ts';
import { command, measurement } from '../../src/parallel/operation.ts';
import { randomStream } from '../../src/random/random.ts';
import { createRollout } from '../../src/rollout/rollout.ts';
import { klFigures } from '../../src/trust-region/measure.ts';
import { encodeJson } from '../../src/row/json.ts';
import { createTraining } from '../../src/train/training.ts';
import { createCritic, type Critic, type criticOperations } from '../../src/train/critic.ts';
import { createCriticThread } from '../../src/train/critic-thread.ts';
import { createPpo, type PpoSettings } from '../../src/train/ppo.ts';
import { createRegion } from '../../src/train/region.ts';
import { createTrpo, type TrpoSettings } from '../../src/train/trpo.ts';
import { finish } from '../../src/train/update.ts';
import { FIT_LOSS, fitFigures } from '../../src/train/value-fit.ts';
import { secondThread } from './second-thread.ts';
import { agentOf, rolloutOf, type UpdateCase, updates } from './updates-fixture.ts';

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
  const { options } = findEnvironment(config.environment.id as string);
  const parsed = options.parse(config.environment.options) as Record<string, unknown>;
  return { ...config, environment: { ...config.environment, options: parsed } };
}

/** Rows and final parameters of a run, as bytes. */
async function bytesOf(
  config: Config,
  threads: Threads,
  fastMath = false,
): Promise<{ bytes: string[]; onTwo: number }> {
  const definition = findEnvironment(config.environment.id as string);
  const engine = await loadEngine(config.engine, { fastMath });
  const training = createTraining(config, definition, engine, secondThread(threads));
  const rows = Array.from({ length: training.updates }, (_, i) => {
    const row = encodeJson(training.update());
    if (i % 5 === 0) training.stored();
    return row;
  });
  const { policy, value } = training.stored();
  training.dispose();
  const flat = [policy, value].map((network) =>
    Buffer.from(network?.parameters.slice().buffer ?? new ArrayBuffer(0)).toString('hex'),
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

/** The fixture's agent, and its rollout in memory that threads can share. */
async function startOf(c: UpdateCase) {
  const engine = await loadEngine('wasm');
  const agent = agentOf(c, engine);
  const from = rolloutOf(c, agent);
  const { width, actionWidth } = agent.head;
  const { steps, copies, features, cuts } = from;
  const rollout = createRollout(steps, copies, features, width, actionWidth, SharedArrayBuffer);
  for (const [name, column] of Object.entries(rollout)) {
    if (ArrayBuffer.isView(column)) (column as Float64Array).set(from[name as 'values']);
  }
  rollout.cuts = cuts;
  const region = createRegion(agent, rollout, 'mean');
  region.begin();
  return { engine, agent, rollout, region };
}

describe.each([1, 2, 'auto'] as const)('a critic with threads %s', (threads) => {
  it('goes on from a state that the agent is given, the optimiser’s too', async () => {
    const [c] = updates.cases.trpo;
    const { engine, agent, rollout, region } = await startOf(c);
    const second = secondThread(threads);
    const settings = { loss: FIT_LOSS, minibatchSize: 7, fitEpochs: 2 };
    const critic = createCritic(
      agent,
      rollout,
      region.measure,
      settings,
      second && createCriticThread(second, agent, rollout, settings, engine),
    );
    const { parameters, optimizer } = agent.value;
    const { firstMoment, secondMoment } = optimizer;
    const epochs = () => {
      critic.evaluate();
      critic.orders.set([...rollout.order, ...rollout.order.toReversed()]);
      critic.begin('fit', 2, 0.01);
      const fit = critic.finish('fit');
      critic.sync();
      return {
        fit,
        steps: optimizer.steps,
        state: [parameters, firstMoment, secondMoment].map((a) => a.slice()),
      };
    };
    const first = epochs();
    const again = epochs();
    expect(again.fit.loss).toBeLessThan(first.fit.loss);
    [parameters, firstMoment, secondMoment].forEach((array, i) => void array.set(first.state[i]));
    optimizer.continueFrom(first.steps);
    critic.resume();
    expect(epochs()).toEqual(again);
    critic.end();
  });
});

/** No value function: nothing to evaluate, to lose or to step along; the policy's step is measured all the same. */
function absentCritic(measure: Parameters<typeof createCritic>[2]): Critic {
  const nothing = command(() => {});
  const absent: typeof criticOperations = {
    evaluateRows: nothing,
    evaluateNextValues: nothing,
    gradient: measurement(['loss', 'sumOfSquares'], () => ({ loss: 0, sumOfSquares: 0 })),
    step: nothing,
    fit: measurement(fitFigures, () => ({ loss: 0, lastLoss: 0, lastSumOfSquares: 0 })),
    measure: measurement([...klFigures, 'badValueParameter'], (_, delta) => ({
      ...measure(delta),
      badValueParameter: -1,
    })),
  };
  const executor = createExecutor(absent, { save() {}, load() {} } as never);
  return { ...executor, orders: new Int32Array(1000), collected() {}, evaluate() {} };
}

describe('an update without a critic takes the same step of the policy', () => {
  it('in PPO, where the two are not clipped together', async () => {
    const [c] = updates.cases.ppo;
    const settings: PpoSettings = {
      epochs: 2,
      standardize: 'minibatch',
      objective: { kind: 'clip', clipRange: 0.2 },
      entropyCoefficient: 0.01,
      learningRate: 0.01,
      valueLearningRate: 0.01,
      maxGradientNorm: null,
      delta: 1,
      stop: null,
      rollback: false,
    };
    const updated = async (isAbsent: boolean) => {
      const { agent, rollout, region } = await startOf(c);
      const loss = { valueCoefficient: 0.5, valueClip: 'none', valueClipRange: 0 } as const;
      const critic = isAbsent
        ? absentCritic(region.measure)
        : createCritic(agent, rollout, region.measure, { loss, minibatchSize: 16, fitEpochs: 0 });
      const values = agent.value.parameters.slice();
      const done = finish(
        createPpo(agent, critic, rollout, region, 16, randomStream(0, 'shuffle'))(settings),
      );
      critic.run('measure', 1);
      const isUntouched = values.every((v, i) => v === agent.value.parameters[i]);
      return { policy: agent.policy.parameters.slice(), kl: critic.finish('measure'), done, isUntouched };
    };
    const [absent, present] = [await updated(true), await updated(false)];
    expect([absent.policy, absent.kl]).toEqual([present.policy, present.kl]);
    expect([absent.isUntouched, present.isUntouched]).toEqual([true, false]);
    expect(absent.done).toMatchObject({ valueLoss: 0, policyLoss: present.done.policyLoss });
    expect(absent.done.gradientNorm).toBeLessThan(present.done.gradientNorm);
  });

  it('in TRPO', async () => {
    const [c] = updates.cases.trpo;
    const settings: TrpoSettings = {
      delta: 0.01,
      damping: 0.1,
      cgIterations: 10,
      cgTolerance: 1e-5,
      lineSearch: { shrink: 0.8, tries: 10 },
      rollback: false,
      valueEpochs: 1,
      learningRate: 0.01,
    };
    const updated = async (isAbsent: boolean) => {
      const { agent, rollout, region } = await startOf(c);
      const critic = isAbsent
        ? absentCritic(region.measure)
        : createCritic(agent, rollout, region.measure, { loss: FIT_LOSS, minibatchSize: 16, fitEpochs: 1 });
      const random = randomStream(0, 'shuffle');
      const done = finish(
        createTrpo(agent, critic, rollout, region, { fisherSubsample: 1 }, random)(settings),
      );
      return { policy: agent.policy.parameters.slice(), done };
    };
    const [absent, present] = [await updated(true), await updated(false)];
    expect(absent.policy).toEqual(present.policy);
    expect(absent.done).toEqual({ ...present.done, valueLoss: 0 });
  });
});
