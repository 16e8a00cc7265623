import { basename, join } from 'node:path';
import type { Config } from '../config/schema.ts';
import { branchToResume, findBranch, type FoundBranch } from '../node/branch.ts';
import { parseRunAt } from '../node/checkpoints.ts';
import { nodeHost } from '../node/host.ts';
import { loadEngine } from '../node/load-engine.ts';
import { readRecord } from '../node/read-record.ts';
import { requireInputsKept, requireKept } from '../node/replacement.ts';
import { loadRun } from '../node/read-run.ts';
import { type FoundPoint, pointToResume, requireSameComputer } from '../node/resume-point.ts';
import { startCriticThread } from '../node/start-critic-thread.ts';
import type { Threads } from '../parallel/executor.ts';
import type { EnvironmentDefinition } from '../rollout/environment.ts';
import type { MetricsRow } from '../row/metrics.ts';
import type { RunRecord } from '../run/record.ts';
import { createRun, pathOfRun, reopenRun } from '../run/run-directory.ts';
import { computerOf } from '../train/keeper.ts';
import { train as trainInto } from '../train/train.ts';
import { createTraining as createTrainingOn, type Training } from '../train/training.ts';
import { configWith, type Settings } from './config.ts';
import { environmentsWith, optionsWith, type ProgramEnvironments } from './environment.ts';
import { UserError } from '../user-error.ts';

/** What is to be trained. */
export interface TrainingOptions {
  /** A config file, or what one holds. */
  readonly config: string | Partial<Settings>;
  /** An environment of one's own (`defineEnvironment`). */
  readonly environment?: EnvironmentDefinition | undefined;
}

/** What `train` takes. */
export interface TrainOptions extends Omit<TrainingOptions, 'config'> {
  /** A config file, or what one holds; with `from` what is put over the config of that run. */
  readonly config?: string | Partial<Settings>;
  /** `RUN@UPDATE`: the run begins with all of the state that a checkpoint of another has. */
  readonly from?: string | undefined;
  /** Folder of runs; `runs` by default. */
  readonly runs?: string;
  /** Folder of the run inside it: by default the config file's name, `run` without a file. */
  readonly name?: string;
  /** Whether a run that is there and over is made anew in its place. */
  readonly replace?: boolean;
  /** Whether a run that is there goes on from its last checkpoint; one that is completed is left as it is. */
  readonly resume?: boolean;
  /** 2 gives the value network a thread of its own, `auto` does so while that is faster; same results. 1 by default. */
  readonly threads?: Threads;
  /** Aborting finishes the update at hand and ends the run as `interrupted`. */
  readonly signal?: Pick<AbortSignal, 'aborted'> | undefined;
  /** Called when an update's row is on disk. @param updates of the whole run */
  readonly onUpdate?: (row: MetricsRow, updates: number) => void;
}

/** A run that has ended: its `run.json`, and where it is. */
export interface TrainedRun extends RunRecord {
  /** `RUNS/NAME/seed-N` */
  readonly path: string;
}

/**
 * Trains as `leash train` does, into a folder of a run.
 * @throws UserError for a config that is wrong, a run that is there already, or (exit code 1) a quantity that is not
 *   finite: the run is then marked failed and keeps its rows
 */
export async function train(options: TrainOptions): Promise<TrainedRun> {
  const { runs = 'runs', threads = 1, replace, resume, signal, onUpdate } = options;
  if (replace && resume) throw new UserError('the options replace and resume exclude each other');
  const { environment: own } = options;
  const environments = optionsWith(own);
  const known = environmentsWith(own);
  const branch = options.from === undefined ? undefined : branchOf(options.from, options);
  const config = branch?.config ?? (await known.reading((each) => configWith(given(options), each, own)));
  const { definition, engine } = await machineOf(config, known, branch?.fastMath);
  const fileName = typeof options.config === 'string' ? basename(options.config, '.json') : 'run';
  const name = options.name ?? branch?.name ?? fileName;
  const path = pathOfRun(runs, name, config.seed);
  if (branch) requireKept('from', branch.place, path, replace);
  else requireInputsKept(config, path, replace);
  const there = (): FoundPoint | 'completed' | undefined =>
    branch ? branchToResume(path, branch, environments) : pointToResume(path, config, environments);
  const point = resume ? there() : undefined;
  if (point === 'completed') return { ...readRecord(join(path, 'run.json')), path } as TrainedRun;
  if (point) requireSameComputer(path, point.checkpoint.computer, computerOf(engine, nodeHost));
  const record = await trainInto({
    config,
    definition,
    engine,
    directory: point
      ? () => reopenRun(path, name, config, point.cut)
      : createRun(runs, name, config, { replace, from: branch?.from }),
    resumed: point ?? branch?.point,
    host: nodeHost,
    second: threads === 1 ? undefined : { threads, start: startCriticThread },
    signal,
    onUpdate: (row, _timing, updates) => onUpdate?.(row, updates),
  });
  return { ...record, path };
}

/**
 * A training in memory, update by update, without a folder. The caller ends it with `dispose`.
 * @throws UserError for a config that is wrong
 */
export async function createTraining(options: TrainingOptions): Promise<Training> {
  const { config, definition, engine } = await partsOf(options);
  return createTrainingOn(config, definition, engine, undefined, nodeHost.readInputs(config));
}

/** @throws UserError where neither says what to train */
function given({ config }: TrainOptions): string | Partial<Settings> {
  if (config === undefined) throw new UserError('the option config is missing, and there is no option from');
  return config;
}

function branchOf(place: string, { config, environment }: TrainOptions): FoundBranch {
  if (typeof config === 'string')
    throw new UserError(
      `the option from has the config of ${place}: config must be the settings that shall be others, got the file ${config}`,
    );
  const at = parseRunAt(place);
  const run = at && `${loadRun(at.run).path}@${at.update}`;
  return findBranch(run ?? place, { settings: config }, optionsWith(environment));
}

async function partsOf({ config: written, environment: own }: TrainingOptions) {
  const environments = environmentsWith(own);
  const config: Config = await environments.reading((options) => configWith(written, options, own));
  return { config, ...(await machineOf(config, environments)) };
}

async function machineOf(config: Config, { resolve }: ProgramEnvironments, fastMath?: boolean) {
  const definition = await resolve(config.environment);
  const { engine: name, tfjsBackend } = config;
  return { definition, engine: await loadEngine(name, { tfjsBackend, fastMath }) };
}
