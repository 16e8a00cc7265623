import { taskOf } from '../config/task.ts';
import type { Config } from '../config/schema.ts';
import { fileHashesNow } from '../node/file-hashes.ts';
import type { EnvironmentDefinition } from '../rollout/environment.ts';
import { reportRowOf } from '../row/report-row.ts';
import { changedModule, type RecordedModule, recordedModule } from '../run/changed-module.ts';
import type { FileHashes } from '../run/differing-files.ts';
import { changedFile, filesOfRun } from '../run/files-of-run.ts';
import type { RunLabels } from '../run/labels.ts';
import { UserError } from '../user-error.ts';
import type { ExperimentDirectory } from './experiment-directory.ts';
import { requireHeld } from './experiment-lock.ts';
import { type KnownReturns, knownReturns, NOTHING_KNOWN } from './known-returns.ts';
import type { Part } from './experiment-lock.ts';
import { pathOf, readRun } from './planned-run.ts';
import type { PlannedRun, RunPool, TaskOutcome } from './pool.ts';
import type { ReportInput } from './report-data.ts';
import { isOfShard } from './shard.ts';
import type { ResolveEnvironment } from '../wrapper/wrappers.ts';

/** One of the configs compared; its seed is replaced by each of the experiment's. */
export interface Contestant {
  readonly label: string;
  readonly config: Config;
  /** The file that its environment is loaded from, or was; undefined: of a built-in one, or not known. */
  readonly module?: RecordedModule | undefined;
  /** Of a study with worlds: which of its configs this is, and in which world. */
  readonly method?: string | undefined;
  readonly world?: string | undefined;
}

/** Shows an experiment as it goes. */
export interface ExperimentDisplay {
  /**
   * @param updates the updates that each of the runs has done, at the time of the call
   * @param folder that of the options: which part of the experiment this is
   */
  start(
    runs: readonly PlannedRun[],
    reused: number,
    updates: () => readonly number[],
    folder: string | undefined,
  ): void;
  ended(run: PlannedRun, outcome: TaskOutcome): void;
  stop(): void;
}

export interface ExperimentOptions {
  readonly pool: RunPool;
  readonly signal: AbortSignal;
  readonly display?: ExperimentDisplay | undefined;
  /** Told of each run that did not come to its end, or is damaged, and therefore goes on or is made again, in a line. */
  readonly onRemade: (line: string) => void;
  readonly resolve: ResolveEnvironment;
  /** What is said of every run. */
  readonly labels?: RunLabels | undefined;
  /** Of all runs those to make, and who is told what is there then, where others are missing. */
  readonly shard?: (Part & { onMissing(there: RunsThere): void }) | undefined;
  /** Folder in the experiment's under which its runs are: `calibration`, `rung-1`; default: it itself. */
  readonly folder?: string | undefined;
}

/** What of an experiment, or of that part of it whose turn it is, a shard found when it had made its runs. */
export interface RunsThere {
  /** That were planned. */
  readonly all: number;
  /** Of the shard, whole or not. */
  readonly own: number;
  /** Those that are not there whole; of them `ownMissing` are the shard's. */
  readonly missing: readonly PlannedRun[];
  readonly ownMissing: number;
}

/**
 * Makes the runs of every contestant on every seed that are not there yet, seed by seed, and reads all back.
 * @returns undefined when the signal was aborted, or runs of other shards are missing
 * @throws UserError when another config's run is in the way, before any run is made
 */
