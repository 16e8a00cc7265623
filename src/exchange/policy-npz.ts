import { parseJson } from '../config/json.ts';
import { parseBySchema } from '../config/parse-by-schema.ts';
import { exactJson } from '../formats/exact-json.ts';
import * as z from '../packages/zod.ts';
import { headKinds } from '../policy/head.ts';
import { observationWrappersSchema } from '../run/observation-wrappers.ts';
import type { LoadedPolicy } from '../run/policy-file.ts';
import { requireFinite } from '../run/policy-file.ts';
import { UserError } from '../user-error.ts';
import { float32Of, type Npz, type NumpyArray, writeNpz } from './npz.ts';
import {
  type DenseLayer,
  type ExportedGraph,
  type NetworkGraph,
  type PolicyGraph,
  policyOfGraph,
} from './policy-graph.ts';

export const POLICY_NPZ = 'leash-policy-npz-1';

/** What stands in the place of a bound that is not there, as Gymnasium has it. */
const NO_BOUND = { low: Number.NEGATIVE_INFINITY, high: Number.POSITIVE_INFINITY } as const;

/** The arrays of a policy by name, its value network's with `value.` before it, and what they mean as texts. */
export function policyNpz(graph: ExportedGraph): Uint8Array<ArrayBuffer> {
  const { head, activation, normalization, logStd, value, names } = graph;
  const { observationWrappers, actionBounds, choices, masked, tokens } = graph;
  const content: Record<string, NumpyArray | string> = { ...arraysOf(graph, '') };
  if (logStd) content.logStd = { shape: [logStd.length], data: logStd };
  if (normalization) {
    const { mean, deviation, clip, moments } = normalization;
    const one = (number: number): NumpyArray => ({ shape: [], data: Float64Array.of(number) });
    content['observation.mean'] = { shape: [mean.length], data: mean };
    content['observation.deviation'] = { shape: [mean.length], data: deviation };
    content['observation.clip'] = one(clip);
    content['observation.count'] = one(moments.count);
    content['observation.squares'] = { shape: [mean.length], data: Float64Array.from(moments.squares) };
  }
  if (actionBounds)
    for (const side of ['low', 'high'] as const) {
      const data = Float64Array.from(actionBounds[side], (bound) => bound ?? NO_BOUND[side]);
      content[`action.${side}`] = { shape: [data.length], data };
    }
  if (choices) content['action.choices'] = { shape: [choices.length], data: Float64Array.from(choices) };
  const said = names && { inputs: JSON.stringify(names.inputs), classes: JSON.stringify(names.classes) };
  const words = {
    format: names === undefined ? POLICY_NPZ : 'leash-model-npz-1',
    head,
    activation,
    ...said,
    ...(masked && { masked: 'True' }),
    ...(observationWrappers && { observationWrappers: exactJson(observationWrappers) }),
    ...(tokens && { tokens: JSON.stringify(tokens) }),
  };
  if (value === undefined) return writeNpz({ ...content, ...words });
  return writeNpz({
    ...content,
    ...arraysOf(value, 'value.'),
    ...words,
    'value.activation': value.activation,
  });
}

function arraysOf({ layers }: NetworkGraph, prefix: string): Record<string, NumpyArray> {
  const arrays: Record<string, NumpyArray> = {};
  layers.forEach(({ inputs, outputs, weight, bias }, l) => {
    const name = `${prefix}${l === layers.length - 1 ? 'output' : `hidden.${l}`}`;
    arrays[`${name}.weight`] = { shape: [inputs, outputs], data: weight };
    arrays[`${name}.bias`] = { shape: [outputs], data: bias };
  });
  return arrays;
}

