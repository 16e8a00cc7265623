import { describe, expect, it } from 'vitest';
import { findEnvironment, parseOptions } from '../../envs/registry.ts';
import { type Config, configSchema } from '../../src/config/schema.ts';
import { createTableTruth } from '../../src/ground-truth/table-truth.ts';
import { loadEngine } from '../../src/node/load-engine.ts';
import type { Threads } from '../../src/parallel/executor.ts';
import { heads } from '../../src/policy/heads.ts';
import { randomStream } from '../../src/random/random.ts';
import type { EnvironmentDefinition, TabularTransition } from '../../src/rollout/environment.ts';
import { Table, TableSizeError } from '../../src/rollout/table.ts';
import { fieldsWhen } from '../../src/row/field.ts';
import { encodeJson } from '../../src/row/json.ts';
import { metricFields, type WrittenRow } from '../../src/row/metrics.ts';
import { encodePolicy, type StoredPolicy } from '../../src/run/policy-file.ts';
import { tabularPolicyOf } from '../../src/train/tabular-policy.ts';
import { remarksOn } from '../../src/train/train.ts';
import { createTraining, type Training } from '../../src/train/training.ts';
import { secondThread } from './second-thread.ts';

const engine = await loadEngine('wasm');
const own = fieldsWhen(metricFields, 'groundTruth').map(({ name }) => name);

function configOf(id: string, over: object = {}): Config {
  const { environment, ...rest } = over as { environment?: { options?: object } };
  const options = parseOptions(
    findEnvironment(id),
    { ...(id === 'GridWorld' && { map: ['S.HS', '.C.G'], slip: 0.3 }), ...environment?.options },
    () => 'test',
  );
  return configSchema.parse({
    environment: { id, copies: 4, ...environment, options },
    rollout: { steps: 32 },
    network: { policy: { hidden: [16] }, value: { hidden: [16] } },
    optimizer: { learningRate: 0.01 },
    ppo: { epochs: 2, minibatchSize: 32 },
    steps: 128 * 6,
    seed: 3,
    groundTruth: true,
    ...rest,
  });
}

function open(config: Config, threads: Threads = 1): Training {
  return createTraining(
    config,
    findEnvironment(config.environment.id as string),
    engine,
    secondThread(threads),
  );
}

function run(config: Config, threads: Threads = 1, updates = 6): { rows: WrittenRow[]; policy: string } {
  const training = open(config, threads);
  const rows = Array.from({ length: updates }, () => training.update());
  const policy = Buffer.from(encodePolicy(training.stored())).toString('base64');
  training.dispose();
  return { rows, policy };
}

it.each([
  ['IdentityWorld', { gamma: 0, standardize: 'rollout' }, 0.03],
  ['BernoulliBandit', { gamma: 0.5 }, 0.03],
  // There the rollout comes to states more often late in an episode than the discount counts them.
  ['GridWorld', { gamma: 0.9, gaeLambda: 1 }, 0.6],
] as const)('in %s what the rollout makes of the promise is near it, in its unit', (id, advantage, apart) => {
  const many = {
    ...{ environment: { copies: 512 }, rollout: { steps: 64 }, steps: 512 * 64 * 6, advantage },
    ...{ ppo: { epochs: 2, minibatchSize: 512 * 8 }, optimizer: { learningRate: 0.003 } },
  };
  const { rows } = run(configOf(id, many), 1, 6);
  for (const { surrogateImprovement: exact, surrogateSampled: sampled } of rows) {
    expect(exact as number).toBeGreaterThan(0);
    expect(Math.abs((sampled as number) / (exact as number) - 1)).toBeLessThan(apart);
  }
});

it('says nothing of the promise by samples where advantages are of other rewards', () => {
  for (const over of [
    { environment: { normalizeRewards: true } },
    { reference: { policy: 'initial' } },
    { advantage: { gamma: 1 } },
  ])
    expect(run(configOf('FrozenLake-v1', over), 1, 2).rows.map((row) => row.surrogateSampled)).toEqual([
      null,
      null,
    ]);
});

