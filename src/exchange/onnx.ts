import { concatBytes, numberBytes } from '../formats/bytes.ts';
import { exactJson } from '../formats/exact-json.ts';
import { bytesField, integerField } from '../formats/protobuf.ts';
import { heads } from '../policy/heads.ts';
import { LEASH_VERSION } from '../version.ts';
import { type ExportedGraph, isStdPerState, scaleOf } from './policy-graph.ts';

/** Operator set 13, IR 8: what onnxruntime has read since 2021. Field numbers are those of onnx.proto. */
const OPSET = 13;
const IR_VERSION = 8;
const FLOAT = 1;
const INT64 = 7;
const BOOL = 9;
const DOUBLE = 11;

/** One operator. */
interface Node {
  readonly type: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  /** Integers, all that these operators take. */
  readonly attributes?: Readonly<Record<string, number>>;
}

interface Constant {
  readonly name: string;
  readonly dimensions: readonly number[];
  readonly data: Float32Array | Float64Array | BigInt64Array;
}

/**
 * The policy as an ONNX model. Input `observation` [N, D], float32 (one-hot for a discrete space). Outputs of a
 * categorical: `logits` and `probabilities` [N, A], `action` [N], the most probable; of a multi-discrete: those of one choice
 * after the other, `action` [N, C]; of a multi-binary: `logits` and `probabilities` of the ones, `action` [N, n]; of a
 * Gaussian: `mean` [N, A], `logStd` [A] ([N, A] where each state has its own); of a squashed one also `action` [N, A], tanh of the mean on the bounds. Where the environment has masks, input `mask` [N, M] besides, false for what is ruled
 * out: probabilities and action are those of what is left.
 */
export function policyOnnx(graph: ExportedGraph): Uint8Array {
  const constants: Constant[] = [];
  const nodes: Node[] = [];
  const perState = isStdPerState(graph);
  let x = 'observation';
  if (graph.normalization) x = addNormalization(graph.normalization, nodes, constants);
  graph.layers.forEach(({ inputs, outputs, weight, bias }, l) => {
    const last = l === graph.layers.length - 1;
    const name = last ? 'output' : `hidden.${l}`;
    constants.push({ name: `${name}.weight`, dimensions: [inputs, outputs], data: weight });
    constants.push({ name: `${name}.bias`, dimensions: [outputs], data: bias });
    const z = last ? (perState ? 'meanAndLogStd' : heads[graph.head].outputs) : `${name}.sum`;
    nodes.push({ type: 'Gemm', inputs: [x, `${name}.weight`, `${name}.bias`], outputs: [z] });
    x = z;
    if (last) return;
    nodes.push({ type: graph.activation === 'tanh' ? 'Tanh' : 'Relu', inputs: [z], outputs: [name] });
    x = name;
  });
  let width = graph.layers.at(-1)?.outputs ?? 0;
  if (perState) {
    width /= 2;
    constants.push({ name: 'halves', dimensions: [2], data: BigInt64Array.of(BigInt(width), BigInt(width)) });
    nodes.push({
      type: 'Split',
      inputs: [x, 'halves'],
      outputs: ['mean', 'logStd'],
      attributes: { axis: 1 },
    });
    x = 'mean';
  }
  const outputs = [valueInfo(x, FLOAT, ['N', width])];
  const maskWidth = graph.head === 'multiBinary' ? 2 * width : width;
  const masks = graph.masked ? [valueInfo('mask', BOOL, ['N', maskWidth])] : [];
  if (graph.masked) x = addMask(graph.head, width, x, nodes, constants);
  outputs.push(...addDistribution(graph, x, width, nodes, constants));
  const input = valueInfo('observation', FLOAT, ['N', graph.layers[0]?.inputs ?? 0]);
  return concatBytes([
    integerField(1, IR_VERSION),
    bytesField(2, 'leash'),
    bytesField(3, LEASH_VERSION),
    bytesField(7, [
      ...nodes.map((node) => bytesField(1, encodeNode(node))),
      bytesField(2, 'policy'),
      ...constants.map((constant) => bytesField(5, encodeConstant(constant))),
      ...[input, ...masks].map((each) => bytesField(11, each)),
      ...outputs.map((output) => bytesField(12, output)),
    ]),
    bytesField(8, [bytesField(1, ''), integerField(2, OPSET)]),
    ...metadataOf(graph).map(([key, value]) => bytesField(14, [bytesField(1, key), bytesField(2, value)])),
  ]);
}

