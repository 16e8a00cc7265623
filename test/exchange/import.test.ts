import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { layers, sequential } from '@tensorflow/tfjs-layers';
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, describe, expect, test } from 'vitest';
import { importPolicy } from '../../src/exchange/import-policy.ts';
import { type LayersModelFiles, policyLayersModel } from '../../src/exchange/layers-model.ts';
import { type NumpyArray, writeNpz } from '../../src/exchange/npz.ts';
import { policyGraphOf } from '../../src/exchange/policy-graph.ts';
import { filesOf, writeLayersModel, writeModelFiles } from '../../src/exchange/write-layers-model.ts';
import { loadEngine } from '../../src/network/engine.ts';
import { layersOf } from '../../src/network/layout.ts';
import type { LoadedPolicy } from '../../src/run/policy-file.ts';
import { observationsFor, policies } from './policies.ts';

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
    const { head, policy, observationMoments } = importPolicy(path, tanh);
    expect(head).toBe(stored.head);
    // A linear network has no activation that could be read.
    expect(policy.shape).toEqual(stored.policy.shape);
    expect(policy.parameters).toEqual(stored.policy.parameters);
    expect(observationMoments).toEqual(stored.observationMoments);
  });
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
    const { policy, value } = importPolicy(path, tanh);
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
    const imported = importPolicy(path, { ...tanh, logStd: -0.5, value });
    const { head, policy } = imported;
    expect(head).toBe('diagonalGaussian');
    expect(Array.from(policy.parameters.slice(-2))).toEqual([-0.5, -0.5]);
    expect(imported.value.shape).toMatchObject({ inputs: 3, hidden: [], outputs: 1 });
    expect(() => importPolicy(path, { ...tanh, value: path })).toThrow('has 1 output, this one 2');
  });

  test('is written for network.tfjs without tfjs-node', () => {
    const path = writeLayersModel(model, join(folder, 'typed'));
    expect(importPolicy(path, tanh).policy.shape.hidden).toEqual([8, 5]);
  });

  test.each([
    ['conv', [layers.conv2d({ filters: 2, kernelSize: 2, inputShape: [4, 4, 1] })], 'only Dense networks'],
    ['sigmoid', [dense(4, 'sigmoid', 3), dense(2)], 'its activation sigmoid is neither tanh nor relu'],
    ['mixed', [dense(4, 'relu', 3), dense(4, 'tanh'), dense(2)], 'need one activation; found relu, tanh'],
    ['last', [dense(4, 'relu', 3), dense(2, 'relu')], 'found relu, relu'],
  ] as const)('is refused with its reason where it is no perceptron: %s', async (name, list, message) => {
    const path = writeModel(name, filesOf(sequential({ layers: [...list] })));
    expect(() => importPolicy(path, tanh)).toThrow(message);
  });
});

function dense(units: number, activation?: 'relu' | 'tanh' | 'sigmoid', inputs?: number) {
  return layers.dense({
    units,
    ...(activation && { activation }),
    ...(inputs !== undefined && { inputShape: [inputs] }),
  });
}

describe('a state dict of Stable-Baselines3', () => {
  const stored = policies['a Gaussian policy on normalised observations'] as LoadedPolicy;

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
        arrays[`${name}.bias`] = { shape: [outputs], data: parameters.slice(bias, bias + outputs) };
      });
    }
    arrays.log_std = { shape: [2], data: stored.policy.parameters.slice(-2) };
    arrays['obs_rms.mean'] = { shape: [3], data: Float64Array.of(0.5, -0.5, 0) };
    arrays['obs_rms.var'] = { shape: [3], data: Float64Array.of(0.5, 1, 2) };
    arrays['obs_rms.count'] = { shape: [], data: Float64Array.of(500) };
    return arrays;
  }

  function imported(arrays: Record<string, NumpyArray>): LoadedPolicy {
    const path = join(folder, 'sb3.npz');
    writeFileSync(path, writeNpz(arrays));
    return importPolicy(path, tanh);
  }

  test('gives both networks, the Gaussian’s spread and the moments of VecNormalize', () => {
    expect(imported(stateDict())).toEqual({ ...stored, value: stored.value });
  });

  test('without log_std is a categorical', () => {
    const { log_std: _, ...arrays } = stateDict();
    expect(imported(arrays)).toMatchObject({ head: 'categorical', policy: { shape: { logStd: 0 } } });
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

  test('is refused where it is no archive, or is not there', () => {
    writeFileSync(join(folder, 'text.npz'), 'text');
    expect(() => importPolicy(join(folder, 'text.npz'), tanh)).toThrow('not a zip archive');
    expect(() => importPolicy(join(folder, 'none.npz'), tanh)).toThrow('there is no file');
  });
});
