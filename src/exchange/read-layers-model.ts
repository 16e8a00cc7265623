import { existsSync, realpathSync } from 'node:fs';
import { dirname, isAbsolute, resolve, sep } from 'node:path';
import { readJsonFile } from '../config/json.ts';
import { parseBySchema } from '../config/parse-by-schema.ts';
import { isTree, show } from '../config/problem.ts';
import { readFile } from '../config/text-file.ts';
import * as z from '../config/zod.ts';
import { layersOf, layoutOf } from '../network/layout.ts';
import type { NetworkShape } from '../network/network.ts';
import { UserError } from '../user-error.ts';
import type { ModelWeight, PolicyMetadata } from './layers-model.ts';

/** A LayersModel as its files have it: what the layers are, and their weights. */
export interface StoredLayersModel {
  /** Keras's `{class_name, config}`. */
  readonly topology: { readonly class_name: string; readonly config: unknown };
  readonly weights: readonly ModelWeight[];
  /** What leash wrote beside it, where leash did. */
  readonly metadata?: PolicyMetadata | undefined;
}

/** The most numbers that one array may hold: 1 GB of them. */
const MOST_NUMBERS = 2 ** 28;

const topologySchema = z.object({ class_name: z.string().min(1), config: z.unknown() });

/** What leash reads of a model.json; the rest is let pass. */
const documentSchema = z.object({
  // Keras's own converter wraps the topology once more.
  modelTopology: z.union([z.object({ model_config: topologySchema }), topologySchema]),
  weightsManifest: z.array(
    z.object({
      paths: z.array(z.string().min(1)),
      weights: z.array(
        z.object({
          name: z.string().min(1),
          shape: z.array(z.int().min(0).max(MOST_NUMBERS)).max(8),
          dtype: z.string(),
        }),
      ),
    }),
  ),
  userDefinedMetadata: z
    .object({
      leash: z
        .object({
          head: z.enum(['categorical', 'diagonalGaussian']),
          observationMoments: z
            .object({
              count: z.number().min(0),
              mean: z.array(z.number()),
              squares: z.array(z.number().min(0)),
            })
            .optional(),
        })
        .optional(),
    })
    .optional(),
});

type Manifest = z.output<typeof documentSchema>['weightsManifest'][number];

/** `model.json` and the files of weights beside it. @throws Error saying what is wrong with them */
export function readLayersModel(path: string): StoredLayersModel {
  const written = readJsonFile(path, 'file');
  if (!isTree(written) || !isTree(written.modelTopology) || !Array.isArray(written.weightsManifest))
    throw new UserError(
      `${path} has no modelTopology and weightsManifest: it is no TensorFlow.js LayersModel`,
    );
  const { modelTopology, weightsManifest, userDefinedMetadata } = parseBySchema(
    documentSchema,
    written,
    path,
  );
  const topology = 'model_config' in modelTopology ? modelTopology.model_config : modelTopology;
  const weights = weightsManifest.flatMap((group) => readGroup(path, group));
  const names = new Set<string>();
  for (const { name } of weights) {
    if (names.has(name)) throw new UserError(`${path} has the weight ${name} twice`);
    names.add(name);
  }
  return { topology, weights, metadata: userDefinedMetadata?.leash };
}

/** The arrays of one group: its files, one after the other, hold them one after the other. */
function readGroup(path: string, { paths, weights }: Manifest): ModelWeight[] {
  const sizes = weights.map(({ name, shape, dtype }) => {
    if (dtype !== 'float32') throw new UserError(`weight ${name} is ${dtype}, not float32 (${path})`);
    const size = shape.reduce((product, d) => product * d, 1);
    if (size <= MOST_NUMBERS) return size;
    throw new UserError(`weight ${name} of shape [${shape.join(', ')}] is too large (${path})`);
  });
  const total = 4 * sizes.reduce((sum, size) => sum + size, 0);
  if (total > 4 * MOST_NUMBERS) throw new UserError(`the weights of ${path} are larger than 1 GB`);
  const bytes = readShards(path, paths, total);
  let at = 0;
  return weights.map(({ name, shape }, i): ModelWeight => {
    const data = new Float32Array(sizes[i] as number);
    for (let j = 0; j < data.length; j++) data[j] = bytes.readFloatLE(at + 4 * j);
    at += 4 * data.length;
    return { name, shape, data };
  });
}

/** The files of a group, one after the other. @param total the bytes that they must hold together */
function readShards(path: string, paths: readonly string[], total: number): Buffer {
  const shards: Buffer[] = [];
  let length = 0;
  for (const name of paths) {
    const shard = readFile(insideOf(dirname(path), name, path), 'file of weights', total - length);
    length += shard.length;
    shards.push(shard);
  }
  if (length === total) return Buffer.concat(shards, total);
  throw new UserError(`${paths.join(', ')} must hold ${total} bytes, the weights of ${path}, got ${length}`);
}

