import { describe, expect, it } from 'vitest';
import { configSchema } from '../../src/config/schema.ts';
import { loadEngine, surveyEngines } from '../../src/node/load-engine.ts';
import { objectives } from '../../src/objective/objective.ts';
import type { Threads } from '../../src/parallel/executor.ts';
import {
  type ActionSpace,
  type EnvironmentDefinition,
  EnvironmentError,
} from '../../src/rollout/environment.ts';
import type { Random } from '../../src/random/random.ts';
import type { MetricsRow } from '../../src/row/metrics.ts';
import { decodePolicy, encodePolicy } from '../../src/run/policy-file.ts';
import { evaluate } from '../../src/train/evaluate.ts';
import { createTraining, type Training } from '../../src/train/training.ts';
import { identityWorld } from './identity-world.ts';
import { secondThread } from './second-thread.ts';

const engine = await loadEngine('wasm');
const reports = await surveyEngines();

const several: ActionSpace = { kind: 'multiDiscrete', n: [3, 1, 2] };
const box: ActionSpace = { kind: 'box', low: [-2, 1], high: [2, 1.5] };
const worlds: Record<string, [ReturnType<typeof identityWorld>, object?]> = {
  'several choices': [identityWorld(several)],
  bits: [identityWorld({ kind: 'multiBinary', n: 2 })],
  'masked actions': [identityWorld({ kind: 'discrete', n: 5 }, true)],
  'several masked choices': [identityWorld(several, true)],
  'masked bits': [identityWorld({ kind: 'multiBinary', n: 2 }, true)],
  'actions with a deviation of each state': [
    identityWorld({ kind: 'box', low: [-2, -2], high: [2, 2] }),
    { network: { stateDependentStd: true, initialLogStd: -0.5 } },
  ],
  'squashed actions with a deviation of each state': [
    identityWorld(box),
    { network: { squash: true, stateDependentStd: true, initialLogStd: -0.5 } },
  ],
  'squashed actions': [identityWorld(box), { network: { squash: true, initialLogStd: -0.5 } }],
};

function configOf(over: object = {}) {
  return configSchema.parse({
    environment: { id: 'Identity', copies: 8 },
    rollout: { steps: 32 },
    network: { policy: { hidden: [16] }, value: { hidden: [16] } },
    ppo: { minibatchSize: 64 },
    optimizer: { learningRate: 0.01 },
    trustRegion: { delta: 0.05 },
    steps: 256 * 60,
    ...over,
  });
}

function open(world: EnvironmentDefinition, over: object = {}, threads: Threads = 1): Training {
  return createTraining(configOf(over), world, engine, secondThread(threads));
}

/** Every update's row, and the policy's file. */
function run(training: Training): { rows: MetricsRow[]; file: Uint8Array } {
  const rows = Array.from({ length: training.updates }, () => training.update());
  const file = encodePolicy(training.stored());
  training.dispose();
  return { rows, file };
}

const algorithms: Record<string, object> = {
  'PPO with clip': {},
  'PPO with klPenalty': { objective: { kind: 'klPenalty' } },
  TRPO: { algorithm: 'trpo' },
  NPG: { algorithm: 'npg' },
  GRPO: { advantage: { estimator: 'grpo', groupSize: 2, gamma: 1 } },
  'a reference in the loss': { reference: { policy: 'initial', beta: 0.001, placement: 'loss' } },
  'a reference in the reward': {
    reference: { policy: 'initial', beta: 0.001, placement: 'reward', estimator: 'k1' },
  },
  'an entropy bonus': { loss: { entropyCoefficient: 0.001 } },
};

describe.each(Object.entries(worlds))('a world of %s', (_, [defined, settings = {}]) => {
  const world = defined as EnvironmentDefinition;
  const network = {
    policy: { hidden: [16] },
    value: { hidden: [16] },
    ...(settings as { network?: object }).network,
  };

  const isBox = 'network' in settings;

  it.each(Object.entries(algorithms))('is learned by %s', (name, over) => {
    const { rows, file } = run(open(world, { network, ...over }));
    expect(rows.at(-1)?.returnMean).toBeGreaterThan(isBox ? 2.7 : 3.6);
    for (const row of rows) expect(Number.isFinite(row.klOldNewMean)).toBe(true);
    if (name === 'TRPO') expect(rows.every(({ deltaViolated }) => !deltaViolated)).toBe(true);
    const { returns } = evaluate({
      ...{ definition: world, options: {}, engine, stored: decodePolicy(file, 'it') },
      ...{ episodes: 32, mode: 'greedy', seed: 1, taskSeed: 0 },
    });
    expect(returns.reduce((sum, each) => sum + each, 0) / 32).toBeGreaterThan(isBox ? 3.3 : 3.5);
  });

  it('gives the same bytes on two threads, and after a snapshot', () => {
    const over = { steps: 256 * 6, network };
    const one = run(open(world, over));
    expect(run(open(world, over, 2))).toEqual(one);
    const [first, second] = [open(world, over), open(world, over)];
    const rows = [first.update(), first.update(), first.update()];
    second.restore(first.snapshot());
    first.dispose();
    while (rows.length < second.updates) rows.push(second.update());
    expect(rows).toEqual(one.rows);
    expect(encodePolicy(second.stored())).toEqual(one.file);
    second.dispose();
  });

  it.each(reports.filter(({ missing }) => missing === undefined))(
    'is the same to float32 precision on $engine $backend',
    async ({ engine: name, backend: tfjsBackend }) => {
      const other = await loadEngine(name, { tfjsBackend });
      for (const over of [{}, { algorithm: 'trpo' }]) {
        const [a, b] = [engine, other].map((each) => {
          const training = createTraining(configOf({ ...over, steps: 256, network }), world, each);
          const row = training.update();
          training.dispose();
          return row;
        }) as [MetricsRow, MetricsRow];
        for (const figure of ['klOldNewMean', 'entropy', 'policyLoss', 'gradientNorm'] as const)
          expect(
            Math.abs((a[figure] ?? 0) - (b[figure] ?? 1)) / Math.max(0.01, Math.abs(a[figure] ?? 0)),
            figure,
          ).toBeLessThan(2e-3);
      }
    },
  );
});

