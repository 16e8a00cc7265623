import { parseBySchema } from '../config/parse-by-schema.ts';
import { isTree } from '../config/problem.ts';
import { concatBytes } from '../formats/bytes.ts';
import { layersOf, layoutOf } from '../network/layout.ts';
import type { NetworkShape } from '../network/shape.ts';
import * as z from '../packages/zod.ts';
import { headKinds } from '../policy/head.ts';
import { heads } from '../policy/heads.ts';
import type { MomentsState } from '../rollout/normalize.ts';
import { actionBoundsSchema } from '../run/action-bounds.ts';
import { type LoadedPolicy, requireFinite } from '../run/policy-file.ts';
import { UserError } from '../user-error.ts';
import {
  besideEachOther,
  bothSigns,
  type ModelWeight,
  type PolicyMetadata,
  ruleOut,
  selector,
  withNegative,
} from './layers-model.ts';
import type { ImportOptions } from './policy-bytes.ts';
import { normalizationOf } from './policy-graph.ts';

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

// All of it: a model goes out as it came in.
const topologySchema = z.looseObject({ class_name: z.string().min(1), config: z.unknown() });

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
          quantization: z.unknown().optional(),
        }),
      ),
    }),
  ),
  userDefinedMetadata: z
    .object({
      leash: z
        .object({
          head: z.enum(headKinds),
          activation: z.enum(['tanh', 'relu']).optional(),
          observationMoments: z
            .object({
              count: z.number().min(0),
              mean: z.array(z.number()),
              squares: z.array(z.number().min(0)),
            })
            .optional(),
          actionBounds: actionBoundsSchema.optional(),
          choices: z.array(z.int().min(1)).optional(),
          masked: z.boolean().optional(),
          stateDependentStd: z.boolean().optional(),
          model: z
            .object({ inputs: z.int().min(1), outputs: z.int().min(1), logStd: z.array(z.number()) })
            .optional(),
        })
        .optional(),
    })
    .optional(),
});

type Manifest = z.output<typeof documentSchema>['weightsManifest'][number];

/**
 * Bytes of a file of weights.
 * @param name in `weightsManifest`
 * @param most bytes that it may have
 * @throws UserError where it is not there
 */
export type ReadWeights = (name: string, most: number) => Uint8Array;

/** @param written the JSON of `model.json` @param path how errors call it @throws Error saying what is wrong with it */
export function layersModelOf(written: unknown, path: string, read: ReadWeights): StoredLayersModel {
  if (
    isTree(written) &&
    (written.format === 'graph-model' || (isTree(written.modelTopology) && 'node' in written.modelTopology))
  )
    throw new UserError(
      `${path} is a TensorFlow.js GraphModel, operations without layers: convert the Keras model again with tensorflowjs_converter --output_format=tfjs_layers_model`,
    );
  if (!isTree(written) || !isTree(written.modelTopology) || !Array.isArray(written.weightsManifest))
    throw new UserError(
      `${path} has no modelTopology and weightsManifest: it is no TensorFlow.js LayersModel`,
    );
  const { modelTopology, weightsManifest, userDefinedMetadata } = parseBySchema(
    documentSchema,
    written,
    path,
  );
  const topology = (
    'model_config' in modelTopology ? modelTopology.model_config : modelTopology
  ) as StoredLayersModel['topology'];
  const weights = weightsManifest.flatMap((group) => readGroup(path, group, read));
  const names = new Set<string>();
  for (const { name } of weights) {
    if (names.has(name)) throw new UserError(`${path} has the weight ${name} twice`);
    names.add(name);
  }
  return { topology, weights, metadata: userDefinedMetadata?.leash };
}

