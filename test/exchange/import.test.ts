import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { layers, sequential } from '@tensorflow/tfjs-layers';
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, describe, expect, test } from 'vitest';
import { importPolicy } from '../../src/exchange/import-policy.ts';
import type { ImportedPolicy, ImportOptions } from '../../src/exchange/policy-bytes.ts';
import { type LayersModelFiles, policyLayersModel } from '../../src/exchange/layers-model.ts';
import { type NumpyArray, writeNpz } from '../../src/exchange/npz.ts';
import { policyGraphOf } from '../../src/exchange/policy-graph.ts';
import { filesOf, writeLayersModel, writeModelFiles } from '../../src/exchange/write-layers-model.ts';
import { loadEngine } from '../../src/node/load-engine.ts';
import { layersOf } from '../../src/network/layout.ts';
import type { ActorCritic } from '../../src/run/policy-file.ts';
import { observationsFor, policies, withoutBiases } from './policies.ts';

await loadEngine('tfjs', { tfjsBackend: 'cpu' });
const folder = mkdtempSync(join(tmpdir(), 'leash-import-'));
afterAll(() => {
  rmSync(folder, { recursive: true });
});
const tanh = { activation: 'tanh' } as const;

const writeModel = (name: string, files: LayersModelFiles): string =>
  writeModelFiles(files, join(folder, name));

describe('what leash export wrote for TensorFlow.js', () => {
  test.each(Object.entries(policies))('comes back the same: %s', (name, stored) => {
    const path = writeModel(name, policyLayersModel(policyGraphOf(stored)));
    const { head, policy, observationMoments, hasNewValue } = importPolicy(path, {});
    expect(hasNewValue).toBe(true);
    expect(head).toBe(stored.head);
    expect(policy.shape).toEqual(stored.policy.shape);
    expect(policy.parameters).toEqual(stored.policy.parameters);
    expect(observationMoments).toEqual(stored.observationMoments);
  });
});

test('a policy without biases comes back with biases of 0', () => {
  const { policy } = importPolicy(
    writeModel('biasless', policyLayersModel(policyGraphOf(withoutBiases))),
    {},
  );
  expect(policy.shape).toEqual({ ...withoutBiases.policy.shape, bias: undefined });
  for (const { weight, bias, inputs, outputs } of layersOf(policy.shape)) {
    expect(policy.parameters.slice(bias as number, (bias as number) + outputs)).toEqual(
      new Float32Array(outputs),
    );
    expect(policy.parameters.slice(weight, weight + inputs * outputs)).not.toContain(0);
  }
});

test('of a LayersModel that cannot be written nothing stays, nor a folder that was not there', () => {
  // What cannot be written: in the second file, as on a disk that is full by then.
  const broken = { weights: Buffer.of(1, 2), json: undefined as unknown as string } as LayersModelFiles;
  const nowhere = join(folder, 'new');
  expect(() => writeModelFiles(broken, join(nowhere, 'model'))).toThrow();
  expect(existsSync(nowhere)).toBe(false);
  const there = join(folder, 'there');
  mkdirSync(there);
  writeFileSync(join(there, 'notes.txt'), 'mine');
  expect(() => writeModelFiles(broken, there)).toThrow();
  expect(readdirSync(there)).toEqual(['notes.txt']);
});

