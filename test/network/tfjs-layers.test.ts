import { layers, type Sequential, sequential } from '@tensorflow/tfjs-layers';
import { memory } from '@tensorflow/tfjs-core';
import { describe, expect, it, test } from 'vitest';
import { findEnvironment } from '../../envs/registry.ts';
import { configSchema } from '../../src/config/schema.ts';
import { readLayersModel } from '../../src/exchange/read-layers-model.ts';
import { filesOf } from '../../src/exchange/write-layers-model.ts';
import { loadEngine, surveyEngines } from '../../src/node/load-engine.ts';
import type { Engine, Network } from '../../src/network/network.ts';
import type { NetworkShape } from '../../src/network/shape.ts';
import { referenceEngine } from '../../src/network/reference.ts';
import * as z from '../../src/packages/zod.ts';
import { randomStream } from '../../src/random/random.ts';
import type { EnvironmentDefinition } from '../../src/rollout/environment.ts';
import type { LoadedPolicy } from '../../src/run/policy-file.ts';
import { evaluate } from '../../src/train/evaluate.ts';
import { takeWeights } from '../../src/train/initial-policy.ts';
import { stepLine } from '../../src/train/step-truth.ts';
import { tabularPolicyOf } from '../../src/train/tabular-policy.ts';
import { createTraining } from '../../src/train/training.ts';
import { wrap } from '../../src/wrapper/wrappers.ts';
import { gridModel } from './layers-models.ts';

const COUNT = 20;
const random = randomStream(5, 'layers');
const normals = (length: number, scale = 1): Float32Array =>
  Float32Array.from({ length }, () => random.normal() * scale);

function dot(a: ArrayLike<number>, b: ArrayLike<number>): number {
  return Array.from(a).reduce((sum, x, i) => sum + x * (b[i] as number), 0);
}
const norm = (a: ArrayLike<number>): number => Math.sqrt(dot(a, a));

/** A world that shows a grid of 16 pixels, one of them lit, and pays for its column of four. */
const pixelsOf = (shape: readonly number[]): EnvironmentDefinition => ({
  id: 'Pixels',
  summary: '',
  source: '',
  options: z.object({}),
  timeLimit: () => 5,
  bestReturn: () => undefined,
  create() {
    let lit = 0;
    const show = (observation: Float32Array): void => void observation.fill(0).fill(255, lit, lit + 1);
    return {
      observationSpace: {
        ...{ kind: 'box', low: new Array(16).fill(0), high: new Array(16).fill(255) },
        ...{ shape, image: `${shape.join(' × ')} of uint8` },
      },
      actionSpace: { kind: 'discrete', n: 4 },
      reset(random, observation) {
        lit = random.integer(16);
        show(observation);
      },
      step(action, random, observation, transition) {
        transition.reward = Number(action[0] === lit % 4);
        transition.terminated = false;
        lit = random.integer(16);
        show(observation);
      },
    };
  },
});
const pixels = pixelsOf([4, 4, 1]);

test('a layers model trains on images, which other networks refuse in one line', async () => {
  const config = configSchema.parse({
    environment: { id: 'FrozenLake-v1', copies: 2 },
    engine: 'tfjs',
    network: { tfjs: { policy: 'policy', value: 'value' } },
    rollout: { steps: 8 },
    steps: 16,
    ppo: { epochs: 1, minibatchSize: 8 },
    checkpoint: null,
  });
  const engine = await loadEngine('tfjs', { tfjsBackend: 'cpu' });
  const modelOf = (role: string) => ({
    ...readLayersModel(new URL(`../../configs/models/grid-4x4-${role}/model.json`, import.meta.url).pathname),
    place: role,
  });
  const models = { policy: modelOf('policy'), value: modelOf('value') };
  const training = createTraining(config, pixels, engine, undefined, { models });
  const before = training.stored().policy.parameters.slice();
  expect(training.update()).toMatchObject({ update: 1, gradientStepsApplied: 2 });
  expect(training.stored().policy.parameters).not.toEqual(before);
  training.dispose();
  const plain = { ...config, network: { ...config.network, tfjs: null } };
  expect(() => createTraining(plain, pixels, engine)).toThrow(
    'the observations of Pixels are images, 4 × 4 × 1 of uint8: a layers model takes such (network.tfjs); ',
  );
});