/** The arrays of one group: its files, one after the other, hold them one after the other. */
function readGroup(path: string, { paths, weights }: Manifest, read: ReadWeights): ModelWeight[] {
  const sizes = weights.map(({ name, shape, dtype, quantization }) => {
    if (quantization !== undefined)
      throw new UserError(
        `weight ${name} is quantised, its numbers are no longer those that were trained: convert the model again without --quantize_… (${path})`,
      );
    if (dtype !== 'float32') throw new UserError(`weight ${name} is ${dtype}, not float32 (${path})`);
    const size = shape.reduce((product, d) => product * d, 1);
    if (size <= MOST_NUMBERS) return size;
    throw new UserError(`weight ${name} of shape [${shape.join(', ')}] is too large (${path})`);
  });
  const total = 4 * sizes.reduce((sum, size) => sum + size, 0);
  if (total > 4 * MOST_NUMBERS) throw new UserError(`the weights of ${path} are larger than 1 GB`);
  const bytes = readShards(path, paths, total, read);
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  let at = 0;
  return weights.map(({ name, shape }, i): ModelWeight => {
    const data = new Float32Array(sizes[i] as number);
    for (let j = 0; j < data.length; j++) data[j] = view.getFloat32(at + 4 * j, true);
    at += 4 * data.length;
    requireFinite(`${path}: ${name}`, { shape, data });
    return { name, shape, data };
  });
}

/** The files of a group, one after the other. @param total the bytes that they must hold together */
function readShards(path: string, paths: readonly string[], total: number, read: ReadWeights): Uint8Array {
  const shards: Uint8Array[] = [];
  let length = 0;
  for (const name of paths) {
    const shard = read(name, total - length);
    length += shard.length;
    shards.push(shard);
  }
  if (length === total) return concatBytes(shards);
  throw new UserError(`${paths.join(', ')} must hold ${total} bytes, the weights of ${path}, got ${length}`);
}

/**
 * The policy that a LayersModel is.
 * @param written the JSON of `model.json` @param path how errors call it
 * @throws Error saying what is wrong with it, or naming the layer that a multilayer perceptron does not have
 */
export function policyOfLayersModel(
  written: unknown,
  path: string,
  { activation, logStd }: Pick<ImportOptions, 'activation' | 'logStd'>,
  read: ReadWeights,
): LoadedPolicy {
  const model = layersModelOf(written, path, read);
  const { metadata } = model;
  if (metadata && logStd !== undefined)
    throw new UserError(
      `--log-std is for the means of another tool's Gaussian, ${path} is a ${metadata.head} of leash`,
    );
  const policy = metadata?.model
    ? layersPolicyOf(model, { ...metadata, model: metadata.model })
    : perceptronOf(model, logStd);
  const { shape } = policy;
  if (activation !== undefined && activation !== shape.activation && shape.hidden.length > 0)
    throw new UserError(`its activation is ${shape.activation}, --activation says ${activation}`);
  return {
    head: metadata?.head ?? (shape.logStd > 0 ? 'diagonalGaussian' : 'categorical'),
    policy,
    observationMoments: metadata?.observationMoments,
    ...(metadata?.actionBounds && { actionBounds: metadata.actionBounds }),
    ...(metadata?.choices && { choices: metadata.choices }),
    ...(metadata?.masked && { masked: true }),
  };
}