describe('a LayersModel made with TensorFlow.js', () => {
  const model = sequential({
    layers: [
      layers.dense({ units: 8, activation: 'relu', inputShape: [3], useBias: false }),
      layers.dropout({ rate: 0.5 }),
      layers.dense({ units: 5 }),
      layers.reLU(),
      layers.dense({ units: 2, activation: 'softmax', biasInitializer: 'randomNormal' }),
    ],
  });

  test('gives the logits that its softmax was taken of', async () => {
    const path = writeModel('made', filesOf(model));
    const { policy, value } = importPolicy(path, {});
    expect(policy.shape).toEqual({ inputs: 3, hidden: [8, 5], outputs: 2, activation: 'relu', logStd: 0 });
    expect(value.shape).toEqual({ ...policy.shape, outputs: 1 });
    const observations = observationsFor(3, 50);
    const network = (await loadEngine('reference')).create(policy.shape, 50);
    const { outputs } = network.forward(policy.parameters, observations, 50);
    const probabilities = tf.softmax(tf.tensor2d(outputs, [50, 2])).dataSync();
    const expected = (model.predict(tf.tensor2d(observations, [50, 3])) as tf.Tensor).dataSync();
    expected.forEach((p, i) => {
      expect(probabilities[i]).toBeCloseTo(p, 5);
    });
  });

  test('takes the log standard deviation of a Gaussian, and its value network, from beside it', async () => {
    const path = writeModel('gaussian', filesOf(model));
    const value = writeModel('value', filesOf(sequential({ layers: [dense(1, undefined, 3)] })));
    const imported = importPolicy(path, { logStd: -0.5, value });
    const { head, policy } = imported;
    expect(head).toBe('diagonalGaussian');
    expect(Array.from(policy.parameters.slice(-2))).toEqual([-0.5, -0.5]);
    expect(imported.value.shape).toMatchObject({ inputs: 3, hidden: [], outputs: 1 });
    expect(() => importPolicy(path, { value: path })).toThrow('has 1 output, this one 2');
  });

  test('is written for network.tfjs without tfjs-node', () => {
    const path = writeLayersModel(model, join(folder, 'typed'));
    expect(importPolicy(path, {}).policy.shape.hidden).toEqual([8, 5]);
  });

  test.each([
    ['conv', [layers.conv2d({ filters: 2, kernelSize: 2, inputShape: [4, 4, 1] })], 'only Dense networks'],
    ['sigmoid', [dense(4, 'sigmoid', 3), dense(2)], 'its activation is sigmoid; leash has tanh and relu'],
    ['mixed', [dense(4, 'relu', 3), dense(4, 'tanh'), dense(2)], 'it is Dense, relu, Dense, tanh, Dense'],
    ['last', [dense(4, 'relu', 3), dense(2, 'relu')], 'it is Dense, relu, Dense, relu'],
    // As many as are wanted, but elsewhere: another function.
    ['bounded', [dense(4, undefined, 3), dense(2, 'tanh')], 'it is Dense, Dense, tanh'],
    ['first', [activation('tanh', 3), dense(4), dense(2)], 'it is tanh, Dense, Dense'],
    [
      'twice',
      [dense(4, 'tanh', 3), activation('tanh'), dense(4), dense(2)],
      'it is Dense, tanh, tanh, Dense, Dense',
    ],
    ['softmax', [dense(4, 'tanh', 3), activation('softmax'), dense(2)], 'it is Dense, tanh, softmax, Dense'],
    ['sigmoid behind', [dense(2, undefined, 3), activation('sigmoid')], 'its activation is sigmoid'],
  ] as const)('is refused with its reason where it is no perceptron: %s', async (name, list, message) => {
    const path = writeModel(name, filesOf(sequential({ layers: [...list] })));
    expect(() => importPolicy(path, {})).toThrow(message);
  });
});

function activation(name: 'tanh' | 'softmax' | 'sigmoid', inputs?: number) {
  return layers.activation({ activation: name, ...(inputs !== undefined && { inputShape: [inputs] }) });
}

function dense(units: number, activation?: 'relu' | 'tanh' | 'sigmoid', inputs?: number) {
  return layers.dense({
    units,
    ...(activation && { activation }),
    ...(inputs !== undefined && { inputShape: [inputs] }),
  });
}