describe('an image whose sides a layers model has otherwise', () => {
  const modelOf = (inputShape: number[], units: number) => {
    const numbers = inputShape.reduce((product, side) => product * side, 1);
    const model = sequential({
      layers: [layers.reshape({ targetShape: [numbers], inputShape }), layers.dense({ units })],
    });
    const { modelTopology, weightsManifest } = JSON.parse(filesOf(model).json);
    const weights = weightsManifest[0].weights.map(({ name, shape }: { name: string; shape: number[] }) => ({
      ...{ name, shape },
      data: new Float32Array(shape.reduce((product, side) => product * side, 1)),
    }));
    return { topology: modelTopology, weights, place: 'network.tfjs.policy: m.json' };
  };
  const trainingIn = async (
    world: EnvironmentDefinition,
    policy: readonly number[],
    value = policy,
    reference?: LoadedPolicy,
  ) => {
    const config = configSchema.parse({
      environment: { id: 'any', copies: 1 },
      engine: 'tfjs',
      network: { tfjs: { policy: 'p', value: 'v' } },
      rollout: { steps: 8 },
      steps: 8,
      ppo: { epochs: 1, minibatchSize: 8 },
      checkpoint: null,
      ...(reference && { reference: { policy: 'elsewhere', beta: 0.1 } }),
    });
    const models = { policy: modelOf([...policy], 4), value: modelOf([...value], 1) };
    const engine = await loadEngine('tfjs', { tfjsBackend: 'cpu' });
    return createTraining(config, world, engine, undefined, { models, referencePolicy: reference });
  };
  const storedIn = async (world: EnvironmentDefinition, sides: readonly number[]) => {
    const training = await trainingIn(world, sides);
    const stored = training.stored();
    training.dispose();
    return stored;
  };

  it.each([[[8, 2]], [[8, 1, 2]], [[1, 8, 2, 1]], [[16]]])('takes %j of [8, 2, 1]', async (sides) => {
    const training = await trainingIn(pixelsOf([8, 2, 1]), sides);
    expect(training.update()).toMatchObject({ update: 1 });
    training.dispose();
  });

  it('is refused in training, the value network, too', async () => {
    const message = (takes: string, shows: string): string =>
      `network.tfjs.policy: m.json: it takes ${takes}, an observation is ${shows}`;
    for (const sides of [
      [2, 8, 1],
      [4, 4],
      [2, 2, 4],
    ])
      await expect(trainingIn(pixelsOf([8, 2, 1]), sides)).rejects.toThrow(
        message(`[${sides.join(', ')}]`, '[8, 2, 1]'),
      );
    await expect(trainingIn(pixelsOf([8, 2]), [8, 2], [2, 8])).rejects.toThrow(message('[2, 8]', '[8, 2]'));
  });

  it('is refused behind wrappers, which say how they arrange it', async () => {
    const world = wrap(pixelsOf([4, 4, 1]), [{ kind: 'stackObservations', frames: 2 }]);
    (await trainingIn(world, [2, 4, 4])).dispose();
    await expect(trainingIn(world, [4, 4, 2])).rejects.toThrow('[4, 4, 2], an observation is [2, 4, 4, 1]');
  });

  it('is refused as a stored policy that acts, and as a reference', async () => {
    const stored = await storedIn(pixelsOf([2, 8]), [2, 8]);
    const world = pixelsOf([8, 2]);
    const engine = await loadEngine('tfjs', { tfjsBackend: 'cpu' });
    const where = { definition: world, options: {}, engine, episodes: 1, taskSeed: 0 };
    expect(() => evaluate({ ...where, stored, mode: 'greedy', seed: 0 })).toThrow(
      'the policy takes [2, 8], an observation is [8, 2] in Pixels',
    );
    await expect(trainingIn(world, [8, 2], [8, 2], stored)).rejects.toThrow(
      'reference.policy: elsewhere takes [2, 8], an observation is [8, 2]',
    );
  });

  it('is refused where a table is read: evaluation, an expert, truth', async () => {
    const stored = await storedIn(pixelsOf([2, 8]), [2, 8]);
    const engine = await loadEngine('tfjs', { tfjsBackend: 'cpu' });
    const mapOf = (sides: readonly number[]) => ({
      id: 'Map',
      observationSpace: { kind: 'discrete', n: 16, shape: sides } as const,
    });
    const { probabilities } = tabularPolicyOf({ states: 16 }, mapOf([2, 8]), stored, engine, 'sampled');
    expect(probabilities).toEqual(new Float64Array(64).fill(0.25));
    const message = 'the policy takes [2, 8], an observation is [8, 2] in Map';
    expect(() => tabularPolicyOf({ states: 16 }, mapOf([8, 2]), stored, engine, 'sampled')).toThrow(message);
    const map = ['S.', '..', '..', '..', '..', '..', '..', '.G'];
    const world = findEnvironment('GridWorld');
    const found = world.enumerate?.(world.options.parse({ map }), randomStream(0, 'task'));
    if (found?.kind !== 'table') throw new Error('no table');
    const how = { gamma: 0.9, timeLimit: 100, towards: undefined, delta: 0.01, reach: 2, count: 4 };
    expect(() => stepLine(found.table, mapOf([8, 2]), stored, engine, how)).toThrow(message);
  });
});