describe('the masked identity world is solved', () => {
  const world = identityWorld({ kind: 'discrete', n: 6 }, true) as EnvironmentDefinition;
  const over = {
    ...algorithms,
    ...Object.fromEntries(objectives.map(({ kind }) => [`PPO with ${kind}`, { objective: { kind } }])),
    'TRPO over a part of the states': { algorithm: 'trpo', trpo: { fisherSubsample: 3 } },
  };
  it.each(Object.entries(over))('in 5 of 5 seeds by %s', (_, each) => {
    for (let seed = 0; seed < 5; seed++) {
      const { rows, file } = run(open(world, { ...each, seed, rollout: { steps: 16 }, steps: 128 * 60 }));
      expect(rows.at(-1)?.returnMean).toBeGreaterThan(3.6);
      const { returns } = evaluate({
        ...{ definition: world, options: {}, engine, stored: decodePolicy(file, 'it') },
        ...{ episodes: 32, mode: 'greedy', seed: 1, taskSeed: 0 },
      });
      expect([...returns]).toEqual(new Array(32).fill(4));
    }
  });
});

it('a mask that allows nothing is one line', () => {
  const broken = (space: ActionSpace, ruledOut: number[], from: number) => {
    const world = identityWorld(space);
    let asked = 0;
    return {
      ...world,
      create: (options: Record<string, never>, task: Random) => ({
        ...world.create(options, task),
        actionMask(mask: Uint8Array) {
          if (asked++ >= from) for (const at of ruledOut) mask[at] = 0;
        },
      }),
    } as EnvironmentDefinition;
  };
  const cases: [ActionSpace, number[], string][] = [
    [{ kind: 'discrete', n: 2 }, [0, 1], 'rules out every action'],
    [{ kind: 'multiDiscrete', n: [2, 3] }, [2, 3, 4], 'rules out every value of choice 1'],
    [
      { kind: 'multiDiscrete', n: [1, 2], names: ['gear', 'turn'] },
      [0],
      'rules out every value of choice gear',
    ],
    [{ kind: 'multiBinary', n: 2 }, [0, 1], 'rules out every value of bit 0'],
  ];
  for (const [space, ruledOut, message] of cases) {
    expect(() => open(broken(space, ruledOut, 0))).toThrow(
      new EnvironmentError(`actionMask of copy 0 of Identity of ${space.kind} ${message}`),
    );
    const training = open(broken(space, ruledOut, 40));
    expect(() => training.update()).toThrow(`of Identity of ${space.kind} ${message}`);
    training.dispose();
  }
  expect(() => open(broken({ kind: 'box', low: [0], high: [1] }, [], 0))).toThrow(
    'Identity of box has actionMask, and its actions are a box: only what is chosen of several can be ruled out',
  );
});

it('groundTruth is refused where world and table do not rule out the same actions, in one line', () => {
  const table = {
    ...{ states: 5, actions: 5, initial: Float64Array.of(1, 0, 0, 0, 0) },
    transitions: (next: number) => [{ probability: 1, next, reward: 0, terminated: true }],
  };
  const masks = new Uint8Array(25).fill(1);
  const masked = identityWorld({ kind: 'discrete', n: 5 }, true) as EnvironmentDefinition;
  const written: EnvironmentDefinition = { ...masked, enumerate: () => ({ kind: 'table', table }) };
  expect(() => open(written, { groundTruth: true })).toThrow(
    'groundTruth must be false, got true: Identity of discrete rules out actions (actionMask), which its table does not (masks)',
  );
  const unmasked = identityWorld({ kind: 'discrete', n: 5 }, false) as EnvironmentDefinition;
  const other: EnvironmentDefinition = {
    ...unmasked,
    enumerate: () => ({ kind: 'table', table: { ...table, masks } }),
  };
  expect(() => open(other, { groundTruth: true })).toThrow(
    'groundTruth must be false, got true: the table of Identity of discrete rules out actions (masks), which the environment does not (actionMask)',
  );
});