const layerSchema = z.object({
  class_name: z.string().min(1),
  config: z.object({
    name: z.string().optional(),
    activation: z.string().nullable().optional(),
    use_bias: z.boolean().optional(),
    max_value: z.number().nullable().optional(),
    negative_slope: z.unknown().optional(),
    threshold: z.unknown().optional(),
  }),
  inbound_nodes: z.unknown().optional(),
});
const layersSchema = z.object({
  layers: z.array(layerSchema),
  output_layers: z.array(z.unknown()).optional(),
});
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
): LoadedPolicy['policy'] {
  const own = metadata === undefined ? () => false : isOwn;
  const chain = chainOf(topology, own);
  const layers = chain.layers.filter(({ config }) => !own(config.name ?? ''));
  requireChain(chain, layers, metadata !== undefined);
  const moments = metadata?.observationMoments;
  const dense = layers.filter(({ class_name }) => class_name === 'Dense');
  const activation = hiddenActivation(layers, dense.length) ?? metadata?.activation ?? 'tanh';
  if (metadata?.activation !== undefined && metadata.activation !== activation)
    throw new Error(`its layers are ${activation}, its userDefinedMetadata says ${metadata.activation}`);
  const arrayOf = (name: string): ModelWeight => {
    const array = weights.find((each) => each.name === name);
    if (array) return array;
    throw new Error(`it has no weight ${name}`);
  };
  const perState = metadata?.stateDependentStd === true;
  const kernels = dense.map(({ config }) => arrayOf(`${config.name}/kernel`));
  const means = kernels.at(-1);
  if (perState && means) kernels[kernels.length - 1] = withStds(means, arrayOf('logStd/kernel'));
  const widths = kernels.map(({ shape }) => shape.at(-1) ?? 0);
  const outputs = widths.at(-1) ?? 0;
  const spread =
    metadata && heads[metadata.head].isGaussian && !perState ? arrayOf('logStd/bias') : undefined;
  const rows = kernels[0]?.shape[0] ?? 0;
  const shape: NetworkShape = {
    inputs: moments ? rows / 2 : rows,
    hidden: widths.slice(0, -1),
    outputs,
    activation,
    logStd: spread || logStd !== undefined ? outputs : 0,
  };
  if (!Number.isInteger(shape.inputs) || rows === 0 || widths.includes(0))
    throw new Error(`its Dense layers are ${[rows, ...widths].join('-')}: not widths ≥ 1`);
  if (moments) requireStandardized(moments, shape.inputs, arrayOf);
  if (metadata?.masked) {
    const { kernel, bias } = ruleOut(metadata.head, outputs);
    const isSameRule =
      isSame(dataOf(arrayOf(kernel.name), kernel.shape), kernel.data) &&
      isSame(dataOf(arrayOf('ruleOut/bias'), [outputs]), bias);
    if (!isSameRule) throw new Error('its layer ruleOut was changed since leash wrote it');
  }
  metadata?.choices?.forEach((_, c) => {
    const { name, shape: wanted, data } = selector(metadata.choices ?? [], c);
    if (!isSame(dataOf(arrayOf(name), wanted), data))
      throw new Error(`its weight ${name} picks no choice: it was changed since leash wrote it`);
  });
  const parameters = new Float32Array(layoutOf(shape).size);
  layersOf(shape).forEach(({ inputs, weight, outputs: columns }, l) => {
    const bias = weight + inputs * columns;
    const isDouble = l === 0 && moments !== undefined;
    const kernel = dataOf(kernels[l] as ModelWeight, [isDouble ? 2 * inputs : inputs, columns]);
    parameters.set(isDouble ? firstHalf(kernel, (kernels[l] as ModelWeight).name) : kernel, weight);
    const { use_bias, name } = (dense[l] as KerasLayer).config;
    const own = l === dense.length - 1 && perState ? columns / 2 : columns;
    parameters.set(use_bias === false ? new Float32Array(own) : dataOf(arrayOf(`${name}/bias`), [own]), bias);
    if (own < columns) parameters.set(dataOf(arrayOf('logStd/bias'), [own]), bias + own);
  });
  if (shape.logStd > 0) {
    if (spread) requireZero(arrayOf('logStd/kernel'));
    const logStds = spread ? dataOf(spread, [outputs]) : new Float32Array(outputs).fill(logStd ?? 0);
    parameters.set(logStds, parameters.length - outputs);
  }
  return { shape, parameters };
}