test('weights of a layers model go to one of the same shapes alone, by their names', async () => {
  const shape = { inputs: 16, hidden: [], outputs: 4, activation: 'tanh', logStd: 0 } as const;
  const modelOf = (kernel: number[]) => ({
    ...shape,
    model: {
      topology: { class_name: 'Sequential', config: {} },
      weights: [{ name: 'd/kernel', shape: kernel }],
    },
  });
  const stored = { shape: modelOf([4, 16]), parameters: new Float32Array(64) };
  const network = { shape: modelOf([16, 4]) };
  expect(() => takeWeights(stored, 'policy', network, new Float32Array(64))).toThrow(
    "its policy network is a layers model of d/kernel [4, 16], the config's a layers model of d/kernel [16, 4]",
  );
});

/** The shape of a network over the model. */
function shapeOf(model: Sequential, inputs: number, outputs: number, logStd = 0): NetworkShape {
  const { modelTopology, weightsManifest } = JSON.parse(filesOf(model).json);
  const { weights } = weightsManifest[0];
  return {
    inputs,
    hidden: [],
    outputs,
    activation: 'tanh',
    logStd,
    model: { topology: modelTopology, weights },
  };
}

// Building the models below needs a backend before any test runs.
await loadEngine('tfjs', { tfjsBackend: 'cpu' });
const present = (await surveyEngines()).filter(({ engine }) => engine === 'tfjs');