/** −∞ for the logits of what is ruled out; of a bit that must be 1 +∞. @returns the output */
function addMask(
  head: ExportedGraph['head'],
  width: number,
  x: string,
  nodes: Node[],
  constants: Constant[],
): string {
  const never = (name: string, value: number): void => {
    constants.push({ name, dimensions: [], data: Float32Array.of(value) });
  };
  never('never', Number.NEGATIVE_INFINITY);
  if (head !== 'multiBinary') {
    nodes.push({ type: 'Where', inputs: ['mask', x, 'never'], outputs: ['allowed'] });
    return 'allowed';
  }
  never('always', Number.POSITIVE_INFINITY);
  for (const value of [0, 1]) {
    const columns = BigInt64Array.from({ length: width }, (_, b) => BigInt(2 * b + value));
    constants.push({ name: `columns.${value}`, dimensions: [width], data: columns });
    nodes.push({
      type: 'Gather',
      inputs: ['mask', `columns.${value}`],
      outputs: [`mayBe.${value}`],
      attributes: { axis: 1 },
    });
  }
  nodes.push({ type: 'Where', inputs: ['mayBe.1', x, 'never'], outputs: ['allowed.1'] });
  nodes.push({ type: 'Where', inputs: ['mayBe.0', 'allowed.1', 'always'], outputs: ['allowed'] });
  return 'allowed';
}

/** What follows the last layer's outputs `x`. @returns its outputs */
function addDistribution(
  graph: ExportedGraph,
  x: string,
  width: number,
  nodes: Node[],
  constants: Constant[],
): Uint8Array[][] {
  const step = (type: string, inputs: string[], outputs: string[], attributes = {}): void => {
    nodes.push({ type, inputs, outputs, attributes });
  };
  const outputs: Uint8Array[][] = [];
  const probabilities = valueInfo('probabilities', FLOAT, ['N', width]);
  switch (graph.head) {
    case 'diagonalGaussian':
    case 'squashedGaussian':
      if (graph.logStd) {
        constants.push({ name: 'logStd.value', dimensions: [width], data: graph.logStd });
        step('Identity', ['logStd.value'], ['logStd']);
      }
      outputs.push(valueInfo('logStd', FLOAT, graph.logStd ? [width] : ['N', width]));
      if (graph.head === 'diagonalGaussian') return outputs;
      for (const [name, data] of Object.entries(scaleOf(graph)))
        constants.push({ name: `action.${name}`, dimensions: [width], data });
      step('Tanh', [x], ['squashed']);
      step('Mul', ['squashed', 'action.half'], ['stretched']);
      step('Add', ['stretched', 'action.middle'], ['action']);
      return [...outputs, valueInfo('action', FLOAT, ['N', width])];
    case 'categorical':
      step('Softmax', [x], ['probabilities'], { axis: 1 });
      step('ArgMax', [x], ['action'], { axis: 1, keepdims: 0 });
      return [probabilities, valueInfo('action', INT64, ['N'])];
    case 'multiDiscrete': {
      const choices = graph.choices ?? [];
      const named = (name: string): string[] => choices.map((_, c) => `${name}.${c}`);
      constants.push({
        name: 'choices',
        dimensions: [choices.length],
        data: BigInt64Array.from(choices, BigInt),
      });
      step('Split', [x, 'choices'], named('logits'), { axis: 1 });
      choices.forEach((_, c) => {
        step('Softmax', [`logits.${c}`], [`probabilities.${c}`], { axis: 1 });
        step('ArgMax', [`logits.${c}`], [`action.${c}`], { axis: 1, keepdims: 1 });
      });
      step('Concat', named('probabilities'), ['probabilities'], { axis: 1 });
      step('Concat', named('action'), ['action'], { axis: 1 });
      return [probabilities, valueInfo('action', INT64, ['N', choices.length])];
    }
    case 'multiBinary':
      constants.push({ name: 'even', dimensions: [], data: Float32Array.of(0) });
      step('Sigmoid', [x], ['probabilities']);
      step('Greater', [x, 'even'], ['isOne']);
      step('Cast', ['isOne'], ['action'], { to: INT64 });
      return [probabilities, valueInfo('action', INT64, ['N', width])];
    default:
      throw new Error(`no ONNX outputs for a ${graph.head satisfies never}`);
  }
}

