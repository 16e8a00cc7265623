import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { layersOf, layoutOf } from '../network/layout.ts';
import type { NetworkShape } from '../network/network.ts';
import type { ModelWeight, PolicyMetadata } from './layers-model.ts';

/** A LayersModel as its files have it: what the layers are, and their weights. */
export interface StoredLayersModel {
  /** Keras's `{class_name, config}`. */
  readonly topology: { readonly class_name: string; readonly config: unknown };
  readonly weights: readonly ModelWeight[];
  /** What leash wrote beside it, where leash did. */
  readonly metadata?: PolicyMetadata | undefined;
}

/** `model.json` and the files of weights beside it. @throws Error saying what is wrong with them */
export function readLayersModel(path: string): StoredLayersModel {
  const document = JSON.parse(readFileSync(path, 'utf8')) as {
    userDefinedMetadata?: { leash?: PolicyMetadata };
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
  const metadata = document.userDefinedMetadata?.leash;
  return { topology: topology as StoredLayersModel['topology'], weights, metadata };
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
 * softmax at the end is left out (leash keeps logits), and so is what leash itself writes around a policy.
 * @param logStd log standard deviation of each output, where the outputs are means of a Gaussian
 * @throws Error naming the layer that a multilayer perceptron does not have
 */
export function perceptronOf(
  { topology, weights, metadata }: StoredLayersModel,
  logStd?: number,
): { shape: NetworkShape; parameters: Float32Array } {
  const chain = chainOf(topology as KerasLayer);
  const own = metadata === undefined ? new Set<string>() : new Set(['standardize', 'clip', 'logStd']);
  const layers = chain.filter(({ config }) => !own.has(config.name ?? ''));
  const normalized = layers.length < chain.length && metadata?.observationMoments !== undefined;
  const dense = layers.filter(({ class_name }) => class_name === 'Dense');
  const activation = hiddenActivation(layers, dense.length);
  const arrayOf = (name: string): ModelWeight => {
    const array = weights.find((each) => each.name === name);
    if (array) return array;
    throw new Error(`it has no weight ${name}`);
  };
  const kernels = dense.map(({ config }) => arrayOf(`${config.name}/kernel`));
  const rows = kernels[0]?.shape[0] ?? 0;
  const widths = kernels.map(({ shape }) => shape[1] as number);
  const outputs = widths.at(-1) ?? 0;
  const spread = metadata?.head === 'diagonalGaussian' ? arrayOf('logStd/bias').data : undefined;
  const shape: NetworkShape = {
    inputs: normalized ? rows / 2 : rows,
    hidden: widths.slice(0, -1),
    outputs,
    activation,
    logStd: spread || logStd !== undefined ? outputs : 0,
  };
  const parameters = new Float32Array(layoutOf(shape).size);
  layersOf(shape).forEach(({ weight, bias, outputs: columns }, l) => {
    // A normalised policy's first kernel is [W; −W]: W is its first half.
    const kernel = (kernels[l] as ModelWeight).data;
    parameters.set(l === 0 && normalized ? kernel.subarray(0, kernel.length / 2) : kernel, weight);
    const { use_bias, name } = (dense[l] as KerasLayer).config;
    parameters.set(use_bias === false ? new Float32Array(columns) : arrayOf(`${name}/bias`).data, bias);
  });
  if (shape.logStd > 0)
    parameters.set(spread ?? new Float32Array(outputs).fill(logStd ?? 0), parameters.length - outputs);
  return { shape, parameters };
}

/** The one activation between the Dense layers. @throws Error when it is another, or stands elsewhere */
function hiddenActivation(layers: readonly KerasLayer[], dense: number): NetworkShape['activation'] {
  const activations = layers.flatMap(({ class_name, config }) => {
    const named =
      class_name === 'ReLU' || class_name === 'Softmax' ? class_name.toLowerCase() : config.activation;
    return named === undefined || named === 'linear' ? [] : [named];
  });
  if (activations.at(-1) === 'softmax') activations.pop();
  const [activation = 'tanh'] = activations;
  if (activation !== 'tanh' && activation !== 'relu')
    throw new Error(`its activation ${activation} is neither tanh nor relu`);
  if (activations.length !== dense - 1 || activations.some((each) => each !== activation)) {
    const found = activations.join(', ') || 'none';
    throw new Error(`of its ${dense} Dense layers all but the last need one activation; found ${found}`);
  }
  return activation;
}

/** Layers that change nothing when acting. */
const PASSIVE = new Set(['InputLayer', 'Dropout']);
const PERCEPTRON = new Set(['Dense', 'ReLU', 'Activation', 'Softmax']);

/** The layers of a model, all of them of kinds that a perceptron has. */
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