describe.each(present)('a layers model on tfjs ($backend)', ({ backend, missing }) => {
  if (missing !== undefined) {
    test.skip(`missing: ${missing}`, () => undefined);
    return;
  }

  async function withNetwork(
    shape: NetworkShape,
    use: (network: Network, engine: Engine) => void,
  ): Promise<void> {
    const engine = await loadEngine('tfjs', { tfjsBackend: backend });
    const network = engine.create(shape, COUNT);
    use(network, engine);
    network.dispose();
  }

  test('of Dense layers computes what the perceptron of the same weights does', async () => {
    const model = sequential({
      layers: [
        layers.dense({ units: 6, activation: 'tanh', inputShape: [3] }),
        layers.dense({ units: 5, activation: 'tanh' }),
        layers.dense({ units: 2 }),
      ],
    });
    const perceptron = { inputs: 3, hidden: [6, 5], outputs: 2, activation: 'tanh', logStd: 2 } as const;
    const parameters = normals(24 + 35 + 12 + 2, 0.5);
    const [x, u, v] = [normals(COUNT * 3), normals(COUNT * 4), normals(parameters.length)];
    const results = (network: Network): Float32Array[] => {
      const at = network.forward(parameters, x, COUNT);
      const [gradient, change] = [new Float32Array(parameters.length), new Float32Array(COUNT * 4)];
      network.vjp(at, u, gradient);
      network.jvp(at, v, change);
      return [at.outputs.slice(), gradient, change];
    };
    const expected = results(referenceEngine.create(perceptron, COUNT));
    await withNetwork(shapeOf(model, 3, 2, 2), (network) => {
      results(network).forEach((got, k) => {
        const wanted = expected[k] as Float32Array;
        expect(norm(got.map((y, i) => y - (wanted[i] as number))) / norm(wanted)).toBeLessThan(1e-5);
      });
    });
  });

  test.each([
    ['a convolution over a grid', gridModel(4, 1), 16, 4],
    [
      'strided convolution, normalisation and dropout',
      sequential({
        layers: [
          layers.conv2d({ filters: 3, kernelSize: 2, strides: 2, activation: 'tanh', inputShape: [4, 4, 2] }),
          layers.batchNormalization(),
          layers.dropout({ rate: 0.5 }),
          layers.flatten(),
          layers.layerNormalization(),
          layers.dense({ units: 3 }),
        ],
      }),
      32,
      3,
    ],
    [
      'an image brought to a small scale',
      sequential({
        layers: [
          layers.rescaling({ scale: 1 / 8, offset: 0.25, inputShape: [4, 4, 1] }),
          layers.conv2d({ filters: 2, kernelSize: 3, activation: 'tanh' }),
          layers.flatten(),
          layers.dense({ units: 3 }),
        ],
      }),
      16,
      3,
    ],
  ] as const)('has derivatives that fit its outputs: %s', async (_, model, inputs, outputs) => {
    await withNetwork(shapeOf(model, inputs, outputs), (network) => {
      const parameters = network.allocate();
      parameters.set(normals(parameters.length, 0.3).map(Math.abs));
      const [x, u, v] = [normals(COUNT * inputs), normals(COUNT * outputs), network.allocate()];
      const gradient = network.allocate();
      const change = new Float32Array(COUNT * outputs);
      const at = network.forward(parameters, x, COUNT);
      const outputsAt = at.outputs.slice();
      network.vjp(at, u, gradient);
      // Along the gradient, where the weights that no gradient reaches stand still.
      const length = norm(gradient);
      v.set(gradient.map((g) => g / length));
      network.jvp(at, v, change);
      expect(Math.abs(dot(u, change) / dot(gradient, v) - 1)).toBeLessThan(1e-4);
      const h = 1e-3;
      const ahead = parameters.map((p, i) => p + h * (v[i] as number));
      const moved = network.forward(ahead, x, COUNT).outputs;
      const slope = change.map((_, i) => ((moved[i] as number) - (outputsAt[i] as number)) / h);
      expect(norm(slope.map((s, i) => s - (change[i] as number))) / norm(change)).toBeLessThan(0.02);
    });
  });

  test('leaves as many tensors as it found', async () => {
    const engine = await loadEngine('tfjs', { tfjsBackend: backend });
    const before = memory().numTensors;
    const network = engine.create(shapeOf(gridModel(4, 1), 16, 4), COUNT);
    const built = memory().numTensors;
    const [parameters, change] = [network.allocate(), new Float32Array(COUNT * 4)];
    for (let i = 0; i < 2; i++) {
      const at = network.forward(parameters, normals(COUNT * 16), COUNT);
      network.jvp(at, parameters, change);
      network.vjp(at, change, parameters);
      expect(memory().numTensors).toBe(built);
    }
    network.dispose();
    expect(memory().numTensors - before).toBeLessThanOrEqual(6);
  });
});

