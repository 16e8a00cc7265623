import { readJsonFile } from '../config/json.ts';
import { parseBySchema } from '../config/parse-by-schema.ts';
import { isTree } from '../config/problem.ts';
import * as z from '../packages/zod.ts';
import type { RunRecord } from './run-directory.ts';

/** A number as `encodeJson` writes it: NaN and ±Infinity are strings. */
const figure = z.union([z.number(), z.enum(['NaN', 'Infinity', '-Infinity']).transform(Number)]);
const count = z.int().min(0);

const shared = {
  name: z.string(),
  seed: count,
  status: z.enum(['running', 'completed', 'interrupted', 'failed']),
  failure: z.string().optional(),
  versions: z.looseObject({ leash: z.string(), node: z.string(), v8: z.string() }),
  platform: z.string(),
  engine: z.string(),
  tfjsBackend: z.string().optional(),
  fastMath: z.boolean().optional(),
  threads: z
    .looseObject({ setting: z.union([z.int().min(1).max(2), z.enum(['auto'])]), updatesOnTwo: count })
    .optional(),
  startedAt: z.string(),
  finishedAt: z.string().optional(),
  seconds: figure.optional(),
  updatesPlanned: count,
  updates: count,
  parametersSha256: z.string().optional(),
};

const final = z.looseObject({
  returnMeanLastTenth: z.union([figure, z.null()]),
  klOldNewMean: figure,
  klOldNewMax: figure,
  updatesOutsideDelta: count,
  gradientStepsPlanned: count,
  gradientStepsApplied: count,
});

/** `run.json` of `train`, as this leash and older ones wrote it; what newer ones add is let pass. */
const trainSchema = z.looseObject({ ...shared, steps: count, episodes: count, final: final.optional() });

/** `run.json` of `fit`. */
const fitSchema = z.looseObject({
  ...shared,
  kind: z.enum(['fit']),
  final: z.looseObject({ crossEntropy: figure, entropyOfTarget: figure, kl: figure, accuracy: figure }),
});

/**
 * Reads a `run.json`, of `train` or of `fit`: the inverse of `encodeJson`, checked.
 * @throws UserError in one line when it cannot be read or is damaged
 */
export function readRecord(file: string): RunRecord & { readonly kind?: 'fit' } {
  const written = readJsonFile(file, 'file');
  const isFit = isTree(written) && written.kind === 'fit';
  return isFit
    ? (parseBySchema(fitSchema, written, file) as unknown as RunRecord & { kind: 'fit' })
    : (parseBySchema(trainSchema, written, file) as RunRecord);
}