export async function runExperiment(
  directory: ExperimentDirectory,
  contestants: readonly Contestant[],
  seeds: readonly number[],
  { pool, signal, display, folder, labels, onRemade, resolve, shard }: ExperimentOptions,
): Promise<ReportInput[] | undefined> {
  const root = folder === undefined ? directory.path : `${directory.path}/${folder}`;
  const planned = seeds.flatMap((seed) =>
    contestants.map(({ label, config }) => ({
      root,
      label,
      config: { ...config, seed },
    })),
  );
  const definitions = new Map<string, EnvironmentDefinition>();
  for (const { environment } of contestants.map(({ config }) => config)) {
    const key = taskOf(environment);
    if (!definitions.has(key)) definitions.set(key, await resolve(environment));
  }
  const filesOf = rememberedFiles();
  const own = shard === undefined ? planned : planned.filter((_, place) => isOfShard(shard, place));
  // All is looked at before anything is touched: what is refused loses nothing.
  const found = own.map((run) => {
    const place = directory.placeOf(run);
    if (!place.isToDo || place.resumesFrom !== undefined)
      requireSameFiles(run, definitions.get(taskOf(run.config.environment)), filesOf(run.config));
    return place;
  });
  // What all shards share is written by that which writes the report.
  if (folder === undefined && shard === undefined) directory.marker.keepOrder(contestants);
  directory.marker.write();
  const toDo = own.flatMap((run, i) => {
    const { isToDo, found: words, resumesFrom } = found[i];
    if (!isToDo) return [];
    const resume = resumesFrom !== undefined;
    if (!resume) directory.clear(run);
    const how = resume ? `it goes on from update ${resumesFrom}` : 'the run is made again';
    if (words !== undefined) onRemade(`${words}; ${how}`);
    return [{ ...run, options: { labels, resume, isOfExperiment: true } }];
  });
  const failures = new Map<string, string>();
  if (toDo.length > 0) {
    await pool.make(toDo, {
      held: directory.held,
      signal,
      onStart: (updates) => display?.start(toDo, own.length - toDo.length, updates, folder),
      onEnd: (index, outcome) => {
        if (outcome.failure !== null) failures.set(keyOfRun(toDo[index]), outcome.failure);
        display?.ended(toDo[index], outcome);
      },
    });
    display?.stop();
    requireHeld(directory.held);
  }
  if (signal.aborted) return undefined;
  const missing = shard === undefined ? [] : planned.filter((run) => !directory.isThere(run));
  if (missing.length > 0) {
    const isMissing = new Set(missing);
    const ownMissing = own.filter((run) => isMissing.has(run)).length;
    shard?.onMissing({ all: planned.length, own: own.length, missing, ownMissing });
    return undefined;
  }
  // Points of a sweep mostly share their environment, and the best of it may take a dynamic program.
  const known = new Map<string, KnownReturns>();
  for (const { environment } of contestants.map(({ config }) => config)) {
    const [key, definition] = [taskOf(environment), definitions.get(taskOf(environment))];
    if (!known.has(key) && definition !== undefined)
      known.set(key, knownReturns(definition, environment.options));
  }
  return contestants.map(({ label, config, method, world }, at) => {
    const runs = seeds.map((_, s) => planned[s * contestants.length + at]);
    const definition = definitions.get(taskOf(config.environment));
    return {
      ...{ label, method, world, module: definition && recordedModule(definition) },
      config: { ...config, seed: seeds[0] },
      ...(known.get(taskOf(config.environment)) ?? NOTHING_KNOWN),
      runs: runs.map((run) => readBack(run, folder, failures.get(keyOfRun(run)) ?? null)),
    };
  });
}

/** As `fileHashesNow`, of configs that name the same files once. */
function rememberedFiles(): (config: Config) => FileHashes {
  const known = new Map<string, FileHashes>();
  return (config) => {
    const { network, reference } = config;
    const key = JSON.stringify([network.initialWeights, network.tfjs, reference?.policy]);
    const files = known.get(key) ?? fileHashesNow(config);
    known.set(key, files);
    return files;
  };
}

/** @throws UserError where a run that is there already was made with another file than its config names now */
function requireSameFiles(
  run: PlannedRun,
  definition: EnvironmentDefinition | undefined,
  files: FileHashes,
): void {
  // Nearly all name none: their runs are not read for it.
  if (definition?.module === undefined && Object.keys(files).length === 0) return;
  const record = readRun(run)?.record;
  if (record === undefined) return;
  const path = pathOf(run);
  const changed =
    (definition && changedModule(path, record.module, definition)) ??
    changedFile(path, run.config, filesOfRun(run.config, record), files);
  if (changed !== undefined) throw new UserError(`${changed}; bring it back, or choose another --name`);
}

function keyOfRun({ label, config }: PlannedRun): string {
  return JSON.stringify([label, config.seed]);
}

function readBack(
  run: PlannedRun,
  folder: string | undefined,
  failure: string | null,
): ReportInput['runs'][number] {
  const { root, label, config } = run;
  const own = `${label}/seed-${config.seed}`;
  const path = folder === undefined ? own : `${folder}/${own}`;
  const found = readRun(run);
  const status = found?.record.status ?? 'failed';
  return {
    seed: config.seed,
    path,
    status: status === 'running' ? 'failed' : status,
    // The message names the run by its path, which is said already.
    failure: failure?.replace(`${root}/${own}: `, '').split('\n')[0] ?? null,
    updates: found?.record.updates ?? 0,
    rows: found?.rows.map(reportRowOf) ?? [],
  };
}