it('network.squash is refused where nothing can be squashed, and so is a policy that is not of its kind', () => {
  const squash = { network: { squash: true } };
  const of = (space: ActionSpace) => () => open(identityWorld(space) as EnvironmentDefinition, squash);
  expect(of({ kind: 'discrete', n: 2 })).toThrow(
    'network.squash must be false, got true: the actions of Identity of discrete are no box',
  );
  expect(of({ kind: 'box', low: [0, 0], high: [1, Number.POSITIVE_INFINITY] })).toThrow(
    'network.squash must be false, got true: action[1] of Identity of box is in [0, Infinity], and tanh needs two bounds',
  );
  const plain = run(open(identityWorld(box) as EnvironmentDefinition, { steps: 256 })).file;
  const from = (network: object) => () =>
    createTraining(
      configOf({ network: { policy: { hidden: [16] }, value: { hidden: [16] }, ...network } }),
      identityWorld(box) as EnvironmentDefinition,
      engine,
      undefined,
      { initialPolicy: decodePolicy(plain, 'it') },
    );
  expect(from({ squash: true, initialWeights: 'a.safetensors' })).toThrow(
    'network.initialWeights: a.safetensors is a diagonalGaussian of 2, Identity of box needs a squashedGaussian of 2',
  );
  expect(from({ initialWeights: 'a.safetensors' })).not.toThrow();
});

it('a policy whose actions have other bounds is not taken: what it learned to do is another action', () => {
  const [low, high] = [
    [-2, 1],
    [2, 1.1],
  ];
  const trained = identityWorld({ kind: 'box', low, high }) as EnvironmentDefinition;
  const stored = decodePolicy(run(open(trained, { steps: 256 })).file, 'it');
  const networks = { policy: { hidden: [16] }, value: { hidden: [16] } };
  const within = (low: number[], high: number[]) => {
    const world = identityWorld({ kind: 'box', low, high }) as EnvironmentDefinition;
    const settings = { definition: world, options: {}, engine, episodes: 2, taskSeed: 0, seed: 0 };
    return {
      begun: () =>
        createTraining(
          configOf({ network: { ...networks, initialWeights: 'a.safetensors' } }),
          ...([world, engine, undefined, { initialPolicy: stored }] as const),
        ),
      held: () =>
        createTraining(
          configOf({ network: networks, reference: { policy: 'b.safetensors', beta: 0.1 } }),
          ...([world, engine, undefined, { referencePolicy: stored }] as const),
        ),
      played: () => evaluate({ ...settings, mode: 'greedy', stored }),
    };
  };
  // As another tool has it, in 32 bits.
  const alike = within(low, high.map(Math.fround));
  for (const each of Object.values(alike)) expect(each).not.toThrow();
  const { begun, held, played } = within(low, [high[0], 5]);
  const other = `action 1 is within [${low[1]}, ${high[1]}], that of Identity of box within [${low[1]}, 5]`;
  expect(played).toThrow(`the policy’s ${other}`);
  expect(begun).toThrow(`network.initialWeights: a.safetensors: its ${other}`);
  expect(held).toThrow(`reference.policy: b.safetensors: its ${other}`);
  const unbounded = within([low[0], Number.NEGATIVE_INFINITY], high).played;
  expect(unbounded).toThrow(`that of Identity of box within [-∞, ${high[1]}]`);
});

it('a deviation of each state begins at initialLogStd and becomes another in each', () => {
  const network = { stateDependentStd: true, initialLogStd: -0.5, policy: { hidden: [16] } };
  const training = open(identityWorld(box) as EnvironmentDefinition, { network, steps: 256 * 20 });
  const stds = (): number[][] => {
    const { policy } = training.stored();
    const reader = engine.create(policy.shape, 4);
    const states = Float32Array.from({ length: 16 }, (_, i) => (i % 5 === 0 ? 1 : 0));
    const outputs = Array.from(reader.infer(policy.parameters, states, 4));
    reader.dispose();
    return [0, 1, 2, 3].map((state) => outputs.slice(4 * state + 2, 4 * state + 4));
  };
  for (const logStd of stds().flat()) expect(Math.abs(logStd + 0.5)).toBeLessThan(0.05);
  while (
    training.updates > 0 &&
    stds()
      .flat()
      .every((each) => Math.abs(each + 0.5) < 0.1)
  )
    training.update();
  const first = stds().map(([each]) => each as number);
  expect(new Set(first).size).toBe(4);
  expect(training.policyHealth().leastStd).toBeGreaterThan(0);
  training.dispose();
});
