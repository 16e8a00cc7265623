import { concatBytes, numberBytes } from '../formats/bytes.ts';
import { exactJson } from '../formats/exact-json.ts';
import { heads } from '../policy/heads.ts';
import type { MomentsState } from '../rollout/normalize.ts';
import type { ActionBounds } from '../run/action-bounds.ts';
import { UserError } from '../user-error.ts';
import { LEASH_VERSION } from '../version.ts';
import { type ExportedGraph, isStdPerState, scaleOf } from './policy-graph.ts';
import { megabytes } from './zip.ts';

/** One array of a LayersModel, in the order of its file. */
export interface ModelWeight {
  readonly name: string;
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

/** A TensorFlow.js LayersModel: `model.json` and the one file of weights that it names. */
export interface LayersModelFiles {
  readonly json: string;
  readonly weights: Uint8Array;
}

/** The most numbers that a model, or one array of it, may hold: 1 GB of them. */
export const MOST_NUMBERS = 2 ** 28;

/** The name of the file of weights in `model.json`. */
export const WEIGHTS_FILE = 'group1-shard1of1.bin';

/**
 * The policy as a TensorFlow.js LayersModel, of layers that TensorFlow.js and Keras have. Input `observation`
 * [N, D] (one-hot for a discrete space). Outputs of a categorical, a multi-discrete (of one choice after the other) and a
 * multi-binary (of the ones): `logits`, `probabilities` [N, A]; of a Gaussian: `mean`, `logStd` [N, A], of a squashed
 * one also `action` [N, A], tanh of the mean on the bounds. Where the environment has
 * masks, input `mask` [N, M] besides, 0 for what is ruled out: the probabilities are those of what is left.
 * @throws UserError where it would hold more than `MOST_NUMBERS`
 */
export function policyLayersModel(graph: ExportedGraph): LayersModelFiles {
  requireRoom(graph);
  const weights: ModelWeight[] = [];
  const layers: unknown[] = [];
  const inputs = graph.layers[0]?.inputs ?? 0;
  const add = (type: string, name: string, from: readonly string[], config: object): string => {
    const inbound = from.length === 0 ? [] : [from.map((each) => [each, 0, 0, {}])];
    layers.push({ class_name: type, name, config: { name, ...config }, inbound_nodes: inbound });
    return name;
  };
  const dense = (
    name: string,
    from: string,
    kernel: ModelWeight,
    bias: Float32Array,
    activation: string,
  ): string => {
    weights.push(kernel, { name: `${name}/bias`, shape: [bias.length], data: bias });
    return add('Dense', name, [from], { units: bias.length, activation, use_bias: true, dtype: 'float32' });
  };

  let x = add('InputLayer', 'observation', [], {
    batch_input_shape: [null, inputs],
    dtype: 'float32',
    sparse: false,
  });
  if (graph.normalization) {
    const { kernel, bias } = bothSigns(graph.normalization);
    x = dense(
      'standardize',
      x,
      { name: 'standardize/kernel', shape: [inputs, 2 * inputs], data: kernel },
      bias,
      'linear',
    );
    x = add('ReLU', 'clip', [x], { max_value: graph.normalization.clip });
  }
  const last = graph.layers.length - 1;
  const head = heads[graph.head].outputs;
  const perState = isStdPerState(graph);
  let stds = '';
  graph.layers.forEach(({ weight, bias, inputs: rows, outputs }, l) => {
    const name = l === last ? head : `hidden.${l}`;
    const twice = l === 0 && graph.normalization !== undefined;
    const data = twice ? withNegative(weight) : weight;
    const kernel = { name: `${name}/kernel`, shape: [twice ? 2 * rows : rows, outputs], data };
    if (l === last && perState) {
      const half = (part: 0 | 1, layer: string): string => {
        const { weight: own, bias: ownBias } = columnsOf(kernel, bias, (part * outputs) / 2, outputs / 2);
        return dense(layer, x, { ...own, name: `${layer}/kernel` }, ownBias, 'linear');
      };
      stds = half(1, 'logStd');
      x = half(0, name);
    } else x = dense(name, x, kernel, bias, l === last ? 'linear' : graph.activation);
  });
  const width = (graph.layers[last]?.outputs ?? 0) / (perState ? 2 : 1);
  const logits = x;
  if (graph.masked) {
    const { kernel, bias } = ruleOut(graph.head, width);
    const input = { batch_input_shape: [null, kernel.shape[0]], dtype: 'float32', sparse: false };
    const mask = add('InputLayer', 'mask', [], input);
    x = add('Add', 'allowed', [x, dense('ruleOut', mask, kernel, bias, 'linear')], {});
  }
  let second: string;
  const others: string[] = [];
  if (graph.head === 'squashedGaussian') {
    const { half, middle } = scaleOf(graph);
    const data = new Float32Array(width * width);
    for (const [a, each] of half.entries()) data[a * width + a] = each;
    const squashed = add('Activation', 'squash', [x], { activation: 'tanh' });
    const kernel = { name: 'action/kernel', shape: [width, width], data };
    others.push(dense('action', squashed, kernel, middle, 'linear'));
  }
  if (perState) second = stds;
  else if (graph.logStd) {
    const kernel = { name: 'logStd/kernel', shape: [width, width], data: new Float32Array(width * width) };
    second = dense('logStd', x, kernel, graph.logStd, 'linear');
  } else if (graph.choices) {
    const parts = graph.choices.map((_, c) => {
      const kernel = selector(graph.choices ?? [], c);
      const own = dense(`choice.${c}`, x, kernel, new Float32Array(kernel.shape[1] as number), 'linear');
      return add('Softmax', `probabilities.${c}`, [own], { axis: -1 });
    });
    second = add('Concatenate', 'probabilities', parts, { axis: -1 });
  } else if (graph.head === 'multiBinary')
    second = add('Activation', 'probabilities', [x], { activation: 'sigmoid' });
  else second = add('Softmax', 'probabilities', [x], { axis: -1 });
  const config = {
    name: 'policy',
    layers,
    input_layers: ['observation', ...(graph.masked ? ['mask'] : [])].map((name) => [name, 0, 0]),
    output_layers: [logits, second, ...others].map((name) => [name, 0, 0]),
  };
  const topology = { class_name: 'Model', config, keras_version: '2.0.0', backend: 'tensor_flow.js' };
  return encodeModel(topology, weights, {
    head: graph.head,
    activation: graph.activation,
    observationMoments: graph.normalization?.moments,
    observationWrappers: graph.observationWrappers,
    actionBounds: graph.actionBounds,
    choices: graph.choices,
    masked: graph.masked,
    tokens: graph.tokens,
    ...(perState && { stateDependentStd: true }),
    ...graph.names,
  });
}

/**
 * What stands around the layers is dense there: n observations that are standardised take 2n² numbers, n actions n² for their
 * masks, their choices, their deviations and their bounds each.
 */
function requireRoom(graph: ExportedGraph): void {
  const { head, layers, normalization, masked, choices, logStd } = graph;
  const inputs = layers[0]?.inputs ?? 0;
  const outputs = (layers.at(-1)?.outputs ?? 0) / (isStdPerState(graph) ? 2 : 1);
  const around: Readonly<Record<string, number>> = {
    [`${inputs} normalised observations`]: normalization ? 2 * inputs ** 2 : 0,
    [`masks of ${outputs} actions`]: masked ? (head === 'multiBinary' ? 2 : 1) * outputs ** 2 : 0,
    [`choices of ${outputs} values`]: choices ? outputs ** 2 : 0,
    [`${outputs} dimensions of an action`]:
      (logStd ? outputs ** 2 : 0) + (head === 'squashedGaussian' ? outputs ** 2 : 0),
  };
  const twice = normalization ? (layers[0]?.weight.length ?? 0) : 0;
  const own = layers.reduce((sum, { weight, bias }) => sum + weight.length + bias.length, twice);
  const total = Object.values(around).reduce((sum, numbers) => sum + numbers, own);
  if (total <= MOST_NUMBERS) return;
  const [[what]] = Object.entries(around).sort(([, a], [, b]) => b - a) as [[string, number]];
  throw new UserError(
    `as a LayersModel the policy would take ${megabytes(4 * total)}, most of them for its ${what}, of which it makes dense layers; at most ${megabytes(4 * MOST_NUMBERS)} are written: export it as onnx, npz or json`,
  );
}

/** Some columns of a layer. */
function columnsOf(
  { shape, data }: ModelWeight,
  bias: Float32Array,
  first: number,
  count: number,
): { readonly weight: Pick<ModelWeight, 'shape' | 'data'>; readonly bias: Float32Array } {
  const [rows, outputs] = shape as [number, number];
  const own = new Float32Array(rows * count);
  for (let i = 0; i < rows; i++)
    own.set(data.subarray(i * outputs + first, i * outputs + first + count), i * count);
  return { weight: { shape: [rows, count], data: own }, bias: bias.slice(first, first + count) };
}

/** Two layers of the same inputs as one, the columns of the second behind those of the first. */
export function besideEachOther(a: ModelWeight, b: ModelWeight): ModelWeight {
  const [rows, left] = a.shape as [number, number];
  const right = b.shape[1] as number;
  const data = new Float32Array(rows * (left + right));
  for (let i = 0; i < rows; i++) {
    data.set(a.data.subarray(i * left, (i + 1) * left), i * (left + right));
    data.set(b.data.subarray(i * right, (i + 1) * right), i * (left + right) + left);
  }
  return { name: a.name, shape: [rows, left + right], data };
}

/** Beyond what any logit is: added to one, nothing is left of it in float32, and e to the power of that is 0. */
const FAR = 1e9;

/** The map from a mask to what is added to the logits: 0 for what is allowed, exactly, else −1e9, of a bit that must be 1 +1e9. */
export function ruleOut(
  head: ExportedGraph['head'],
  width: number,
): { readonly kernel: ModelWeight; readonly bias: Float32Array } {
  const isBits = head === 'multiBinary';
  const rows = isBits ? 2 * width : width;
  const data = new Float32Array(rows * width);
  for (let k = 0; k < width; k++) {
    if (isBits) data[2 * k * width + k] = -FAR;
    data[(isBits ? 2 * k + 1 : k) * width + k] = FAR;
  }
  return {
    kernel: { name: 'ruleOut/kernel', shape: [rows, width], data },
    bias: new Float32Array(width).fill(isBits ? 0 : -FAR),
  };
}

/** The map from all logits to those of one choice: a 1 a row of its own. */
export function selector(choices: readonly number[], c: number): ModelWeight {
  const [rows, columns] = [choices.reduce((sum, n) => sum + n, 0), choices[c] as number];
  const first = choices.slice(0, c).reduce((sum, n) => sum + n, 0);
  const data = new Float32Array(rows * columns);
  for (let k = 0; k < columns; k++) data[(first + k) * columns + k] = 1;
  return { name: `choice.${c}/kernel`, shape: [rows, columns], data };
}

/** What `leash import` wants to know of a model that leash wrote; it stands in `userDefinedMetadata`. */
export interface PolicyMetadata {
  readonly head: ExportedGraph['head'];
  /** Of a network without hidden layers no layer has it. Absent in what leash 0.1.0 wrote. */
  readonly activation?: ExportedGraph['activation'] | undefined;
  readonly observationMoments?: MomentsState | undefined;
  readonly observationWrappers?: ExportedGraph['observationWrappers'];
  readonly actionBounds?: ActionBounds | undefined;
  readonly choices?: readonly number[] | undefined;
  readonly masked?: boolean | undefined;
  readonly tokens?: readonly string[] | undefined;
  /** Whether the layer `logStd` takes what `mean` does, so that each state has its own. */
  readonly stateDependentStd?: boolean | undefined;
  /** Of a classifier. */
  readonly inputs?: readonly string[];
  readonly classes?: readonly string[] | undefined;
  /** Of a policy that is itself a layers model: what its layers do not say. */
  readonly model?:
    | { readonly inputs: number; readonly outputs: number; readonly logStd: readonly number[] }
    | undefined;
}

/** `model.json` and its weights from a topology. */
export function encodeModel(
  topology: object,
  weights: readonly ModelWeight[],
  metadata?: PolicyMetadata,
): LayersModelFiles {
  const manifest = weights.map(({ name, shape }) => ({ name, shape, dtype: 'float32' }));
  const json = {
    format: 'layers-model',
    generatedBy: `leash ${LEASH_VERSION}`,
    convertedBy: null,
    modelTopology: topology,
    weightsManifest: [{ paths: [WEIGHTS_FILE], weights: manifest }],
    ...(metadata && { userDefinedMetadata: { leash: metadata } }),
  };
  return { json: `${exactJson(json)}\n`, weights: concatBytes(weights.map(({ data }) => numberBytes(data))) };
}

/** [W; −W]: rows of W, then the same with the other sign. */
export function withNegative(weight: Float32Array): Float32Array {
  const both = new Float32Array(2 * weight.length);
  both.set(weight);
  both.set(
    weight.map((w) => -w),
    weight.length,
  );
  return both;
}

/**
 * z = (x − mean)/deviation beside −z: clipped from 0 to c and multiplied by [W; −W] that is W times z clipped
 * to ±c, in layers that every reader of the format has.
 */
export function bothSigns({
  mean,
  deviation,
}: Pick<NonNullable<ExportedGraph['normalization']>, 'mean' | 'deviation'>): {
  kernel: Float32Array;
  bias: Float32Array;
} {
  const width = mean.length;
  const kernel = new Float32Array(width * 2 * width);
  const bias = new Float32Array(2 * width);
  for (let d = 0; d < width; d++) {
    const scale = 1 / (deviation[d] as number);
    const shift = (mean[d] as number) * scale;
    kernel[d * 2 * width + d] = scale;
    kernel[d * 2 * width + width + d] = -scale;
    bias[d] = -shift;
    bias[width + d] = shift;
  }
  return { kernel, bias };
}