describe('a layers model that does not fit says why', () => {
  const dense = (units: number, activation?: 'softmax') =>
    sequential({ layers: [layers.dense({ units, inputShape: [16], ...(activation && { activation }) })] });
  test.each([
    ['inputs', shapeOf(dense(4), 9, 4), 'it takes [16], the environment gives 9 numbers'],
    ['outputs', shapeOf(dense(4), 16, 2), 'it gives [4], [2] is wanted'],
    [
      'softmax',
      shapeOf(dense(4, 'softmax'), 16, 4),
      'it ends in a softmax; leash takes the logits before it',
    ],
  ])('%s', async (_, shape, message) => {
    const engine = await loadEngine('tfjs', { tfjsBackend: 'cpu' });
    expect(() => engine.create(shape, 1)).toThrow(message);
  });

  test.each([
    ['of wrong types', 'x', 4, 'its modelTopology is damaged: it cannot be built'],
    ['of a size that no memory holds', [null, 1e12], 1e6, 'has layers that are too large to be built'],
  ])('a topology %s', async (_, batch_input_shape, units, message) => {
    const layers = [
      { class_name: 'InputLayer', config: { name: 'in', batch_input_shape, dtype: 'float32' } },
      { class_name: 'Dense', config: { name: 'd', units, dtype: 'float32' } },
    ];
    const topology = { class_name: 'Sequential', config: { name: 's', layers } };
    const engine = await loadEngine('tfjs', { tfjsBackend: 'cpu' });
    const shape = { ...shapeOf(dense(4), 16, 4), model: { topology, weights: [] } };
    expect(() => engine.create(shape, 1)).toThrow(message);
  });

  /** [source][layer] → a functional model of two Dense layers behind an input of 16 numbers. */
  const functional = (sources: Record<string, string>, dtype = 'float32'): NetworkShape => {
    const input = { name: 'in', batch_input_shape: [null, 16], dtype };
    const node = (name: string) => ({
      class_name: 'Dense',
      name,
      config: { name, units: 4, use_bias: false },
      inbound_nodes: [[[sources[name], 0, 0, {}]]],
    });
    const config = {
      name: 'm',
      layers: [
        node('a'),
        node('b'),
        { class_name: 'InputLayer', name: 'in', config: input, inbound_nodes: [] },
      ],
      input_layers: [['in', 0, 0]],
      output_layers: [['b', 0, 0]],
    };
    const weights = [
      { name: 'a/kernel', shape: [16, 4] },
      { name: 'b/kernel', shape: [4, 4] },
    ];
    return {
      ...shapeOf(dense(4), 16, 4),
      model: { topology: { class_name: 'Functional', config }, weights },
    };
  };

  test('a layer whose input no layer gives, or gives in a circle; TensorFlow.js would look for it for ever', async () => {
    const engine = await loadEngine('tfjs', { tfjsBackend: 'cpu' });
    const whole = engine.create(functional({ a: 'in', b: 'a' }), 1);
    expect(whole.layout.size).toBe(16 * 4 + 4 * 4);
    whole.dispose();
    for (const sources of [
      { a: 'in', b: 'c' },
      { a: 'b', b: 'a' },
      { a: 'in', b: 'b' },
    ])
      expect(() => engine.create(functional(sources), 1)).toThrow(
        'its topology has a layer that never gets its inputs: no other gives them',
      );
  });

  test('what only a pass trips over', async () => {
    const engine = await loadEngine('tfjs', { tfjsBackend: 'cpu' });
    expect(() => engine.create(functional({ a: 'in', b: 'a' }, 'Proto'), 1)).toThrow('Proto');
  });

  test('and so do the engines that have no layers', async () => {
    for (const name of ['wasm', 'reference'] as const) {
      const engine = await loadEngine(name);
      expect(() => engine.create(shapeOf(dense(4), 16, 4), 1)).toThrow('needs engine tfjs');
    }
  });
});