/** A policy that is itself a layers model, which leash wrote: all layers as they are. */
function layersPolicyOf(
  { topology, weights }: StoredLayersModel,
  { activation = 'tanh', model }: PolicyMetadata & { model: NonNullable<PolicyMetadata['model']> },
): LoadedPolicy['policy'] {
  const { inputs, outputs, logStd } = model;
  const arrays = weights.map(({ name, shape }) => ({ name, shape }));
  const shape = {
    inputs,
    hidden: [],
    outputs,
    activation,
    logStd: logStd.length,
    model: { topology, weights: arrays },
  };
  const parameters = new Float32Array(layoutOf(shape).size);
  let at = 0;
  for (const { data } of weights) {
    parameters.set(data, at);
    at += data.length;
  }
  parameters.set(logStd, at);
  return { shape, parameters };
}

/**
 * What leash writes around a policy must still be what the moments beside it give: a model that was trained or edited
 * since is another policy.
 */
function requireStandardized(
  moments: MomentsState,
  inputs: number,
  arrayOf: (name: string) => ModelWeight,
): void {
  if (moments.mean.length !== inputs || moments.squares.length !== inputs)
    throw new Error(`its observationMoments must be of ${inputs} numbers, the inputs of the network`);
  const { kernel, bias } = bothSigns(normalizationOf(moments));
  for (const [name, shape, wanted] of [
    ['standardize/kernel', [inputs, 2 * inputs], kernel],
    ['standardize/bias', [2 * inputs], bias],
  ] as const) {
    if (!isSame(dataOf(arrayOf(name), shape), wanted))
      throw new Error(
        `its weight ${name} is not what its observationMoments give: it was changed since leash wrote it`,
      );
  }
}

/** W of [W; −W]. */
function firstHalf(kernel: Float32Array, name: string): Float32Array {
  const half = kernel.slice(0, kernel.length / 2);
  if (isSame(kernel, withNegative(half))) return half;
  throw new Error(
    `its weight ${name} is not one matrix above its negative: it was changed since leash wrote it`,
  );
}

/** The last layer with that of the log standard deviations behind it. @throws Error where that is of another shape */
function withStds(means: ModelWeight, stds: ModelWeight): ModelWeight {
  dataOf(stds, means.shape);
  return besideEachOther(means, stds);
}

/** Without deviations of their own for each state they depend on no observation. */
function requireZero({ name, data }: ModelWeight): void {
  if (data.some((value) => value !== 0))
    throw new Error(`its weight ${name} is not zero: it was changed since leash wrote it`);
}

function isSame(a: Float32Array, b: Float32Array): boolean {
  return a.length === b.length && a.every((value, i) => Object.is(value, b[i]));
}

/** @throws Error unless the array has that shape */
function dataOf({ name, shape, data }: ModelWeight, expected: readonly number[]): Float32Array {
  if (shape.join() === expected.join()) return data;
  throw new Error(`weight ${name} must have shape [${expected.join(', ')}], has [${shape.join(', ')}]`);
}

/** The one activation between the Dense layers. @throws Error when it is another, or stands elsewhere */
function hiddenActivation(
  layers: readonly KerasLayer[],
  dense: number,
): NetworkShape['activation'] | undefined {
  const activations = layers.flatMap(({ class_name, config }) => {
    if (class_name === 'ReLU' && !isPlain(config))
      throw new Error(
        `its layer ${config.name} is a ReLU with a bound, a slope or a threshold; leash has the plain one`,
      );
    const named =
      class_name === 'ReLU' || class_name === 'Softmax' ? class_name.toLowerCase() : config.activation;
    return named === undefined || named === null || named === 'linear' ? [] : [named];
  });
  if (activations.at(-1) === 'softmax') activations.pop();
  const [activation] = activations;
  if (activation !== undefined && activation !== 'tanh' && activation !== 'relu')
    throw new Error(`its activation is ${activation}; leash has tanh and relu`);
  if (activations.length !== dense - 1 || activations.some((each) => each !== activation)) {
    const found = activations.join(', ') || 'none';
    throw new Error(`of its ${dense} Dense layers all but the last need one activation; found ${found}`);
  }
  return activation;
}

