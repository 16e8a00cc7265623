import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { layersOf, layoutOf } from '../network/layout.ts';
import type { NetworkShape } from '../network/network.ts';
import type { ModelWeight } from './layers-model.ts';

/** A LayersModel as its files have it: what the layers are, and their weights. */
export interface StoredLayersModel {
  /** Keras's `{class_name, config}`. */
  readonly topology: { readonly class_name: string; readonly config: unknown };
  readonly weights: readonly ModelWeight[];
}

/** `model.json` and the files of weights beside it. @throws Error saying what is wrong with them */
export function readLayersModel(path: string): StoredLayersModel {
  const document = JSON.parse(readFileSync(path, 'utf8')) as {
    modelTopology?: { class_name?: string; model_config?: StoredLayersModel['topology'] };
    weightsManifest?: { paths: string[]; weights: { name: string; shape: number[]; dtype: string }[] }[];
  };
  const { modelTopology, weightsManifest } = document;
  // Keras's own converter wraps the topology once more.
  const topology = modelTopology?.model_config ?? modelTopology;
  if (topology === undefined || !('class_name' in topology) || weightsManifest === undefined)
    throw new Error('it has no modelTopology and weightsManifest: not a TensorFlow.js LayersModel');
  const weights = weightsManifest.flatMap(({ paths, weights: specifications }) => {
    const bytes = Buffer.concat(paths.map((name) => readFileSync(join(dirname(path), name))));
    let at = 0;
    return specifications.map(({ name, shape, dtype }): ModelWeight => {
      if (dtype !== 'float32') throw new Error(`weight ${name} is ${dtype}, not float32`);
      const data = new Float32Array(shape.reduce((product, size) => product * size, 1));
      if (at + 4 * data.length > bytes.length)
        throw new Error(`${paths.join(', ')} ends before weight ${name}`);
      for (let i = 0; i < data.length; i++) data[i] = bytes.readFloatLE(at + 4 * i);
      at += 4 * data.length;
      return { name, shape, data };
    });
  });
  return { topology: topology as StoredLayersModel['topology'], weights };
}

interface KerasLayer {
  readonly class_name: string;
  readonly config: {
    readonly name?: string;
    readonly activation?: string;
    readonly use_bias?: boolean;
    readonly layers?: KerasLayer[];
  };
}

/**
 * A chain of Dense layers as a network of leash: all hidden ones tanh, or all relu, the last one linear. A
 * softmax at the end is left out (leash keeps logits).
 * @throws Error naming the layer that a multilayer perceptron does not have
 */
export function perceptronOf({ topology, weights }: StoredLayersModel): {
  shape: NetworkShape;
  parameters: Float32Array;
} {
  const layers = chainOf(topology as KerasLayer);
  const dense = layers.filter(({ class_name }) => class_name === 'Dense');
  const activations = layers.flatMap(({ class_name, config }) =>
    class_name === 'ReLU'
      ? ['relu']
      : config.activation && config.activation !== 'linear'
        ? [config.activation]
        : [],
  );
  if (activations.at(-1) === 'softmax') activations.pop();
  const [activation = 'tanh'] = activations;
  if (activation !== 'tanh' && activation !== 'relu')
    throw new Error(`its activation ${activation} is neither tanh nor relu`);
  if (activations.length !== dense.length - 1 || activations.some((each) => each !== activation))
    throw new Error(
      `its ${dense.length} Dense layers must have ${activation} between them and nothing after the last; found ${activations.join(', ') || 'none'}`,
    );
  const arrays = dense.flatMap(({ config }) =>
    ['kernel', 'bias'].map((part) => {
      const array = weights.find(({ name }) => name === `${config.name}/${part}`);
      if (array) return array;
      throw new Error(`it has no weight ${config.name}/${part}`);
    }),
  );
  const kernels = arrays.filter((_, i) => i % 2 === 0);
  const widths = kernels.map(({ shape }) => shape[1] as number);
  const shape: NetworkShape = {
    inputs: kernels[0]?.shape[0] ?? 0,
    hidden: widths.slice(0, -1),
    outputs: widths.at(-1) ?? 0,
    activation,
    logStd: 0,
  };
  const parameters = new Float32Array(layoutOf(shape).size);
  layersOf(shape).forEach(({ weight, bias }, l) => {
    parameters.set(arrays[2 * l]?.data ?? [], weight);
    parameters.set(arrays[2 * l + 1]?.data ?? [], bias);
  });
  return { shape, parameters };
}

/** Layers that change nothing when acting. */
const PASSIVE = new Set(['InputLayer', 'Dropout']);
const PERCEPTRON = new Set(['Dense', 'ReLU', 'Activation', 'Softmax']);

/** The layers of a model whose every layer has one input. */
function chainOf({ class_name, config }: KerasLayer): KerasLayer[] {
  const layers = (Array.isArray(config) ? config : config.layers) as KerasLayer[] | undefined;
  if (layers === undefined) throw new Error(`its topology is a ${class_name}, not a model of layers`);
  const active = layers.filter((layer) => !PASSIVE.has(layer.class_name));
  const other = active.find((layer) => !PERCEPTRON.has(layer.class_name));
  if (other) {
    const name = other.config.name ?? other.class_name;
    throw new Error(`its layer ${name} is a ${other.class_name}: only Dense networks can be imported`);
  }
  return active;
}
