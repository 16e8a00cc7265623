import { concatBytes, numberBytes } from '../formats/bytes.ts';
import { exactJson } from '../formats/exact-json.ts';
import { bytesField, integerField } from '../formats/protobuf.ts';
import { heads } from '../policy/heads.ts';
import { LEASH_VERSION } from '../version.ts';
import type { ExportedGraph } from './policy-graph.ts';

/** Operator set 13, IR 8: what onnxruntime has read since 2021. Field numbers are those of onnx.proto. */
const OPSET = 13;
const IR_VERSION = 8;
const FLOAT = 1;
const INT64 = 7;
const DOUBLE = 11;

/** One operator. */
interface Node {
  readonly type: string;
  readonly inputs: readonly string[];
  readonly output: string;
  /** Integers, all that these operators take. */
  readonly attributes?: Readonly<Record<string, number>>;
}

interface Constant {
  readonly name: string;
  readonly dimensions: readonly number[];
  readonly data: Float32Array | Float64Array;
}

/**
 * The policy as an ONNX model. Input `observation` [N, D], float32 (one-hot for a discrete space). Outputs of a
 * categorical: `logits` and `probabilities` [N, A], `action` [N], the most probable; of a Gaussian: `mean`
 * [N, A], `logStd` [A].
 */
export function policyOnnx(graph: ExportedGraph): Uint8Array {
  const constants: Constant[] = [];
  const nodes: Node[] = [];
  let x = 'observation';
  if (graph.normalization) x = addNormalization(graph.normalization, nodes, constants);
  graph.layers.forEach(({ inputs, outputs, weight, bias }, l) => {
    const last = l === graph.layers.length - 1;
    const name = last ? 'output' : `hidden.${l}`;
    constants.push({ name: `${name}.weight`, dimensions: [inputs, outputs], data: weight });
    constants.push({ name: `${name}.bias`, dimensions: [outputs], data: bias });
    const z = last ? heads[graph.head].outputs : `${name}.sum`;
    nodes.push({ type: 'Gemm', inputs: [x, `${name}.weight`, `${name}.bias`], output: z });
    x = z;
    if (last) return;
    nodes.push({ type: graph.activation === 'tanh' ? 'Tanh' : 'Relu', inputs: [z], output: name });
    x = name;
  });
  const width = graph.layers.at(-1)?.outputs ?? 0;
  const outputs = [valueInfo(x, FLOAT, ['N', width])];
  switch (graph.head) {
    case 'diagonalGaussian':
      constants.push({
        name: 'logStd.value',
        dimensions: [width],
        data: graph.logStd ?? new Float32Array(width),
      });
      nodes.push({ type: 'Identity', inputs: ['logStd.value'], output: 'logStd' });
      outputs.push(valueInfo('logStd', FLOAT, [width]));
      break;
    case 'categorical':
      nodes.push({ type: 'Softmax', inputs: [x], output: 'probabilities', attributes: { axis: 1 } });
      nodes.push({ type: 'ArgMax', inputs: [x], output: 'action', attributes: { axis: 1, keepdims: 0 } });
      outputs.push(valueInfo('probabilities', FLOAT, ['N', width]), valueInfo('action', INT64, ['N']));
      break;
    default:
      throw new Error(`no ONNX outputs for a ${graph.head satisfies never}`);
  }
  const input = valueInfo('observation', FLOAT, ['N', graph.layers[0]?.inputs ?? 0]);
  return concatBytes([
    integerField(1, IR_VERSION),
    bytesField(2, 'leash'),
    bytesField(3, LEASH_VERSION),
    bytesField(7, [
      ...nodes.map((node) => bytesField(1, encodeNode(node))),
      bytesField(2, 'policy'),
      ...constants.map((constant) => bytesField(5, encodeConstant(constant))),
      bytesField(11, input),
      ...outputs.map((output) => bytesField(12, output)),
    ]),
    bytesField(8, [bytesField(1, ''), integerField(2, OPSET)]),
    ...metadataOf(graph).map(([key, value]) => bytesField(14, [bytesField(1, key), bytesField(2, value)])),
  ]);
}

/** `metadata_props`: as JSON bounds of actions, [A] each, null where there is none; names of inputs and classes. */
function metadataOf({ actionBounds, names }: ExportedGraph): [string, string][] {
  const { low, high } = actionBounds ?? {};
  return Object.entries({
    ...(actionBounds && { 'action.low': exactJson(low), 'action.high': exactJson(high) }),
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
    nodes.push({ type, inputs, output, attributes });
  };
  step('Cast', ['observation'], 'normalize.double', { to: DOUBLE });
  step('Sub', ['normalize.double', 'normalize.mean'], 'normalize.centered');
  step('Div', ['normalize.centered', 'normalize.deviation'], 'normalize.scaled');
  step('Clip', ['normalize.scaled', 'normalize.low', 'normalize.high'], 'normalize.clipped');
  step('Cast', ['normalize.clipped'], 'normalize', { to: FLOAT });
  return 'normalize';
}

function encodeNode({ type, inputs, output, attributes = {} }: Node): Uint8Array[] {
  return [
    ...inputs.map((input) => bytesField(1, input)),
    bytesField(2, output),
    bytesField(3, output),
    bytesField(4, type),
    ...Object.entries(attributes).map(([name, value]) =>
      bytesField(5, [bytesField(1, name), integerField(3, value), integerField(20, 2)]),
    ),
  ];
}

function encodeConstant({ name, dimensions, data }: Constant): Uint8Array[] {
  const double = data instanceof Float64Array;
  return [
    ...dimensions.map((size) => integerField(1, size)),
    integerField(2, double ? DOUBLE : FLOAT),
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
