import { jsonSchemaOf } from '../config/fields.ts';
import { parseJson } from '../config/json.ts';
import { explainIssues, type Tree } from '../config/problem.ts';
import { exactJson } from '../formats/exact-json.ts';
import { decodeSafetensors, encodeSafetensors, type FloatArray } from '../formats/safetensors.ts';
import { layoutOf } from '../network/layout.ts';
import type { NetworkShape } from '../network/shape.ts';
import * as z from '../packages/zod.ts';
import type { RewardModel } from '../sequence/reward-model.ts';
import { UserError } from '../user-error.ts';

/** One input of a model, and how what is seen becomes what the network takes: (x − mean)·scale. */
export interface ModelInput {
  readonly name: string;
  readonly mean: number;
  /** 1/deviation; 0 of a column that never changes. */
  readonly scale: number;
}

/** A fitted classifier: softmax(network(x)). */
export interface FittedModel {
  readonly shape: NetworkShape;
  readonly parameters: Float32Array;
  /** D of them. */
  readonly inputs: readonly ModelInput[];
  /** K of them. */
  readonly classes: readonly string[];
}

export const FITTED_FORMAT = 'leash-fit-1';

/** As safetensors: `model.hidden.0.weight` [in, out] and so on, float32; what they mean in the metadata, as JSON. */
export function encodeFittedModel({ shape, parameters, inputs, classes }: FittedModel): Uint8Array {
  const arrays = new Map<string, FloatArray>();
  for (const { name, offset, shape: dimensions } of layoutOf(shape).blocks)
    arrays.set(`model.${name}`, {
      shape: dimensions,
      data: parameters.subarray(offset, offset + sizeOf(dimensions)),
    });
  const { inputs: D, hidden, outputs, activation } = shape;
  return encodeSafetensors({
    arrays,
    metadata: {
      format: FITTED_FORMAT,
      shape: JSON.stringify({ inputs: D, hidden, outputs, activation }),
      inputs: exactJson(inputs),
      classes: JSON.stringify(classes),
    },
  });
}

const width = z.int().min(1);
const metadataSchema = z.strictObject({
  shape: z.strictObject({
    inputs: width,
    hidden: z.array(width),
    outputs: width,
    activation: z.enum(['tanh', 'relu']),
  }),
  inputs: z.array(z.strictObject({ name: z.string(), mean: z.number(), scale: z.number().min(0) })),
  classes: z.array(z.string()),
});

/** Reads what `encodeFittedModel` wrote. @param place how errors call the file @throws UserError saying what is wrong */
export function decodeFittedModel(bytes: Uint8Array, place: string): FittedModel {
  const { arrays, metadata } = decodeSafetensors(bytes, place);
  if (metadata.format !== FITTED_FORMAT)
    throw new UserError(
      `${place}: format in its __metadata__ must be ${FITTED_FORMAT}, got ${metadata.format}`,
    );
  const raw: Tree = {};
  for (const name of Object.keys(metadataSchema.shape)) {
    const text = metadata[name];
    if (text !== undefined) raw[name] = parseJson(text, `${place}: its ${name}`);
  }
  const parsed = metadataSchema.safeParse(raw);
  if (!parsed.success)
    throw new UserError(
      explainIssues(parsed.error.issues, raw, jsonSchemaOf(metadataSchema), () => place)[0] as string,
    );
  const { inputs, classes } = parsed.data;
  const shape = { ...parsed.data.shape, logStd: 0 };
  const require = (what: string, has: number, wanted: number): void => {
    if (has !== wanted)
      throw new UserError(`${what} must be ${wanted}, as its shape says, got ${has} (${place})`);
  };
  require('inputs.length', inputs.length, shape.inputs);
  require('classes.length', classes.length, shape.outputs);
  const { blocks, size } = layoutOf(shape);
  require('the number of arrays', arrays.size, blocks.length);
  const parameters = new Float32Array(size);
  for (const { name, offset, shape: dimensions } of blocks) {
    const array = arrays.get(`model.${name}`);
    if (array?.shape.join() !== dimensions.join())
      throw new UserError(
        `model.${name} must have shape [${dimensions.join(', ')}], has ${array === undefined ? 'none' : `[${array.shape.join(', ')}]`} (${place})`,
      );
    if (!array.data.every(Number.isFinite)) throw new UserError(`model.${name} must be finite (${place})`);
    parameters.set(array.data, offset);
  }
  return { shape, parameters, inputs, classes };
}

/** A reward model as JSON, as the options of a TokenTask take it. */
export function encodeRewardModel(
  { vocabulary, context }: Pick<RewardModel, 'vocabulary' | 'context'>,
  { hidden, activation }: NetworkShape,
  parameters: Float32Array,
): string {
  const model: RewardModel = { vocabulary, context, hidden, activation, parameters: [...parameters] };
  return `${exactJson(model)}\n`;
}

function sizeOf(shape: readonly number[]): number {
  return shape.reduce((product, dimension) => product * dimension, 1);
}
