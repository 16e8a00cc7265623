import { parseBySchema } from '../config/parse-by-schema.ts';
import { isTree } from '../config/problem.ts';
import type { RecordedModule } from './changed-module.ts';
import * as z from '../packages/zod.ts';

/** How a run stands. */
export type RunStatus = 'running' | 'completed' | 'interrupted' | 'failed';

/**
 * How a run stands. `run.json` keeps what it was told last, which is `running` where nobody could write the end:
 * then its owner decides between alive and dead.
 */
export const standings = ['alive', 'completed', 'interrupted', 'failed', 'dead'] as const;
export type RunStanding = (typeof standings)[number];

/** Figures over a whole run; `run.json` holds them once it has ended. */
export interface RunFinal {
  /** Mean raw return of the episodes finished in the last tenth of the updates; null when none did. */
  readonly returnMeanLastTenth: number | null;
  /** Mean over the updates. */
  readonly klOldNewMean: number;
  /** The largest KL of an update that δ bounds: a mean over states, or with `trustRegion.over` that of a state. */
  readonly klOldNewMax: number;
  readonly updatesOutsideDelta: number;
  /** Mean over the updates, share; there with a projection alone. */
  readonly statesOutsideProjection?: number | undefined;
  readonly gradientStepsPlanned: number;
  readonly gradientStepsApplied: number;
}

/** What `run.json` says of every run, be it of `train` or of `fit`. */
export interface RecordOfRun {
  readonly name: string;
  readonly seed: number;
  readonly status: RunStatus;
  /** What stopped a failed run, one line. */
  readonly failure?: string | undefined;
  readonly versions: { readonly leash: string; readonly node: string; readonly v8: string };
  readonly platform: string;
  readonly engine: string;
  /** What of TensorFlow.js computed, where the engine is tfjs. */
  readonly tfjsBackend?: string | undefined;
  /** `--fast-math`: the rows are not the same bytes on every machine. */
  readonly fastMath?: boolean | undefined;
  /** `--threads`, and the updates in which the value network had a thread of its own. No result depends on it. */
  readonly threads?: { readonly setting: 1 | 2 | 'auto'; readonly updatesOnTwo: number } | undefined;
  readonly startedAt: string;
  readonly finishedAt?: string | undefined;
  readonly seconds?: number | undefined;
  readonly updatesPlanned: number;
  readonly updates: number;
  /** Where the run begins, if it is a branch of another. */
  readonly parent?: Parent | undefined;
  /** `--tag` and `--note`. */
  readonly tags?: readonly string[] | undefined;
  readonly note?: string | undefined;
  /** SHA-256 of the final parameters, policy then value where there are two networks, float32 little-endian. */
  readonly parametersSha256?: string | undefined;
}

/** The run that another branched off from. */
export interface Parent {
  /** `NAME/seed-N` */
  readonly run: string;
  /** After which of its updates; rows of the branch begin with the next. */
  readonly update: number;
  /** Of the checkpoint, which the branch holds as `parent.safetensors`. */
  readonly sha256: string;
}

/** `run.json` of `train`. */
export interface RunRecord extends RecordOfRun {
  /** SHA-256 of the parameters of the policy that it is held near (reference.safetensors), where it is near one. */
  readonly referenceSha256?: string | undefined;
  /** Absent of a training. `clone`: its policy was learned from another's; rows are those of a fit. */
  readonly kind?: 'fit' | 'clone' | undefined;
  readonly steps: number;
  readonly episodes: number;
  readonly final?: RunFinal | undefined;
  /** What looked wrong on the way, each kind once. */
  readonly warnings?: readonly Warning[] | undefined;
  /** The file that the environment is of, where it is no built-in one. */
  readonly module?: RecordedModule | undefined;
  /** Of the other files that its config names and that it began with: setting → SHA-256 of the parameters in it. */
  readonly files?: Readonly<Record<string, string>> | undefined;
  /** The best evaluation, whose policy is policy-best.safetensors; the first of several with the same mean. */
  readonly best?: BestEvaluation | undefined;
}

/** Kinds of `Warning`; docs/metrics.md has their thresholds. */
export const warningKinds = [
  'collapsedEntropy',
  'explodingKl',
  'deadGradients',
  'betaAtBound',
  'learningRateAtBound',
  'smallStandardDeviation',
] as const;

/** What looks wrong in a run that goes on. */
export interface Warning {
  readonly kind: (typeof warningKinds)[number];
  /** The first update in which it did. */
  readonly update: number;
  /** One line with its figures. */
  readonly message: string;
}

/** An evaluation in the course of training, and the policy that it was of. */
export interface BestEvaluation {
  readonly update: number;
  readonly steps: number;
  readonly episodes: number;
  readonly returnMean: number;
  /** Of that policy's parameters. */
  readonly parametersSha256: string;
}

/** A number as `encodeJson` writes it: NaN and ±Infinity are strings. */
const figure = z.union([z.number(), z.enum(['NaN', 'Infinity', '-Infinity']).transform(Number)]);
const count = z.int().min(0);

const parent = z.looseObject({
  run: z.string(),
  update: count,
  sha256: z.string(),
});

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
  parent: parent.optional(),
  tags: z.array(z.string()).optional(),
  note: z.string().optional(),
  parametersSha256: z.string().optional(),
};

const final = z.looseObject({
  returnMeanLastTenth: z.union([figure, z.null()]),
  klOldNewMean: figure,
  klOldNewMax: figure,
  updatesOutsideDelta: count,
  statesOutsideProjection: figure.optional(),
  gradientStepsPlanned: count,
  gradientStepsApplied: count,
});

const best = z.looseObject({
  update: count,
  steps: count,
  episodes: count,
  returnMean: figure,
  parametersSha256: z.string(),
});

const warning = z.looseObject({ kind: z.enum(warningKinds), update: count, message: z.string() });

/** `run.json` of `train`, as this leash and older ones wrote it; what newer ones add is let pass. */
const trainSchema = z.looseObject({
  ...shared,
  referenceSha256: z.string().optional(),
  kind: z.enum(['clone']).optional(),
  steps: count,
  episodes: count,
  final: final.optional(),
  module: z.looseObject({ id: z.string(), sha256: z.string() }).optional(),
  files: z.record(z.string(), z.string()).optional(),
  best: best.optional(),
  warnings: z.array(warning).optional(),
});

/** Updates that the run made itself: of a branch those after its parent's. */
export function ownUpdates({ updates, parent }: Pick<RecordOfRun, 'updates' | 'parent'>): number {
  return updates - (parent?.update ?? 0);
}

/** The parent that a `run.json` names, whatever else it holds; none where it is damaged. */
export function writtenParent(written: unknown): Parent | undefined {
  return parent.safeParse((written as { parent?: unknown } | null | undefined)?.parent).data;
}

/** `run.json` of `fit`. */
const fitSchema = z.looseObject({
  ...shared,
  kind: z.enum(['fit']),
  final: z.looseObject({ crossEntropy: figure, entropyOfTarget: figure, kl: figure, accuracy: figure }),
});

/**
 * The record that a `run.json` holds, of `train`, `clone` or `fit`: the inverse of `encodeJson`, checked.
 * @param place how errors call the file
 * @throws UserError in one line when it is damaged
 */
export function parseRecord(written: unknown, place: string): RunRecord {
  const isFit = isTree(written) && written.kind === 'fit';
  return isFit
    ? (parseBySchema(fitSchema, written, place) as unknown as RunRecord)
    : (parseBySchema(trainSchema, written, place) as RunRecord);
}