/** max(x, 0) and nothing else. */
function isPlain({ max_value, negative_slope, threshold }: KerasLayer['config']): boolean {
  return (max_value ?? null) === null && [negative_slope, threshold].every((each) => Number(each ?? 0) === 0);
}

/** Whether leash writes a layer of that name around a policy. */
function isOwn(name: string): boolean {
  return /^(standardize|clip|logStd|squash|action|mask|ruleOut|allowed|choice\.\d+|probabilities(\.\d+)?)$/.test(
    name,
  );
}

/** Layers of leash's own that take several inputs. */
const JOINING = new Set(['Concatenate', 'Add']);
/** Layers that change nothing when acting. */
const PASSIVE = new Set(['InputLayer', 'Dropout']);
const PERCEPTRON = new Set(['Dense', 'ReLU', 'Activation', 'Softmax']);

/** The layers of a model that do something, and from which layer each of all takes its input. */
interface Chain {
  readonly layers: readonly KerasLayer[];
  /** By name; without it of a Sequential, whose order says it. */
  readonly sources?: ReadonlyMap<string, string | undefined>;
  readonly outputs: number;
}

/** The layers of a model, all of them of kinds that a perceptron has. */
function chainOf(
  { class_name, config }: StoredLayersModel['topology'],
  own: (name: string) => boolean,
): Chain {
  const written = Array.isArray(config) ? { layers: config } : config;
  if (!isTree(written) || !Array.isArray(written.layers))
    throw new Error(`its topology is a ${class_name}, not a model of layers`);
  const { layers, output_layers: outputs = [] } = parseBySchema(layersSchema, written, 'modelTopology');
  const active = layers.filter((layer) => !PASSIVE.has(layer.class_name));
  const nameOf = ({ class_name: kind, config: { name } }: KerasLayer): string => name ?? kind;
  const foreign = active.filter((layer) => !own(nameOf(layer)));
  const other = foreign.find((layer) => !PERCEPTRON.has(layer.class_name));
  if (other)
    throw new Error(
      `its layer ${nameOf(other)} is a ${other.class_name}: only Dense networks can be imported; network.tfjs trains others as they are (docs/engines.md)`,
    );
  if (class_name === 'Sequential') return { layers: active, outputs: 1 };
  return {
    layers: active,
    sources: new Map(
      layers
        .filter((layer) => !JOINING.has(layer.class_name) || !own(nameOf(layer)))
        .map((layer) => [nameOf(layer), sourceOf(layer, nameOf(layer))]),
    ),
    outputs: outputs.length,
  };
}

/** `[[["dense", 0, 0, {}]]]`: the one layer that it takes its input from; none of an input. */
function sourceOf({ inbound_nodes: nodes }: KerasLayer, name: string): string | undefined {
  if (!Array.isArray(nodes) || nodes.length === 0) return undefined;
  const [[source] = []] = nodes[0] as [unknown[]?];
  if (nodes.length === 1 && Array.isArray(nodes[0]) && nodes[0].length === 1 && typeof source === 'string')
    return source;
  throw new Error(
    `its layer ${name} is used twice or takes several inputs: only a chain of layers can be imported`,
  );
}

/** @throws Error unless each layer takes what the one before it gives. @param isOurs leash wrote it, with layers to look through */
function requireChain({ sources, outputs }: Chain, layers: readonly KerasLayer[], isOurs: boolean): void {
  if (sources === undefined) return;
  const names = new Set(layers.map(({ config }) => config.name));
  layers.forEach(({ config }, i) => {
    let source = sources.get(config.name ?? '');
    while (source !== undefined && !names.has(source)) source = sources.get(source);
    if (source !== layers[i - 1]?.config.name)
      throw new Error(
        `its layer ${config.name} does not take what the one before it gives: only a chain of layers can be imported`,
      );
  });
  if (outputs > 1 && !isOurs)
    throw new Error(`it has ${outputs} outputs: only a chain of layers with one can be imported`);
}