/** A file of a model, which may come from anywhere, stands beside it or below. @throws UserError */
function insideOf(folder: string, name: string, path: string): string {
  const inside = (from: string, to: string): boolean => to.startsWith(from.endsWith(sep) ? from : from + sep);
  const file = resolve(folder, name);
  if (isAbsolute(name) || !inside(resolve(folder), file))
    throw new UserError(
      `weightsManifest paths must stay in the folder of the model, got ${show(name)} (${path})`,
    );
  if (!existsSync(file) || inside(realpathSync(folder), realpathSync(file))) return file;
  throw new UserError(
    `weightsManifest path ${show(name)} is a link out of the folder of the model (${path})`,
  );
}

const layerSchema = z.object({
  class_name: z.string().min(1),
  config: z.object({
    name: z.string().optional(),
    activation: z.string().nullable().optional(),
    use_bias: z.boolean().optional(),
  }),
});
const layersSchema = z.object({ layers: z.array(layerSchema) });
type KerasLayer = z.output<typeof layerSchema>;

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
  const chain = chainOf(topology);
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
  const widths = kernels.map(({ shape }) => shape.at(-1) ?? 0);
  const outputs = widths.at(-1) ?? 0;
  const spread = metadata?.head === 'diagonalGaussian' ? arrayOf('logStd/bias') : undefined;
  const rows = kernels[0]?.shape[0] ?? 0;
  const shape: NetworkShape = {
    inputs: normalized ? rows / 2 : rows,
    hidden: widths.slice(0, -1),
    outputs,
    activation,
    logStd: spread || logStd !== undefined ? outputs : 0,
  };
  if (!Number.isInteger(shape.inputs) || rows === 0 || widths.includes(0))
    throw new Error(`its Dense layers are ${[rows, ...widths].join('-')}: not widths ≥ 1`);
  const moments = metadata?.observationMoments;
  if (moments && (moments.mean.length !== shape.inputs || moments.squares.length !== shape.inputs))
    throw new Error(`its observationMoments must be of ${shape.inputs} numbers, the inputs of the network`);
  const parameters = new Float32Array(layoutOf(shape).size);
  layersOf(shape).forEach(({ inputs, weight, bias, outputs: columns }, l) => {
    // A normalised policy's first kernel is [W; −W]: W is its first half.
    const isDouble = l === 0 && normalized;
    const kernel = dataOf(kernels[l] as ModelWeight, [isDouble ? 2 * inputs : inputs, columns]);
    parameters.set(isDouble ? kernel.subarray(0, kernel.length / 2) : kernel, weight);
    const { use_bias, name } = (dense[l] as KerasLayer).config;
    parameters.set(
      use_bias === false ? new Float32Array(columns) : dataOf(arrayOf(`${name}/bias`), [columns]),
      bias,
    );
  });
  if (shape.logStd > 0) {
    const logStds = spread ? dataOf(spread, [outputs]) : new Float32Array(outputs).fill(logStd ?? 0);
    parameters.set(logStds, parameters.length - outputs);
  }
  return { shape, parameters };
}

/** @throws Error unless the array has that shape */
function dataOf({ name, shape, data }: ModelWeight, expected: readonly number[]): Float32Array {
  if (shape.join() === expected.join()) return data;
  throw new Error(`weight ${name} must have shape [${expected.join(', ')}], has [${shape.join(', ')}]`);
}

/** The one activation between the Dense layers. @throws Error when it is another, or stands elsewhere */
function hiddenActivation(layers: readonly KerasLayer[], dense: number): NetworkShape['activation'] {
  const activations = layers.flatMap(({ class_name, config }) => {
    const named =
      class_name === 'ReLU' || class_name === 'Softmax' ? class_name.toLowerCase() : config.activation;
    return named === undefined || named === null || named === 'linear' ? [] : [named];
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
function chainOf({ class_name, config }: StoredLayersModel['topology']): KerasLayer[] {
  const written = Array.isArray(config) ? { layers: config } : config;
  if (!isTree(written) || !Array.isArray(written.layers))
    throw new Error(`its topology is a ${class_name}, not a model of layers`);
  const { layers } = parseBySchema(layersSchema, written, 'modelTopology');
  const active = layers.filter((layer) => !PASSIVE.has(layer.class_name));
  const other = active.find((layer) => !PERCEPTRON.has(layer.class_name));
  if (other) {
    const name = other.config.name ?? other.class_name;
    throw new Error(`its layer ${name} is a ${other.class_name}: only Dense networks can be imported`);
  }
  return active;
}