const without = (row: WrittenRow): object =>
  Object.fromEntries(Object.entries(row).filter(([name]) => !own.includes(name as never)));

describe.each([
  ['FrozenLake-v1', {}],
  ['Taxi-v4', { algorithm: 'trpo' }],
  ['BernoulliBandit', { objective: { kind: 'klPenalty', beta: 1 } }],
  ['GaussianBandit', { advantage: { standardize: 'none' } }],
  ['GridWorld', { algorithm: 'npg' }],
  ['GridWorld', { environment: { options: { maskWalls: true } } }],
  ['GridWorld', { algorithm: 'trpo', environment: { options: { maskWalls: true } } }],
])('%s with %j', (id, over) => {
  const config = configOf(id, over);
  const truth = run(config);

  it('trains to the bytes that it trains to without: rows have more columns, that is all', () => {
    const plain = run({ ...config, groundTruth: false });
    expect(truth.policy).toBe(plain.policy);
    expect(truth.rows.map(without).map((row) => encodeJson(row))).toEqual(
      plain.rows.map((row) => encodeJson(row)),
    );
    for (const row of truth.rows)
      expect(Object.keys(row).filter((name) => own.includes(name as never))).toEqual(own);
  });

  it('gives the same on two threads', () => {
    const two = run(config, 2);
    expect(two.rows.map((row) => encodeJson(row))).toEqual(truth.rows.map((row) => encodeJson(row)));
    expect(two.policy).toBe(truth.policy);
  });

  it('gives the same where it goes on from a snapshot, in a training of another past', () => {
    const [one, other] = [open(config), open(config)];
    for (let update = 0; update < 3; update++) one.update();
    const snapshot = structuredClone(one.snapshot());
    for (let update = 0; update < 5; update++) other.update();
    other.restore(snapshot);
    const rows = [4, 5, 6].map(() => encodeJson(other.update()));
    expect(rows).toEqual(truth.rows.slice(3).map((row) => encodeJson(row)));
    one.dispose();
    other.dispose();
  });

  it('logs what the policies before and after say, recomputed from what is stored', () => {
    const definition = findEnvironment(id);
    const { options } = config.environment;
    const found = definition.enumerate?.(options, randomStream(config.seed, 'environment/task'));
    if (found?.kind !== 'table') throw new Error('no table');
    const table = new Table(found.table);
    const { gamma } = config.advantage;
    const exact = createTableTruth(table, gamma, definition.timeLimit(options));
    const read = (stored: StoredPolicy) =>
      tabularPolicyOf(
        table,
        { id, observationSpace: { kind: 'discrete', n: table.states } },
        stored,
        engine,
        'sampled',
      );
    const training = open(config);
    for (const row of truth.rows) {
      const before = read(training.stored());
      training.update();
      const after = read(training.stored());
      const head = heads.categorical.create([table.actions]);
      const kl = new Float64Array(table.states);
      head.kl(before.probabilities.map(Math.log), after.probabilities.map(Math.log), table.states, kl);
      const [old, next] = [before, after].map(({ probabilities }) => exact.know(probabilities));
      const step = exact.step(old, next, kl, before.values);
      for (const [name, value] of Object.entries(step))
        expect(row[name as keyof WrittenRow], name).toBeCloseTo(value as number, 8);
    }
    training.dispose();
  });

  it('has the promise and the bounds in their order', () => {
    for (const row of truth.rows) {
      expect(row.boundMeanKl as number).toBeLessThanOrEqual((row.trueImprovement as number) + 1e-12);
      expect(row.boundMaxKl as number).toBeLessThanOrEqual((row.trueImprovement as number) + 1e-12);
      expect(row.discountedGap as number).toBeGreaterThanOrEqual(-1e-9);
      expect(row.exactGap as number).toBeGreaterThanOrEqual(-1e-9);
    }
  });
});

