import { parseBySchema } from '../config/parse-by-schema.ts';
import { isTree } from '../config/problem.ts';
import { concatBytes } from '../formats/bytes.ts';
import * as z from '../packages/zod.ts';
import { headKinds } from '../policy/head.ts';
import { actionBoundsSchema } from '../run/action-bounds.ts';
import { observationWrappersSchema } from '../run/observation-wrappers.ts';
import { requireFinite } from '../run/policy-file.ts';
import { UserError } from '../user-error.ts';
import { MOST_NUMBERS, type ModelWeight, type PolicyMetadata } from './layers-model.ts';

/** A LayersModel as its files have it: what the layers are, and their weights. */
export interface StoredLayersModel {
  /** Keras's `{class_name, config}`. */
  readonly topology: { readonly class_name: string; readonly config: unknown };
  readonly weights: readonly ModelWeight[];
  /** What leash wrote beside it, where leash did. */
  readonly metadata?: PolicyMetadata | undefined;
}

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
          observationWrappers: observationWrappersSchema.optional(),
          actionBounds: actionBoundsSchema.optional(),
          choices: z.array(z.int().min(1)).optional(),
          masked: z.boolean().optional(),
          tokens: z.array(z.string()).optional(),
          stateDependentStd: z.boolean().optional(),
          classes: z.array(z.string()).optional(),
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
