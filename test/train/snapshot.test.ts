import { describe, expect, it } from 'vitest';
import { findEnvironment } from '../../envs/registry.ts';
import { type Config, configSchema } from '../../src/config/schema.ts';
import type { StateValue } from '../../src/elementary/state.ts';
import { loadEngine } from '../../src/node/load-engine.ts';
import type { Threads } from '../../src/parallel/executor.ts';
import type { EnvironmentDefinition } from '../../src/rollout/environment.ts';
import { encodeJson } from '../../src/row/json.ts';
import { encodePolicy } from '../../src/run/policy-file.ts';
import { createTraining, type Training } from '../../src/train/training.ts';
import { secondThread } from './second-thread.ts';

const engine = await loadEngine('wasm');

function configOf(id: string, over: object): Config {
  const { environment, ...rest } = over as { environment?: object };
  return configSchema.parse({
    environment: {
      id,
      copies: 3,
      options: findEnvironment(id).options.parse(findEnvironment(id).example ?? {}),
      ...environment,
    },
    rollout: { steps: 21 },
    network: { policy: { hidden: [8] }, value: { hidden: [8] } },
    ppo: { epochs: 2, minibatchSize: 16 },
    steps: 63 * 9,
    seed: 3,
    ...rest,
  });
}

const configs: Record<string, Config> = {
  'PPO-clip, observations and rewards normalised': configOf('CartPole-v1', {
    environment: { normalizeObservations: true, normalizeRewards: true },
    loss: { valueClip: 'max' },
    optimizer: { learningRate: { schedule: 'linear', from: 0.003 } },
  }),
  'an adaptive penalty, a Gaussian policy, rollback': configOf('Pendulum-v1', {
    objective: { kind: 'klPenalty', adapt: { target: 0.001 } },
    trustRegion: { onOvershoot: 'rollback', delta: 0.001, ledger: true },
  }),
  'TRPO on a gridworld': configOf('FrozenLake-v1', { algorithm: 'trpo' }),
  'GRPO on tokens': configOf('TokenTask', {
    environment: { copies: 4 },
    advantage: { estimator: 'grpo', groupSize: 2 },
  }),
  'RLOO with TRPO on a bandit with contexts': configOf('ContextualBandit', {
    algorithm: 'trpo',
    environment: { copies: 3 },
    advantage: { estimator: 'rloo', groupSize: 3 },
  }),
  'NPG on a bandit with contexts': configOf('ContextualBandit', { algorithm: 'npg' }),
};

/** State as text, −0 and array kinds told apart: the bytes that a checkpoint would have. */
function textOf(state: StateValue): string {
  return JSON.stringify(state, (_, value) => {
    if (ArrayBuffer.isView(value)) return [value.constructor.name, ...(value as Float64Array)].map(String);
    return Object.is(value, -0) ? '-0' : value;
  });
}

function open(config: Config, threads: Threads): Training {
  return createTraining(
    config,
    findEnvironment(config.environment.id as string),
    engine,
    secondThread(threads),
  );
}

/** The next rows, ledger rows among them, and the policy after them. */
function next(training: Training, updates: number): string[] {
  const rows = Array.from({ length: updates }, () => {
    const row = training.update();
    return encodeJson(row) + JSON.stringify(training.drainLedger());
  });
  return [...rows, Buffer.from(encodePolicy(training.stored())).toString('hex')];
}

describe.each(Object.entries(configs))('%s', (_, config) => {
  const training = open(config, 1);
  for (let update = 1; update <= 3; update++) training.update();
  training.drainLedger();
  const snapshot = training.snapshot();
  const text = textOf(snapshot);
  const expected = next(training, 4);
  training.dispose();

  it('goes on from a snapshot as if nothing had been', () => {
    const same = open(config, 1);
    same.restore(snapshot);
    expect(textOf(same.snapshot())).toBe(text);
    expect(next(same, 4)).toEqual(expected);
    // Once more in the same training, which has gone on meanwhile.
    same.restore(structuredClone(snapshot));
    expect(next(same, 4)).toEqual(expected);
    expect(textOf(snapshot), 'a snapshot never changes').toBe(text);
    same.dispose();
  });

  it.each([2, 'auto'] as const)(
    'has the same snapshot on threads: %s, and goes on from it there',
    (threads) => {
      const other = open(config, threads);
      for (let update = 1; update <= 3; update++) other.update();
      other.drainLedger();
      expect(textOf(other.snapshot())).toBe(text);
      expect(next(other, 4)).toEqual(expected);
      other.restore(snapshot);
      expect(next(other, 4)).toEqual(expected);
      other.dispose();
    },
  );
});

it('an environment without snapshots trains, and says that it has none', () => {
  const definition = findEnvironment('CartPole-v1');
  const mute: EnvironmentDefinition = {
    ...definition,
    create: (...given) =>
      Object.assign(definition.create(...given), { snapshot: undefined, restore: undefined }),
  };
  const config = configOf('CartPole-v1', {});
  const [training, whole] = [mute, definition].map((each) => createTraining(config, each, engine));
  expect([training.canSnapshot, whole.canSnapshot]).toEqual([false, true]);
  expect(next(training, 2)).toEqual(next(whole, 2));
  expect(() => training.snapshot()).toThrow('CartPole-v1 has no snapshot and restore');
});

it.each([
  ['more copies', { environment: { copies: 5 } }, 'order of a snapshot must have 105 numbers, has 63'],
  [
    'as many samples of more copies',
    { environment: { copies: 7 }, rollout: { steps: 9 } },
    'a state of 7 copies is wanted, got one of 3',
  ],
  [
    'a wider network',
    { network: { policy: { hidden: [9] } } },
    'policy.parameters of a snapshot must have 65 numbers, has 58',
  ],
  [
    'moments where the other has none',
    { environment: { normalizeObservations: true } },
    'observationMoments of a snapshot must be there, as this config has it',
  ],
])('a snapshot of another config is refused before anything changes: %s', (_, over, message) => {
  const definition = findEnvironment('CartPole-v1');
  const [own, other] = [over, {}].map((each) =>
    createTraining(configOf('CartPole-v1', each), definition, engine),
  );
  const before = textOf(own.snapshot());
  expect(() => own.restore(other.snapshot())).toThrow(message);
  expect(textOf(own.snapshot())).toBe(before);
});

it('the state of an environment may have another length at another time', () => {
  const definition = findEnvironment('CartPole-v1');
  const growing: EnvironmentDefinition = {
    ...definition,
    create: (...given) => {
      const cart = definition.create(...given);
      const past: number[] = [];
      return Object.assign(Object.create(cart), {
        step: (...step: Parameters<typeof cart.step>) => {
          past.push(step[0][0] as number);
          cart.step(...step);
        },
        snapshot: () => ({ cart: cart.snapshot?.() ?? null, past: [...past] }),
        restore: (state: { cart: StateValue; past: readonly number[] }) => {
          cart.restore?.(state.cart);
          past.splice(0, past.length, ...state.past);
        },
      });
    },
  };
  const training = createTraining(configOf('CartPole-v1', {}), growing, engine);
  training.update();
  const snapshot = training.snapshot();
  const expected = next(training, 2);
  training.restore(snapshot);
  expect(next(training, 2)).toEqual(expected);
});