/**
 * `metadata_props`: as JSON bounds of actions, [A] each, null where there is none; values of each choice; what each action
 * writes; what observations went through; names of inputs and classes.
 */
function metadataOf({
  observationWrappers,
  actionBounds,
  choices,
  tokens,
  names,
}: ExportedGraph): [string, string][] {
  const { low, high } = actionBounds ?? {};
  return Object.entries({
    ...(actionBounds && { 'action.low': exactJson(low), 'action.high': exactJson(high) }),
    ...(choices && { 'action.choices': JSON.stringify(choices) }),
    ...(tokens && { 'action.tokens': JSON.stringify(tokens) }),
    ...(observationWrappers && { 'observation.wrappers': exactJson(observationWrappers) }),
    ...(names && { inputs: JSON.stringify(names.inputs), classes: JSON.stringify(names.classes) }),
  });
}

/** In float64, as in training: a mean far from 0 would lose its last digits in float32. @returns the output */
function addNormalization(
  { mean, deviation, clip }: NonNullable<ExportedGraph['normalization']>,
  nodes: Node[],
  constants: Constant[],
): string {
  const scalar = (name: string, value: number): void => {
    constants.push({ name, dimensions: [], data: Float64Array.of(value) });
  };
  constants.push({ name: 'normalize.mean', dimensions: [mean.length], data: mean });
  constants.push({ name: 'normalize.deviation', dimensions: [mean.length], data: deviation });
  scalar('normalize.low', -clip);
  scalar('normalize.high', clip);
  const step = (type: string, inputs: string[], output: string, attributes = {}): void => {
    nodes.push({ type, inputs, outputs: [output], attributes });
  };
  step('Cast', ['observation'], 'normalize.double', { to: DOUBLE });
  step('Sub', ['normalize.double', 'normalize.mean'], 'normalize.centered');
  step('Div', ['normalize.centered', 'normalize.deviation'], 'normalize.scaled');
  step('Clip', ['normalize.scaled', 'normalize.low', 'normalize.high'], 'normalize.clipped');
  step('Cast', ['normalize.clipped'], 'normalize', { to: FLOAT });
  return 'normalize';
}

function encodeNode({ type, inputs, outputs, attributes = {} }: Node): Uint8Array[] {
  return [
    ...inputs.map((input) => bytesField(1, input)),
    ...outputs.map((output) => bytesField(2, output)),
    bytesField(3, outputs[0]),
    bytesField(4, type),
    ...Object.entries(attributes).map(([name, value]) =>
      bytesField(5, [bytesField(1, name), integerField(3, value), integerField(20, 2)]),
    ),
  ];
}

function encodeConstant({ name, dimensions, data }: Constant): Uint8Array[] {
  const type = data instanceof Float64Array ? DOUBLE : data instanceof Float32Array ? FLOAT : INT64;
  return [
    ...dimensions.map((size) => integerField(1, size)),
    integerField(2, type),
    bytesField(8, name),
    bytesField(9, numberBytes(data)),
  ];
}

/** A named tensor type; a text dimension is one that the caller chooses. */
function valueInfo(name: string, type: number, dimensions: readonly (number | string)[]): Uint8Array[] {
  const shape = dimensions.map((size) =>
    bytesField(1, typeof size === 'number' ? integerField(1, size) : bytesField(2, size)),
  );
  return [bytesField(1, name), bytesField(2, bytesField(1, [integerField(1, type), bytesField(2, shape)]))];
}
