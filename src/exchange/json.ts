import { parseBySchema } from '../config/parse-by-schema.ts';
import { thousands } from '../elementary/thousands.ts';
import { exactJson } from '../formats/exact-json.ts';
import * as z from '../packages/zod.ts';
import { headKinds } from '../policy/head.ts';
import { actionBoundsSchema } from '../run/action-bounds.ts';
import { observationWrappersSchema } from '../run/observation-wrappers.ts';
import type { LoadedPolicy } from '../run/policy-file.ts';
import { UserError } from '../user-error.ts';
import { type DenseLayer, type ExportedGraph, policyOfGraph } from './policy-graph.ts';

export const POLICY_JSON = 'leash-policy-json-1';

/** The most weights that are written as JSON: of so many, 25 characters each, a text has room. */
const MOST_WEIGHTS = 20_000_000;

/**
 * The policy as JSON that any language can run: weights are arrays of rows [inputs][outputs].
 * @throws UserError where it has more weights than a text has room for
 */
export function policyJson(graph: ExportedGraph): string {
  const all = [...graph.layers, ...(graph.value?.layers ?? [])];
  const count = all.reduce((sum, { weight, bias }) => sum + weight.length + bias.length, 0);
  if (count > MOST_WEIGHTS)
    throw new UserError(
      `it has ${thousands(count)} weights, of which JSON takes at most ${thousands(MOST_WEIGHTS)}: export it as npz, onnx or tfjs`,
    );
  const { head, activation, normalization, layers, logStd, value, names } = graph;
  const { observationWrappers, actionBounds, choices, masked, tokens } = graph;
  const document = {
    format: names === undefined ? POLICY_JSON : 'leash-model-json-1',
    ...names,
    head,
    choices,
    masked,
    tokens,
    activation,
    observationWrappers,
    normalization: normalization && {
      mean: [...normalization.mean],
      deviation: [...normalization.deviation],
      clip: normalization.clip,
      count: normalization.moments.count,
      squares: normalization.moments.squares,
    },
    layers: layers.map(rowsOf),
    logStd: logStd && [...logStd],
    actionBounds,
    value: value && { activation: value.activation, layers: value.layers.map(rowsOf) },
  };
  return `${exactJson(document)}\n`;
}

function rowsOf({ weight, bias, inputs, outputs }: DenseLayer): { weight: number[][]; bias: number[] } {
  const row = (i: number): number[] => [...weight.subarray(i * outputs, (i + 1) * outputs)];
  return { weight: Array.from({ length: inputs }, (_, i) => row(i)), bias: [...bias] };
}

const numbers = z.array(z.number());
const activation = z.enum(['tanh', 'relu']);
const layers = z.array(z.strictObject({ weight: z.array(numbers), bias: numbers }));
const documentSchema = z.strictObject({
  format: z.enum([POLICY_JSON]),
  head: z.enum(headKinds),
  choices: z.array(z.int().min(1)).optional(),
  masked: z.boolean().optional(),
  tokens: z.array(z.string()).optional(),
  activation,
  observationWrappers: observationWrappersSchema.optional(),
  normalization: z
    .strictObject({
      mean: numbers,
      deviation: numbers,
      clip: z.number(),
      count: z.number().min(0),
      squares: z.array(z.number().min(0)),
    })
    .optional(),
  layers,
  logStd: numbers.optional(),
  actionBounds: actionBoundsSchema.optional(),
  value: z.strictObject({ activation, layers }).optional(),
});

/** Reads what `policyJson` wrote. @param written the file's JSON @throws UserError saying what is wrong with it */
export function readPolicyJson(written: Readonly<Record<string, unknown>>, place: string): LoadedPolicy {
  const {
    normalization,
    logStd,
    observationWrappers,
    actionBounds,
    choices,
    masked,
    tokens,
    value,
    ...rest
  } = parseBySchema(documentSchema, written, place);
  return policyOfGraph({
    head: rest.head,
    activation: rest.activation,
    layers: rest.layers.map((each, l) => layerOf(each, `layers.${l}`)),
    ...(value && {
      value: {
        activation: value.activation,
        layers: value.layers.map((each, l) => layerOf(each, `value.layers.${l}`)),
      },
    }),
    ...(logStd && { logStd: Float32Array.from(logStd) }),
    ...(observationWrappers && { observationWrappers }),
    ...(actionBounds && { actionBounds }),
    ...(choices && { choices }),
    ...(masked && { masked }),
    ...(tokens && { tokens }),
    ...(normalization && {
      normalization: {
        mean: Float64Array.from(normalization.mean),
        deviation: Float64Array.from(normalization.deviation),
        clip: normalization.clip,
        moments: momentsOf(normalization),
      },
    }),
  });
}

function momentsOf({ count, mean, squares }: { count: number; mean: number[]; squares: number[] }) {
  if (mean.length === squares.length) return { count, mean, squares };
  throw new UserError(
    `normalization.squares must hold ${mean.length} numbers as mean, has ${squares.length}`,
  );
}

function layerOf({ weight, bias }: { weight: number[][]; bias: number[] }, place: string): DenseLayer {
  const ragged = weight.findIndex((row) => row.length !== bias.length);
  if (ragged >= 0)
    throw new UserError(
      `${place}.weight.${ragged} must hold ${bias.length} numbers as bias, has ${(weight[ragged] as number[]).length}`,
    );
  return {
    inputs: weight.length,
    outputs: bias.length,
    weight: Float32Array.from(weight.flat()),
    bias: Float32Array.from(bias),
  };
}
