import type { RunFinal, RunRecord } from '../run/record.ts';
import type { Watch } from './watch.ts';

/** What a record says that no training determines: docs/cli.md says of each why. */
const TOLD = [
  'versions',
  'platform',
  'engine',
  'tfjsBackend',
  'fastMath',
  'threads',
  'startedAt',
  'finishedAt',
  'seconds',
  'tags',
  'note',
] as const satisfies readonly (keyof RunRecord)[];
type Told = (typeof TOLD)[number];

/** All the rest of it. */
export type Determined = Omit<RunRecord, Told>;

/** What is added to a record has to be made again, or is told. */
type Each = { readonly [Field in Exclude<keyof RunRecord, Told>]: RunRecord[Field] };

/** Warnings that hang on where a run was gone on with, or made longer. */
const OF_PARTS: ReadonlySet<string> = new Set(['collapsedEntropy', 'deadGradients']);

/** What is known of a run made again without an update. */
export type Known = Pick<Each, 'name' | 'seed' | 'updatesPlanned' | 'referenceSha256' | 'module' | 'files'>;

/** What its updates came to. */
export interface Outcome {
  readonly updates: number;
  readonly steps: number;
  /** These two are not known from a checkpoint on. */
  readonly episodes?: number;
  readonly final?: RunFinal;
  readonly best: RunRecord['best'];
  readonly warnings: Watch['warnings'];
  readonly parametersSha256: string;
}

/** Whether it says so: all that a run writes at its end is there then. */
export function hasEnded({ status }: Pick<RunRecord, 'status'>): boolean {
  return status === 'completed' || status === 'interrupted';
}

/** The record that a run made again would have, as far as that can be known; the rest is as it stands there. */
export function recordAgain(record: RunRecord, known: Known, outcome: Outcome): Determined {
  const { status, failure, final, parent } = record;
  // What is written before the first update says how the run began, or was gone on with.
  if (!hasEnded(record) && final === undefined) {
    const { name, seed, module } = known;
    return { ...record, name, seed, module };
  }
  const isFailed = status === 'failed' && failure !== undefined;
  const isEnd = outcome.updates === known.updatesPlanned;
  return {
    ...known,
    status: isFailed || hasEnded(record) ? status : isEnd ? 'completed' : 'interrupted',
    failure: isFailed ? failure : undefined,
    kind: undefined,
    // Refused where it is not that of parent.safetensors.
    parent,
    updates: outcome.updates,
    steps: outcome.steps,
    episodes: outcome.episodes ?? record.episodes,
    final: outcome.final ?? final,
    warnings: outcome.warnings,
    // A failure may come between an evaluation and its row, or in the midst of an update.
    best: isFailed ? record.best : outcome.best,
    parametersSha256: isFailed ? record.parametersSha256 : outcome.parametersSha256,
  } satisfies Each;
}

/** What training determines of a record, by path: `final.klOldNewMax`. */
export function cellsOfRecord({ warnings = [], ...record }: Determined): Readonly<Record<string, unknown>> {
  const determined = Object.entries(record).filter(([name]) => !TOLD.some((told) => told === name));
  const compared = warnings.filter(({ kind }) => !OF_PARTS.has(kind));
  return Object.fromEntries(
    [...determined, ['warnings', compared] as const].flatMap(([name, value]) => cellsIn(name, value)),
  );
}

function cellsIn(path: string, value: unknown): [string, unknown][] {
  if (typeof value !== 'object' || value === null) return [[path, value]];
  return Object.entries(value).flatMap(([name, inner]) => cellsIn(`${path}.${name}`, inner));
}
