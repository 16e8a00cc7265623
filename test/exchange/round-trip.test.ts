import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fc, test as property } from '@fast-check/vitest';
import { afterAll, describe, expect, test } from 'vitest';
import { importPolicy } from '../../src/exchange/import-policy.ts';
import { policyJson } from '../../src/exchange/json.ts';
import { encodeModel, policyLayersModel } from '../../src/exchange/layers-model.ts';
import { readNpz, writeNpz } from '../../src/exchange/npz.ts';
import { policyOnnx } from '../../src/exchange/onnx.ts';
import { policyGraphOf } from '../../src/exchange/policy-graph.ts';
import { policyNpz } from '../../src/exchange/policy-npz.ts';
import { writeModelFiles } from '../../src/exchange/write-layers-model.ts';
import { readZip } from '../../src/exchange/zip.ts';
import { layoutOf } from '../../src/network/layout.ts';
import type { NetworkShape } from '../../src/network/shape.ts';
import { type ActorCritic, encodePolicy, type LoadedPolicy } from '../../src/run/policy-file.ts';
import { policies } from './policies.ts';

const folder = mkdtempSync(join(tmpdir(), 'leash-round-trip-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** The bytes of the policy's own file. */
function bytesOf({ policy, value, ...rest }: ActorCritic): Buffer {
  const stored = (network: LoadedPolicy['policy']) => ({ ...network, layout: layoutOf(network.shape) });
  return Buffer.from(encodePolicy({ ...rest, policy: stored(policy), value: stored(value) }));
}

const file = (name: string, content: string | Uint8Array): string => {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
};

/** What `leash export` writes, and what comes back of it. */
const formats = {
  json: (stored: ActorCritic) => file('policy.json', policyJson(policyGraphOf(stored))),
  npz: (stored: ActorCritic) => file('policy.npz', policyNpz(policyGraphOf(stored))),
  safetensors: (stored: ActorCritic) => file('policy.safetensors', bytesOf(stored)),
  tfjs: (stored: ActorCritic) =>
    writeModelFiles(policyLayersModel(policyGraphOf(stored)), join(folder, 'model')),
};

const finite = fc.float({ noNaN: true, noDefaultInfinity: true });
const special = fc.constantFrom(-0, 0, 1.401298464324817e-45, -1e-40, 3.4028234663852886e38, -1, 0.1);
const weight = fc.oneof(finite, special).map(Math.fround);
const width = fc.integer({ min: 1, max: 4 });
const activation = fc.constantFrom('tanh' as const, 'relu' as const);

function network(shape: NetworkShape): fc.Arbitrary<LoadedPolicy['policy']> {
  const { size } = layoutOf(shape);
  return fc
    .array(weight, { minLength: size, maxLength: size })
    .map((values) => ({ shape, parameters: Float32Array.from(values) }));
}

/** Bounds of A actions, each side there or not. */
function boundsOf(outputs: number): fc.Arbitrary<NonNullable<LoadedPolicy['actionBounds']>> {
  const bound = fc.option(fc.double({ noNaN: true, noDefaultInfinity: true }));
  const pair = fc
    .tuple(bound, bound)
    .map(([a, b]) => (a !== null && b !== null && a > b ? [b, a] : [a, b]) as [number | null, number | null]);
  return fc
    .array(pair, { minLength: outputs, maxLength: outputs })
    .map((each) => ({ low: each.map(([low]) => low), high: each.map(([, high]) => high) }));
}

/** @param moment of one dimension: mean and squares */
function policyWith(moment: fc.Arbitrary<[number, number]>): fc.Arbitrary<ActorCritic> {
  const sizes = fc.record({
    inputs: width,
    outputs: width,
    hidden: fc.array(width, { maxLength: 3 }),
    valueHidden: fc.array(width, { maxLength: 3 }),
    activation,
    valueActivation: activation,
    head: fc.constantFrom('categorical' as const, 'diagonalGaussian' as const),
  });
  return sizes.chain(({ inputs, outputs, hidden, activation: own, head, ...value }) => {
    const logStd = head === 'diagonalGaussian' ? outputs : 0;
    const { valueHidden, valueActivation } = value;
    const moments = fc
      .tuple(fc.integer({ min: 0, max: 1e9 }), fc.array(moment, { minLength: inputs, maxLength: inputs }))
      .map(([count, each]) => ({
        count,
        mean: each.map(([mean]) => mean),
        squares: each.map(([, squares]) => squares),
      }));
    return fc.record({
      head: fc.constant(head),
      policy: network({ inputs, hidden, outputs, activation: own, logStd }),
      value: network({ inputs, hidden: valueHidden, outputs: 1, activation: valueActivation, logStd: 0 }),
      observationMoments: fc.option(moments, { nil: undefined }),
      actionBounds:
        head === 'diagonalGaussian'
          ? fc.option(boundsOf(outputs), { nil: undefined })
          : fc.constant(undefined),
    });
  });
}

const double = fc.double({ noNaN: true, noDefaultInfinity: true });
const any = fc.tuple(
  fc.oneof(double, fc.constant(-0)),
  double.map((x) => Math.abs(x) / 2),
);
const moderate = fc.tuple(
  fc.double({ min: -1e3, max: 1e3, noNaN: true }),
  fc.double({ min: 0, max: 1e12, noNaN: true }),
);

test('texts of an npz are of any letters, a character each', () => {
  const written = writeNpz({ classes: '["café","🍎"]', head: 'categorical' });
  const { words } = readNpz(readZip(written));
  expect(Object.fromEntries(words)).toEqual({ classes: '["café","🍎"]', head: 'categorical' });
  // Twelve characters of four bytes: the apple is one.
  expect(Buffer.from(written).includes("'descr': '<U12'")).toBe(true);
});

describe('what leash export wrote comes back through import bit for bit', () => {
  test('a policy that no value network was trained for: json, npz, safetensors, with a new one', () => {
    const { value: _, ...stored } = policies['a Gaussian policy on normalised observations'] as ActorCritic;
    const network = { ...stored.policy, layout: layoutOf(stored.policy.shape) };
    for (const path of [
      file('alone.json', policyJson(policyGraphOf(stored))),
      file('alone.npz', policyNpz(policyGraphOf(stored))),
      file('alone.safetensors', encodePolicy({ ...stored, policy: network })),
    ]) {
      const { hasNewValue, value, ...imported } = importPolicy(path, {});
      expect(hasNewValue, path).toBe(true);
      expect(value.shape, path).toMatchObject({ outputs: 1, hidden: [16, 8] });
      expect(imported, path).toEqual(stored);
    }
  });

  test('moments of more observations than a call takes arguments: json, npz, safetensors', () => {
    const inputs = 196_608;
    const shape: NetworkShape = { inputs, hidden: [], outputs: 1, activation: 'tanh', logStd: 0 };
    const linear = { shape, parameters: new Float32Array(inputs + 1).fill(0.5) };
    const moments = { count: 8, mean: Array(inputs).fill(0.25), squares: Array(inputs).fill(2) };
    const two = { shape: { ...shape, outputs: 2 }, parameters: new Float32Array(2 * inputs + 2).fill(-1) };
    const stored: ActorCritic = {
      ...{ head: 'categorical', policy: two, value: linear },
      observationMoments: moments,
    };
    for (const format of ['json', 'npz', 'safetensors'] as const) {
      const { hasNewValue, ...imported } = importPolicy(formats[format](stored), {});
      expect(Buffer.compare(bytesOf(imported), bytesOf(stored)), format).toBe(0);
    }
  });

  property.prop([policyWith(any)])('policy, value network and moments: json, npz, safetensors', (stored) => {
    const bytes = bytesOf(stored);
    for (const format of ['json', 'npz', 'safetensors'] as const) {
      const { hasNewValue, ...imported } = importPolicy(formats[format](stored), {});
      expect(hasNewValue).toBe(false);
      expect(bytesOf(imported)).toEqual(bytes);
    }
  });

  property.prop([policyWith(moderate)])('policy and moments, without a value network: tfjs', (stored) => {
    const { hasNewValue, ...imported } = importPolicy(formats.tfjs(stored), {});
    expect(hasNewValue).toBe(true);
    expect(bytesOf({ ...imported, value: stored.value })).toEqual(bytesOf(stored));
  });

  test('a policy that is itself a layers model: tfjs', () => {
    const topology = { class_name: 'Sequential', config: { name: 'x', layers: [] }, keras_version: '2.0.0' };
    const weights = [
      { name: 'conv/kernel', shape: [2, 2, 1, 1] },
      { name: 'conv/bias', shape: [1] },
    ];
    const shape: NetworkShape = {
      inputs: 4,
      hidden: [],
      outputs: 1,
      activation: 'relu',
      logStd: 1,
      model: { topology, weights },
    };
    const parameters = Float32Array.of(1, -0, 3, 4, 5, -0.5);
    const observationMoments = { count: 3, mean: [1, 2, 3, -0], squares: [1, 1, 1, 1] };
    const { json, weights: bytes } = encodeModel(
      topology,
      weights.map((each, i) => ({
        ...each,
        data: i === 0 ? parameters.subarray(0, 4) : parameters.subarray(4, 5),
      })),
      {
        head: 'diagonalGaussian',
        activation: 'relu',
        observationMoments,
        model: { inputs: 4, outputs: 1, logStd: [-0.5] },
      },
    );
    const path = writeModelFiles({ json, weights: bytes }, join(folder, 'layers'));
    const { head, policy, observationMoments: moments } = importPolicy(path, {});
    expect({ head, policy, moments }).toEqual({
      head: 'diagonalGaussian',
      policy: { shape, parameters },
      moments: observationMoments,
    });
    expect(() => policyGraphOf({ head, policy })).toThrow(
      'a policy that is itself a layers model (network.tfjs) is exported as tfjs alone',
    );
  });
});

// biome-ignore lint/suspicious/noExplicitAny: what a test breaks has no type.
type Change = (document: any) => void;

describe('what was changed since leash wrote it is no policy of its', () => {
  const gaussian = policies['a Gaussian policy on normalised observations'] as ActorCritic;
  const graph = policyGraphOf(gaussian);
  const changed = (change: (document: Record<string, never>) => void): string => {
    const document = JSON.parse(policyJson(graph));
    change(document);
    return file('changed.json', JSON.stringify(document));
  };

  test.each<[string, Change, string]>([
    ['another activation', (d) => (d.activation = 'elu'), 'activation must be "tanh" or "relu", got "elu"'],
    ['a row less', (d) => d.layers[0].weight.pop(), 'value.layers.0 must have 2 inputs as layers.0, has 3'],
    [
      'a ragged row',
      (d) => d.layers[1].weight[3].pop(),
      'layers.1.weight.3 must hold 8 numbers as bias, has 7',
    ],
    [
      'a layer of other inputs',
      (d) => d.layers[1].weight.pop(),
      'layers.1 has 15 inputs, the layer before it 16 outputs',
    ],
    ['no layers', (d) => (d.value.layers = []), 'value.layers must hold at least one layer'],
    [
      'a weight beyond float32',
      (d) => (d.layers[0].weight[0][1] = 1e39),
      'layers.0.weight[0, 1] is Infinity: every weight must be finite',
    ],
    ['no number', (d) => (d.layers[0].bias[2] = null), 'layers.0.bias.2 must be a number, got null'],
    [
      'no spread',
      (d) => delete d.logStd,
      'length of logStd must be 2, of 2 outputs of a diagonalGaussian, got 0 (the policy)',
    ],
    [
      'neither spread nor bounds, which might have been a spread of each state',
      (d) => {
        delete d.logStd;
        delete d.actionBounds;
      },
      'length of logStd must be 2, of 2 outputs of a diagonalGaussian, got 0 (the policy)',
    ],
    [
      'another head',
      (d) => (d.head = 'categorical'),
      'length of logStd must be 0, of 2 outputs of a categorical, got 2 (the policy)',
    ],
    [
      'another clip',
      (d) => (d.normalization.clip = 5),
      'observations must be clipped at 10, as leash does, got 5',
    ],
    [
      'another deviation',
      (d) => (d.normalization.deviation[1] = 3),
      'the deviation of observation 1 is 3, by its count and squares it is 1.000000005',
    ],
    [
      'squares of another length',
      (d) => d.normalization.squares.pop(),
      'normalization.squares must hold 3 numbers as mean, has 2',
    ],
    ['a field more', (d) => (d.residual = true), 'residual is not a setting'],
    [
      'another version',
      (d) => (d.format = 'leash-policy-json-2'),
      'has no modelTopology and weightsManifest',
    ],
  ])('json with %s', (_, change, message) => {
    expect(() => importPolicy(changed(change), {})).toThrow(
      expect.objectContaining({ name: 'UserError', message: expect.stringContaining(message) }),
    );
  });

  test('json whose activation is not the one given', () => {
    expect(() => importPolicy(formats.json(gaussian), { activation: 'relu' })).toThrow(
      'its activation is tanh, --activation says relu',
    );
    expect(() => importPolicy(formats.json(gaussian), { logStd: 0 })).toThrow(
      '--log-std belongs to a TensorFlow.js LayersModel',
    );
  });

  const one = { shape: [], data: Float64Array.of(1) };
  const words = {
    format: 'leash-policy-npz-1',
    head: 'categorical',
    activation: 'tanh',
    'value.activation': 'tanh',
  };
  const arrays = {
    'output.weight': { shape: [2, 3], data: new Float32Array(6) },
    'output.bias': { shape: [3], data: new Float32Array(3) },
    'value.output.weight': { shape: [2, 1], data: new Float32Array(2) },
    'value.output.bias': { shape: [1], data: new Float32Array(1) },
  };
  test.each<[string, Parameters<typeof writeNpz>[0], string]>([
    ['nothing', {}, ''],
    [
      'an array more',
      { 'hidden.7.weight': one },
      'it has the array hidden.7.weight, which no policy of leash has',
    ],
    [
      'another head',
      { head: 'beta' },
      'head must be categorical, diagonalGaussian, squashedGaussian, multiDiscrete or multiBinary, got "beta"',
    ],
    ['another activation', { 'value.activation': 'elu' }, 'value.activation must be tanh or relu, got "elu"'],
    [
      'a transposed array',
      { 'output.bias': { shape: [2], data: new Float32Array(2) } },
      'output.bias must have shape [3], has [2]',
    ],
    [
      'NaN',
      { 'output.bias': { shape: [3], data: Float32Array.of(0, 0, Number.NaN) } },
      'output.bias[2] is NaN: every weight must be finite',
    ],
    [
      'a mean alone',
      { 'observation.mean': { shape: [2], data: new Float64Array(2) } },
      'it has no array observation.squares',
    ],
    ['no format', { format: '' }, 'leash 0.1.0 wrote it so; export the run again'],
  ])('npz with %s', (_, change, message) => {
    const path = file('changed.npz', writeNpz({ ...arrays, ...words, ...change }));
    if (message === '') expect(importPolicy(path, {}).policy.shape.outputs).toBe(3);
    else
      expect(() => importPolicy(path, {})).toThrow(
        expect.objectContaining({ name: 'UserError', message: expect.stringContaining(message) }),
      );
  });

  test('a model trained further by another tool, its moments or its activation', () => {
    const path = formats.tfjs(gaussian);
    const weights = join(folder, 'model', 'group1-shard1of1.bin');
    const whole = readFileSync(weights);
    const json = JSON.parse(readFileSync(path, 'utf8'));
    /** The message with a number of that weight made another. */
    const messageOf = (name: string, at: number): string => {
      let offset = 0;
      for (const each of json.weightsManifest[0].weights) {
        if (each.name === name) break;
        offset += 4 * each.shape.reduce((product: number, d: number) => product * d, 1);
      }
      const bytes = Buffer.from(whole);
      bytes.writeFloatLE(0.75, offset + 4 * at);
      writeFileSync(weights, bytes);
      try {
        importPolicy(path, {});
      } catch (error) {
        return (error as Error).message;
      } finally {
        writeFileSync(weights, whole);
      }
      return '';
    };
    expect(messageOf('standardize/kernel', 0)).toContain(
      'its weight standardize/kernel is not what its observationMoments give',
    );
    expect(messageOf('standardize/bias', 1)).toContain('its weight standardize/bias is not what');
    expect(messageOf('hidden.0/kernel', 0)).toContain(
      'its weight hidden.0/kernel is not one matrix above its negative',
    );
    expect(messageOf('logStd/kernel', 0)).toContain('its weight logStd/kernel is not zero');
    expect(messageOf('mean/kernel', 0)).toBe('');
    expect(() => importPolicy(path, { logStd: 0 })).toThrow(
      "--log-std is for the means of another tool's Gaussian",
    );
    json.userDefinedMetadata.leash.activation = 'relu';
    writeFileSync(path, JSON.stringify(json));
    expect(() => importPolicy(path, {})).toThrow('its layers are tanh, its userDefinedMetadata says relu');
  });
});

describe('a layers model that is no chain is refused', () => {
  const dense = (name: string, from: string, more = {}) => ({
    class_name: 'Dense',
    name,
    config: { name, activation: 'linear', ...more },
    inbound_nodes: [[[from, 0, 0, {}]]],
  });
  const input = { class_name: 'InputLayer', name: 'in', config: { name: 'in' }, inbound_nodes: [] };
  const model = (layers: object[], outputs = [['b', 0, 0]]): string => {
    const path = join(folder, 'branches');
    mkdirSync(path, { recursive: true });
    writeFileSync(join(path, 'w.bin'), Buffer.alloc(48));
    const weights = ['a', 'b'].flatMap((name) => [
      { name: `${name}/kernel`, shape: [2, 2], dtype: 'float32' },
      { name: `${name}/bias`, shape: [2], dtype: 'float32' },
    ]);
    const modelTopology = { class_name: 'Model', config: { layers, output_layers: outputs } };
    writeFileSync(
      join(path, 'model.json'),
      JSON.stringify({ modelTopology, weightsManifest: [{ paths: ['w.bin'], weights }] }),
    );
    return join(path, 'model.json');
  };
  const first = dense('a', 'in', { activation: 'tanh' });

  test('with two branches, a layer of several inputs, two outputs; a chain is read', () => {
    expect(importPolicy(model([input, first, dense('b', 'a')]), {}).policy.shape.hidden).toEqual([2]);
    const between = {
      class_name: 'Dropout',
      name: 'd',
      config: { name: 'd' },
      inbound_nodes: [[['a', 0, 0, {}]]],
    };
    expect(importPolicy(model([input, first, between, dense('b', 'd')]), {}).policy.shape.hidden).toEqual([
      2,
    ]);
    expect(() => importPolicy(model([input, first, dense('b', 'in')]), {})).toThrow(
      'its layer b does not take what the one before it gives: only a chain of layers can be imported',
    );
    const twice = {
      ...dense('b', 'a'),
      inbound_nodes: [
        [
          ['a', 0, 0, {}],
          ['in', 0, 0, {}],
        ],
      ],
    };
    expect(() => importPolicy(model([input, first, twice]), {})).toThrow(
      'its layer b is used twice or takes several inputs',
    );
    expect(() =>
      importPolicy(
        model(
          [input, first, dense('b', 'a')],
          [
            ['a', 0, 0],
            ['b', 0, 0],
          ],
        ),
        {},
      ),
    ).toThrow('it has 2 outputs');
  });

  test('with a ReLU that is bounded, or slopes', () => {
    const relu = (config: object) => ({
      class_name: 'ReLU',
      name: 'r',
      config: { name: 'r', ...config },
      inbound_nodes: [[['a', 0, 0, {}]]],
    });
    const layers = (config: object) => [input, dense('a', 'in'), relu(config), dense('b', 'r')];
    expect(
      importPolicy(model(layers({ max_value: null, negative_slope: 0, threshold: 0 })), {}).policy.shape
        .activation,
    ).toBe('relu');
    for (const config of [
      { max_value: 6 },
      { negative_slope: 0.1 },
      { threshold: 1 },
      { max_value: 0 },
      { negative_slope: [0.2] },
    ])
      expect(() => importPolicy(model(layers(config)), {})).toThrow(
        'its layer r is a ReLU with a bound, a slope or a threshold',
      );
  });
});

test('ONNX does not come back: one line says so', () => {
  const path = file(
    'policy.onnx',
    policyOnnx(policyGraphOf(policies['a linear categorical policy'] as ActorCritic)),
  );
  expect(() => importPolicy(path, {})).toThrow(
    'policy.onnx is an ONNX model, whose graph leash writes but does not read',
  );
});