it('the rollout’s KL is an estimate of that over the true visitation', () => {
  const large = { environment: { copies: 64 }, rollout: { steps: 200 }, ppo: { minibatchSize: 3200 } };
  const [row] = run(configOf('FrozenLake-v1', large), 1, 1).rows;
  const exact = row.klOldNewVisited as number;
  expect(Math.abs(row.klOldNewMean - exact) / exact).toBeLessThan(0.02);
  expect(Math.abs((row.klOldNewDiscounted as number) - exact) / exact).toBeGreaterThan(0.001);
});

describe('groundTruth', () => {
  it('with γ = 1 says that there is no bound, and gives what the time limit bounds', () => {
    const config = configOf('FrozenLake-v1', { advantage: { gamma: 1 } });
    const remarks = (of: Config) => remarksOn(of, findEnvironment(of.environment.id as string), true);
    expect(remarks(config).filter((each) => each.includes('gamma'))).toEqual([
      'advantage.gamma is 1: groundTruth gives no lower bound and nothing discounted, only what is true within the time limit',
    ]);
    expect(remarks(configOf('FrozenLake-v1')).filter((each) => each.includes('gamma'))).toEqual([]);
    const [row] = run(config, 1, 1).rows;
    expect([row.boundMaxKl, row.boundMeanKl, row.trueImprovement]).toEqual([null, null, null]);
    expect(row.exactReturn).toBeGreaterThan(0);
  });

  it('says nothing of the critic where rewards are normalised: its values are of others', () => {
    const config = configOf('FrozenLake-v1', { environment: { normalizeRewards: true } });
    const [row] = run(config, 1, 1).rows;
    expect(row.criticError).toBeNull();
    expect(row.trueImprovement).not.toBeNull();
  });

  it('is refused where nothing can be written out, where the table is another’s, and where it would take hours', () => {
    const lake = findEnvironment('FrozenLake-v1');
    const make = (definition: EnvironmentDefinition, over: object = {}): Training =>
      createTraining(configOf('FrozenLake-v1', over), definition, engine);
    const { enumerate: _, ...none } = lake;
    expect(() => make(none)).toThrow(
      'groundTruth must be false, got true: FrozenLake-v1 cannot be written out',
    );
    const bandit = findEnvironment('BernoulliBandit');
    const wrong = { ...lake, enumerate: () => bandit.enumerate?.({}, randomStream(0, 'task')) };
    expect(() => make(wrong)).toThrow(
      'groundTruth: the table of FrozenLake-v1 has 1 states and 10 actions, what it shows and takes has not',
    );
    const long = { ...lake, timeLimit: () => 1e7 };
    expect(() => make(long)).toThrow(
      'groundTruth: 16 states × 4 actions × 10000000 steps are 640,000,000 for every update; at most 300,000,000',
    );
    const written = (transitions: () => TabularTransition[]): EnvironmentDefinition => {
      const initial = new Float64Array(16).fill(1 / 16);
      const table = { states: 16, actions: 4, initial, transitions };
      return { ...lake, timeLimit: () => 15_000, enumerate: () => ({ kind: 'table', table }) };
    };
    const ways = Array.from({ length: 1000 }, (_, i) => ({
      ...{ probability: 0.001, next: i % 16, reward: 0, terminated: false },
    }));
    expect(() => make(written(() => ways))).toThrow(
      'groundTruth: 64,000 transitions × 15000 steps are 960,000,000 for every update; at most 900,000,000',
    );
    const tooMany = (): never => {
      throw new TableSizeError('has more than 5 transitions', 5);
    };
    expect(() => make(written(tooMany))).toThrow(
      'groundTruth must be false, got true: the table of the environment has more than 5 transitions; at most 5 are written out',
    );
  });
});