/** Reads what `policyNpz` wrote. @param place how errors call it @throws UserError naming the array or word that is wrong */
export function readPolicyNpz({ arrays, words }: Npz, place: string): LoadedPolicy {
  const unread = new Set([...arrays.keys()]);
  const take = (name: string): NumpyArray => {
    const array = arrays.get(name);
    if (array === undefined)
      throw new UserError(`it has no array ${name}; there are ${[...arrays.keys()].join(', ') || 'none'}`);
    unread.delete(name);
    return array;
  };
  const network = (prefix: string): NetworkGraph => {
    let hidden = 0;
    while (arrays.has(`${prefix}hidden.${hidden}.weight`)) hidden++;
    const names = [...Array.from({ length: hidden }, (_, l) => `hidden.${l}`), 'output'];
    return {
      activation: wordOf(words, `${prefix}activation`, ['tanh', 'relu']),
      layers: names.map((name) => layerOf(prefix + name, take)),
    };
  };
  const numbers = (name: string, dimensions: number): Float64Array => {
    const array = take(name);
    if (array.shape.length !== dimensions)
      throw shapeError(name, array, dimensions === 0 ? '[]' : '[inputs]');
    requireFinite(name, array);
    return Float64Array.from(array.data);
  };
  const normalization = (): PolicyGraph['normalization'] => {
    const mean = numbers('observation.mean', 1);
    const squares = numbers('observation.squares', 1);
    const [count = 0] = numbers('observation.count', 0);
    const [clip = 0] = numbers('observation.clip', 0);
    if (squares.length !== mean.length)
      throw shapeError('observation.squares', take('observation.squares'), `[${mean.length}]`);
    const least = squares.reduce((low, each) => Math.min(low, each), count);
    if (least < 0) throw new UserError(`observation.count and .squares must be ≥ 0, got ${least}`);
    const deviation = numbers('observation.deviation', 1);
    return { mean, deviation, clip, moments: { count, mean: [...mean], squares: [...squares] } };
  };
  const bounds = (side: 'low' | 'high'): (number | null)[] => {
    const array = take(`action.${side}`);
    if (array.shape.length !== 1) throw shapeError(`action.${side}`, array, '[outputs]');
    const finite = Array.from(array.data, (bound) => (bound === NO_BOUND[side] ? null : bound));
    requireFinite(`action.${side}`, {
      shape: array.shape,
      data: Float64Array.from(finite, (bound) => bound ?? 0),
    });
    return finite;
  };
  const choices = (): number[] => {
    const values = numbers('action.choices', 1);
    const wrong = values.find((n) => !(Number.isInteger(n) && n >= 1));
    if (wrong !== undefined) throw new UserError(`action.choices must be whole numbers ≥ 1, got ${wrong}`);
    return [...values];
  };
  const said = Object.fromEntries(
    Object.keys(saidSchema.shape).flatMap((name) => {
      const text = words.get(name);
      return text === undefined ? [] : [[name, parseJson(text, `${place}: its ${name}`)]];
    }),
  );
  const standardised = arrays.has('observation.mean') ? normalization() : undefined;
  const graph: PolicyGraph = {
    head: wordOf(words, 'head', headKinds),
    ...network(''),
    ...(arrays.has('value.output.weight') && { value: network('value.') }),
    ...(arrays.has('logStd') && { logStd: float32Of('logStd', take('logStd')) }),
    ...(standardised && { normalization: standardised }),
    ...(arrays.has('action.low') && { actionBounds: { low: bounds('low'), high: bounds('high') } }),
    ...(arrays.has('action.choices') && { choices: choices() }),
    ...(words.has('masked') && { masked: wordOf(words, 'masked', ['True', 'False']) === 'True' }),
    ...parseBySchema(saidSchema, said, place),
  };
  const [extra] = unread;
  if (extra !== undefined) throw new UserError(`it has the array ${extra}, which no policy of leash has`);
  return policyOfGraph(graph);
}

/** What stands there as JSON. */
const saidSchema = z.strictObject({
  tokens: z.array(z.string()).optional(),
  observationWrappers: observationWrappersSchema.optional(),
});

function layerOf(name: string, take: (name: string) => NumpyArray): DenseLayer {
  const weight = take(`${name}.weight`);
  const bias = take(`${name}.bias`);
  const [inputs = 0, outputs = 0] = weight.shape;
  if (weight.shape.length !== 2) throw shapeError(`${name}.weight`, weight, '[inputs, outputs]');
  if (bias.shape.join() !== `${outputs}`) throw shapeError(`${name}.bias`, bias, `[${outputs}]`);
  return {
    inputs,
    outputs,
    weight: float32Of(`${name}.weight`, weight),
    bias: float32Of(`${name}.bias`, bias),
  };
}

function shapeError(name: string, { shape }: NumpyArray, wanted: string): UserError {
  return new UserError(`${name} must have shape ${wanted}, has [${shape.join(', ')}]`);
}

/** One of the words that a text may be. @throws UserError */
function wordOf<T extends string>(words: Npz['words'], name: string, allowed: readonly T[]): T {
  const word = words.get(name);
  const found = allowed.find((each) => each === word);
  if (found !== undefined) return found;
  throw new UserError(
    `${name} must be ${allowed.slice(0, -1).join(', ')} or ${allowed.at(-1)}, got ${word === undefined ? 'none' : JSON.stringify(word)}`,
  );
}