describe('a state dict of Stable-Baselines3', () => {
  // A state dict says nothing of the environment's bounds.
  const { actionBounds: _, ...stored } = policies[
    'a Gaussian policy on normalised observations'
  ] as ActorCritic;

  /** The arrays that `policy.state_dict()` has, PyTorch's [out, in]. */
  function stateDict(): Record<string, NumpyArray> {
    const arrays: Record<string, NumpyArray> = {};
    for (const role of ['policy', 'value'] as const) {
      const { shape, parameters } = stored[role];
      const all = layersOf(shape);
      all.forEach(({ inputs, outputs, weight, bias }, l) => {
        const head = role === 'policy' ? 'action_net' : 'value_net';
        const name = l === all.length - 1 ? head : `mlp_extractor.${role}_net.${2 * l}`;
        const data = Float32Array.from({ length: inputs * outputs }, (_, k) => {
          const [o, i] = [Math.floor(k / inputs), k % inputs];
          return parameters[weight + i * outputs + o] as number;
        });
        arrays[`${name}.weight`] = { shape: [outputs, inputs], data };
        const at = bias as number;
        arrays[`${name}.bias`] = { shape: [outputs], data: parameters.slice(at, at + outputs) };
      });
    }
    arrays.log_std = { shape: [2], data: stored.policy.parameters.slice(-2) };
    arrays['obs_rms.mean'] = { shape: [3], data: Float64Array.of(0.5, -0.5, 0) };
    arrays['obs_rms.var'] = { shape: [3], data: Float64Array.of(0.5, 1, 2) };
    arrays['obs_rms.count'] = { shape: [], data: Float64Array.of(500) };
    return arrays;
  }

  function imported(
    arrays: Record<string, NumpyArray | string>,
    options: ImportOptions = tanh,
  ): ImportedPolicy {
    const path = join(folder, 'sb3.npz');
    writeFileSync(path, writeNpz(arrays));
    return importPolicy(path, options);
  }

  test('gives both networks, the Gaussian’s spread and the moments of VecNormalize', () => {
    expect(imported(stateDict())).toEqual({ ...stored, hasNewValue: false });
  });

  test('without log_std is a categorical', () => {
    const { log_std: _, ...arrays } = stateDict();
    expect(imported(arrays)).toMatchObject({ head: 'categorical', policy: { shape: { logStd: 0 } } });
  });

  test('refuses a layer that has lost its weight or its bias', () => {
    const names = Object.keys(stateDict()).filter((name) => /\.(weight|bias)$/.test(name));
    expect(names).toContain('mlp_extractor.policy_net.2.weight');
    for (const name of names) {
      const { [name]: _, ...rest } = stateDict();
      expect(() => imported(rest), name).toThrow(`it has no array ${name}; there are`);
    }
  });

  test('says which array is missing, or has another shape', () => {
    const { 'value_net.bias': bias, ...rest } = stateDict();
    expect(() => imported(rest)).toThrow(
      /sb3\.npz cannot be imported: it has no array value_net\.bias; there are/,
    );
    const wide = { shape: [7], data: new Float32Array(7) };
    expect(() => imported({ ...rest, 'value_net.bias': bias as NumpyArray, 'obs_rms.var': wide })).toThrow(
      'obs_rms.var must have shape [3], has [7]',
    );
  });

  test('does not say its activation: what stands beside it does, or --activation', () => {
    expect(() => imported(stateDict(), {})).toThrow(
      /sb3\.npz cannot be imported: a state dict does not say its activation: --activation tanh or --activation relu must/,
    );
    const relu = { ...stateDict(), activation_fn: 'ReLU' };
    expect(imported(relu, {}).policy.shape.activation).toBe('relu');
    expect(imported(relu, { activation: 'relu' }).value.shape.activation).toBe('relu');
    expect(imported({ ...stateDict(), activation_fn: 'torch.nn.Tanh' }, {}).policy.shape.activation).toBe(
      'tanh',
    );
    expect(() => imported(relu, tanh)).toThrow('its activation is ReLU, --activation says tanh');
    for (const other of ['ELU', 'GELU', 'LeakyReLU', 'SiLU', 'Sigmoid'])
      for (const given of [{}, tanh])
        expect(() => imported({ ...stateDict(), activation_fn: other }, given)).toThrow(
          `its activation is ${other}; leash has tanh and relu`,
        );
  });

  test('of linear networks has none to say', () => {
    const arrays = Object.entries(stateDict()).filter(([name]) => /^(obs_rms|log_std)/.test(name));
    const linear = (name: string, outputs: number) => [
      [`${name}.weight`, { shape: [outputs, 3], data: new Float32Array(3 * outputs) }],
      [`${name}.bias`, { shape: [outputs], data: new Float32Array(outputs) }],
    ];
    const both = Object.fromEntries([...arrays, ...linear('action_net', 2), ...linear('value_net', 1)]);
    expect(imported(both, {}).policy.shape).toMatchObject({ hidden: [], activation: 'tanh' });
  });

  test('of several choices or bits is told by its action space', () => {
    const { log_std: _, ...arrays } = stateDict();
    const nvec = (...choices: number[]) => ({ shape: [choices.length], data: Float64Array.from(choices) });
    expect(imported({ ...arrays, action_space: 'MultiBinary' }).head).toBe('multiBinary');
    const space = { ...arrays, action_space: 'MultiDiscrete' };
    expect(imported({ ...space, nvec: nvec(1, 1) })).toMatchObject({
      head: 'multiDiscrete',
      choices: [1, 1],
    });
    for (const wrong of [nvec(2, 2), nvec(3, -1), nvec(1.5, 0.5)])
      expect(() => imported({ ...space, nvec: wrong })).toThrow(
        `nvec must be whole numbers ≥ 1 that sum to 2, the outputs of its action_net, got ${JSON.stringify([...wrong.data])}`,
      );
  });

  const two = { shape: [2], data: Float32Array.of(0, 0) };
  const vector = (...data: number[]) => ({ shape: [data.length], data: Float64Array.from(data) });
  const { log_std: _log, ...withoutSpread } = stateDict();
  const { 'obs_rms.mean': _mean, 'obs_rms.var': _var, 'obs_rms.count': _count, ...unseen } = stateDict();
  const spread = 'log_std is [';
  type Contradiction = [Record<string, NumpyArray | string>, string, string];
  test.each<Contradiction>([
    ...['Discrete', 'MultiBinary'].map(
      (action_space): Contradiction => [
        { ...stateDict(), action_space },
        `action_space is ${action_space}, but ${spread}`,
        'which only a Box has',
      ],
    ),
    [
      { ...stateDict(), action_space: 'MultiDiscrete', nvec: vector(1, 1) },
      `action_space is MultiDiscrete, but ${spread}`,
      'which only a Box has',
    ],
    [
      { ...withoutSpread, action_space: 'Box' },
      'action_space is Box, but there is no log_std',
      'which every Box has',
    ],
    [
      { ...withoutSpread, action_space: 'MultiDiscrete' },
      'action_space is MultiDiscrete, but there is no nvec',
      'which every MultiDiscrete has',
    ],
    ...['Discrete', 'MultiBinary'].map(
      (action_space): Contradiction => [
        { ...withoutSpread, action_space, nvec: vector(1, 1) },
        `action_space is ${action_space}, but nvec is [1,1]`,
        'which only a MultiDiscrete has',
      ],
    ),
    [
      { ...stateDict(), action_space: 'Box', nvec: vector(1, 1) },
      'action_space is Box, but nvec is [1,1]',
      'which only a MultiDiscrete has',
    ],
    [{ ...stateDict(), nvec: vector(1, 1) }, `nvec is [1,1], but ${spread}`, 'which only a Box has'],
    ...[{}, { action_space: 'Box' }].map(
      (said): Contradiction => [
        { ...stateDict(), ...said, policy_class: 'MaskableActorCriticPolicy' },
        'action_space' in said ? 'action_space is Box, but' : spread,
        'policy_class is MaskableActorCriticPolicy, whose actions are never a Box',
      ],
    ),
    ...['clip_obs', 'epsilon', 'obs_rms.var', 'obs_rms.count'].map(
      (name): Contradiction => [
        { ...unseen, [name]: vector(10) },
        `${name} is [10], of a VecNormalize, but there is no obs_rms.mean`,
        'without its moments it is another policy',
      ],
    ),
    [
      { ...unseen, 'obs_rms.mean': vector(1, 2, 3), 'obs_rms.var': vector(1, 2, 3) },
      'obs_rms.mean is [1,2,3], of a VecNormalize, but there is no obs_rms.count',
      'another policy',
    ],
    [{ ...stateDict(), clip_obs: '5' }, 'clip_obs must be numbers, got the text "5"', ''],
    [{ ...withoutSpread, nvec: '[1 1]' }, 'nvec must be numbers, got the text "[1 1]"', ''],
  ])('is refused where two of its fields contradict each other: %#', (arrays, first, second) => {
    for (const part of [first, second])
      expect(() => imported(arrays)).toThrow(
        expect.objectContaining({ name: 'UserError', message: expect.stringContaining(part) }),
      );
    expect(() => imported(arrays)).not.toThrow('\n');
  });

  test.each<[string, Record<string, NumpyArray | string>, string]>([
    [
      'gSDE, said',
      { use_sde: 'True' },
      'use_sde is True: its noise depends on what its last layer sees (gSDE)',
    ],
    [
      'gSDE, by its matrix',
      { log_std: { shape: [8, 2], data: new Float32Array(16) } },
      'log_std has shape [8, 2]: its noise depends on what its last layer sees (gSDE)',
    ],
    [
      'squashed actions',
      { squash_output: 'True' },
      'squash_output is True: its actions go through a tanh, which Stable-Baselines3 has with gSDE alone',
    ],
    [
      'another class',
      { policy_class: 'RecurrentActorCriticPolicy' },
      'policy_class is RecurrentActorCriticPolicy: only an MlpPolicy',
    ],
    [
      'several actions',
      { action_space: 'Dict' },
      'action_space is Dict: leash has the action spaces Discrete, MultiDiscrete, MultiBinary and Box',
    ],
    [
      'images',
      { 'features_extractor.cnn.0.weight': two },
      'it has the array features_extractor.cnn.0.weight: its observations go through a network of their own (a CnnPolicy',
    ],
    [
      'its own extractors',
      { 'pi_features_extractor.cnn.0.weight': two },
      'its observations go through a network of their own',
    ],
    [
      'shared layers',
      { 'mlp_extractor.shared_net.0.weight': two },
      'its policy and value network share layers; in leash they share nothing',
    ],
    [
      'memory',
      { 'lstm_actor.weight_ih_l0': two },
      'it has the array lstm_actor.weight_ih_l0: it is recurrent',
    ],
    [
      'weights between its layers',
      { 'mlp_extractor.policy_net.1.weight': two },
      'mlp_extractor.policy_net.1: between its Linear layers must stand one activation without weights each',
    ],
    [
      'an unknown array',
      { 'q_net.weight': two },
      'it has the array q_net.weight: an MlpPolicy has no such array',
    ],
    [
      'NaN',
      { 'action_net.bias': { shape: [2], data: Float32Array.of(0, Number.NaN) } },
      'action_net.bias[1] is NaN: every weight must be finite',
    ],
    [
      'Infinity in the spread',
      { log_std: { shape: [2], data: Float32Array.of(-Infinity, 0) } },
      'log_std[0] is -Infinity: every weight must be finite',
    ],
    [
      'more than float32 holds',
      { 'action_net.bias': { shape: [2], data: Float64Array.of(0, 1e300) } },
      'action_net.bias holds 1e+300, which is no float32: save it .astype("float32")',
    ],
    [
      'doubles',
      { 'action_net.bias': { shape: [2], data: Float64Array.of(0.5, 0.1) } },
      'action_net.bias holds 0.1, which is no float32',
    ],
    [
      'another clip',
      { clip_obs: { shape: [], data: Float64Array.of(5) } },
      'clip_obs of its VecNormalize is 5, that of leash is 10',
    ],
    [
      'another epsilon',
      { epsilon: { shape: [], data: Float64Array.of(1e-4) } },
      'epsilon of its VecNormalize is 0.0001, that of leash is 1e-8',
    ],
    [
      'a moment that is none',
      { 'obs_rms.mean': { shape: [3], data: Float64Array.of(0, Number.NaN, 0) } },
      'obs_rms.mean[1] is NaN',
    ],
    [
      'a negative variance',
      { 'obs_rms.var': { shape: [3], data: Float64Array.of(1, -1, 1) } },
      'obs_rms.var must be ≥ 0, got -1',
    ],
    [
      'nothing seen',
      { 'obs_rms.count': { shape: [], data: Float64Array.of(1e-4) } },
      'obs_rms.count must be ≥ 2, the observations seen, got 0.0001',
    ],
  ])('is refused in one line with %s', (_, change, message) => {
    expect(() => imported({ ...stateDict(), ...change })).toThrow(
      expect.objectContaining({ name: 'UserError', message: expect.stringContaining(message) }),
    );
  });

  test('of plain settings is read whatever stands beside it, and doubles that are float32', () => {
    const bias = stateDict()['action_net.bias'] as NumpyArray;
    const beside = {
      use_sde: 'False',
      squash_output: 'False',
      policy_class: 'ActorCriticPolicy',
      action_space: 'Box',
      clip_obs: { shape: [], data: Float64Array.of(10) },
      epsilon: { shape: [], data: Float64Array.of(1e-8) },
      'action_net.bias': { ...bias, data: Float64Array.from(bias.data) },
    };
    expect(imported({ ...stateDict(), ...beside })).toEqual({ ...stored, hasNewValue: false });
  });

  test('is refused where it is no archive, or is not there', () => {
    writeFileSync(join(folder, 'text.npz'), 'text');
    expect(() => importPolicy(join(folder, 'text.npz'), tanh)).toThrow(
      'text.npz is none of what can be imported',
    );
    expect(() => importPolicy(join(folder, 'none.npz'), tanh)).toThrow('there is no file');
  });
});
