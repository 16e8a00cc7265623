import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { environmentOptions } from '../../envs/environment-options.ts';
import { codeOf, gymnasiumId } from '../config/environment-name.ts';
import type { Config } from '../config/schema.ts';
import { stepsPerUpdate } from '../config/updates.ts';
import { engineTraits } from '../network/engine-traits.ts';
import type { Engine } from '../network/network.ts';
import { branchToResume, findBranch, type FoundBranch } from '../node/branch.ts';
import { nodeHost } from '../node/host.ts';
import { listenForOutsideErrors } from '../node/outside-error.ts';
import { type Environments, openEnvironments, withModule } from '../node/environments.ts';
import { readRecord } from '../node/read-record.ts';
import { requireInputsKept, requireKept } from '../node/replacement.ts';
import {
  type FoundPoint,
  findResumePoint,
  isCompleted,
  pointToResume,
  requireSameComputer,
} from '../node/resume-point.ts';
import { type CriticWorker, startCriticThread } from '../node/start-critic-thread.ts';
import type { Threads } from '../parallel/executor.ts';
import type { EnvironmentDefinition } from '../rollout/environment.ts';
import { encodeJson } from '../row/json.ts';
import { labelsOf, type RunLabels } from '../run/labels.ts';
import { experimentHolding } from '../run/output-file.ts';
import { createRun, pathOfRun, reopenRun } from '../run/run-directory.ts';
import type { RunWriter } from '../run/run-writer.ts';
import { estimateMemory, spacesOf } from '../train/memory-estimate.ts';
import { computerOf } from '../train/keeper.ts';
import { train } from '../train/train.ts';
import { mayTakeLong } from '../train/update-size.ts';
import { oneLine, UserError } from '../user-error.ts';
import type { Surroundings } from './command.ts';
import { overridesOf, wholeNumber } from './flag-values.ts';
import { type GivenTraining, readTraining } from './read-training.ts';
import { engineOfRun, threadsOf } from './engine-of-run.ts';
import { givenRun } from './given-run.ts';
import { requireMemory, threadsWithAddresses } from './memory.ts';
import { print, printJson } from './print/print.ts';
import { startDisplay, summaryOf } from './print/training.ts';
import type { RunDisplay } from './run-progress.ts';

/** What `leash train` was told. */
export interface TrainGiven extends GivenTraining, OutputGiven {
  readonly from?: string | undefined;
  readonly runs: string;
  readonly name?: string | undefined;
  readonly replace?: boolean | undefined;
  readonly resume?: boolean | undefined;
  readonly tag?: string | string[] | undefined;
  readonly note?: string | undefined;
  readonly fastMath?: boolean | undefined;
}

/** What `leash resume` was told. */
export interface ResumeGiven extends OutputGiven {
  /** Its folder. */
  readonly RUN: string;
  readonly steps?: string | undefined;
  /** The file that its environment is of, which is run. */
  readonly env?: string | undefined;
}

/** How a run is made, and what is printed of it. */
interface OutputGiven {
  readonly threads: string;
  readonly quiet?: boolean | undefined;
  readonly json?: boolean | undefined;
}

/** A run to make, or to go on with. */
interface RunToMake extends OutputGiven {
  /** How errors call what it is made of. */
  readonly place: string;
  readonly config: Config;
  readonly definition: EnvironmentDefinition;
  readonly fastMath?: boolean | undefined;
  readonly point: FoundPoint | undefined;
  /** What a new one begins with, where that is the state of another. */
  readonly beginning?: FoundBranch | undefined;
  /** What is said of it; of one that goes on, in place of what was said before. */
  readonly labels: RunLabels;
  /** Its folder. */
  readonly path: string;
  /** Makes the folder, where the run is new. */
  readonly create: () => RunWriter;
}

/**
 * `leash train`, with all that it needs: one module, so that it can be bundled into one file, which is loaded a tenth of
 * a second sooner than its hundred.
 * @param prepared a thread for the critic, ended where the run has no use for it
 * @returns the exit code
 */
export async function trainHere(
  given: TrainGiven,
  prepared: CriticWorker | undefined,
  surroundings: Surroundings,
): Promise<number> {
  const { from } = given;
  return await (from === undefined
    ? trainConfig(given, prepared, surroundings)
    : trainBranch({ ...given, from }, prepared, surroundings));
}

async function trainConfig(
  given: TrainGiven,
  prepared: CriticWorker | undefined,
  surroundings: Surroundings,
): Promise<number> {
  const { replace } = given;
  const environments = openEnvironments();
  const { config, place, name: usual } = await readTraining(given, environments);
  const name = given.name ?? usual;
  const path = pathOfRun(given.runs, name, config.seed);
  const labels = labelsOf(given);
  const point = given.resume ? pointToResume(path, config, environmentOptions) : undefined;
  if (point === 'completed') {
    prepared?.terminate();
    return await showCompleted(path, config, given, environments);
  }
  const elsewhere = runElsewhere(config, given, prepared, surroundings);
  if (elsewhere !== undefined) return await elsewhere;
  const definition = await environments.resolve(config.environment);
  const create = (): RunWriter => {
    requireInputsKept(config, path, replace);
    return createRun(given.runs, name, config, { replace, labels });
  };
  return await runHere(
    { ...given, place, config, definition, point, labels, path, create },
    prepared,
    surroundings,
  );
}

/** `leash train --from RUN@UPDATE` */
async function trainBranch(
  given: TrainGiven & { readonly from: string },
  prepared: CriticWorker | undefined,
  surroundings: Surroundings,
): Promise<number> {
  if (given.CONFIG !== undefined)
    throw new UserError(
      `--from ${given.from} has the config of its run, CONFIG is ${given.CONFIG}: leave it out, and say with --set what shall be another`,
    );
  const place = givenRun(given.from, given.runs);
  // A branch stays in the world of its run: --env says where the file of that is.
  const overrides = overridesOf({ ...given, env: undefined });
  const found = findBranch(place, { overrides }, environmentOptions);
  const elsewhere = runElsewhere(found.config, given, prepared, surroundings);
  if (elsewhere !== undefined) return await elsewhere;
  const environments = openEnvironments();
  const { module } = found.point.checkpoint;
  const { definition } = await environments.ofRun(
    { path: place, config: found.config, record: { module } },
    given.env,
  );
  const config = withModule(found.config, definition);
  const beginning = { ...found, config };
  const { from } = beginning;
  const name = given.name ?? beginning.name;
  const path = pathOfRun(given.runs, name, config.seed);
  const labels = labelsOf(given);
  const point = given.resume ? branchToResume(path, beginning, environmentOptions) : undefined;
  if (point === 'completed') {
    prepared?.terminate();
    return await showCompleted(path, config, given, environments);
  }
  const fastMath = given.fastMath ?? beginning.fastMath;
  requireKept('--from', place, path, given.replace);
  const create = (): RunWriter =>
    createRun(given.runs, name, config, { replace: given.replace, labels, from });
  const run = { ...given, place, config, definition, fastMath, point, beginning, labels, path, create };
  return await runHere(run, prepared, surroundings);
}

/** `leash resume`: as `trainHere`. */
export async function resumeHere(
  given: ResumeGiven,
  prepared: CriticWorker | undefined,
  surroundings: Surroundings,
): Promise<number> {
  const { RUN: path } = given;
  const steps = given.steps === undefined ? undefined : wholeNumber('steps', given.steps, 1, 1e12);
  const point = findResumePoint(path, { environments: environmentOptions, steps });
  requireOwnSteps(path, point);
  const elsewhere = runElsewhere(point.config, given, prepared, surroundings);
  if (elsewhere !== undefined) return await elsewhere;
  const record = { module: point.checkpoint.module };
  const { definition } = await openEnvironments().ofRun({ path, config: point.config, record }, given.env);
  const config = withModule(point.config, definition);
  if (isCompleted(path, config)) {
    const { update } = point.cut;
    throw new UserError(
      `${path} is completed: ${update} updates, ${update * stepsPerUpdate(config)} steps; --steps N with more goes on with it`,
    );
  }
  const { fastMath } = point.checkpoint.computer;
  const create = (): RunWriter => {
    throw new Error('a run that goes on is not created');
  };
  return await runHere(
    {
      ...given,
      place: path,
      config,
      definition,
      fastMath,
      point: { ...point, config },
      labels: {},
      path,
      create,
    },
    prepared,
    surroundings,
  );
}

/** @throws UserError for a run of an experiment that would become longer than the others: the experiment could not go on */
function requireOwnSteps(path: string, { config, checkpoint, cut }: FoundPoint): void {
  const experiment = experimentHolding(path);
  if (experiment === undefined || config.steps === checkpoint.config.steps) return;
  throw new UserError(
    `--steps ${config.steps}: ${path} is a run of the experiment ${experiment}, planned with ${checkpoint.config.steps} steps; leash train --from ${path}@${cut.update} --steps ${config.steps} goes on from it elsewhere`,
  );
}

/** `leash train --resume` where nothing is left to do. */
async function showCompleted(
  path: string,
  config: Config,
  given: OutputGiven,
  environments: Environments,
): Promise<number> {
  findResumePoint(path, { environments: environmentOptions, config });
  const record = readRecord(join(path, 'run.json'));
  if (given.json) printJson(encodeJson({ path, ...record }));
  else if (!given.quiet) {
    const definition = await environments.resolve(config.environment);
    const best = definition.bestReturn(config.environment.options);
    print(
      [
        `${path} is completed already`,
        ...summaryOf(record, path, config.trustRegion, best, codeOf(config.environment)),
      ].join('\n'),
    );
  }
  return 0;
}

/**
 * A run whose environment Python runs is made on a thread of its own: this one hears signals while Python is waited for.
 * @returns undefined where this is that thread, or the environment is no such
 */
function runElsewhere(
  { environment }: Config,
  { quiet, json }: OutputGiven,
  prepared: CriticWorker | undefined,
  { onOwnThread }: Surroundings,
): Promise<number> | undefined {
  if (onOwnThread === undefined || gymnasiumId(environment) === undefined) return undefined;
  prepared?.terminate();
  return onOwnThread((quiet || json) ?? false);
}

async function runHere(
  run: RunToMake,
  prepared: CriticWorker | undefined,
  { listen, onOwnThread }: Surroundings,
): Promise<number> {
  const { config, definition, point, beginning, path } = run;
  const isSilent = (run.quiet || run.json) ?? false;
  if (onOwnThread !== undefined && mayTakeLong(config, definition)) {
    prepared?.terminate();
    return await onOwnThread(isSilent);
  }
  const { engine, threads } = await engineAndThreads(config, definition, run);
  if (point) requireSameComputer(path, point.checkpoint.computer, computerOf(engine, nodeHost));
  if (threads === 1 || !engineTraits[engine.name].runsOnThreads) prepared?.terminate();
  // Printed at the end: what is wrong with it is told before anything is trained.
  if (!isSilent && definition.module !== undefined) definition.bestReturn(config.environment.options);
  const outside = listen(isSilent);
  const errors = listenForOutsideErrors();
  let display: RunDisplay | undefined;
  // What the signal's listener prints.
  outside.signal.addEventListener('abort', () => display?.leave());
  let stopNoting = (): void => {};
  const noting = (directory: RunWriter): RunWriter => {
    stopNoting = outside.onLostStream((notice) => directory.log.warn(notice));
    return directory;
  };
  try {
    const directory = point ? () => noting(reopen(point, run.labels)) : noting(run.create());
    if (point) tellPassedOver(point);
    const parent = beginning?.from.parent;
    display = isSilent ? undefined : startDisplay(config, path, point?.cut.update, parent);
    const record = await train({
      config,
      definition,
      engine,
      directory,
      resumed: point ?? beginning?.point,
      host: nodeHost,
      second: threads === 1 ? undefined : { threads, start: () => prepared ?? startCriticThread() },
      signal: outside.signal,
      ...{ failed: errors.failed, onExit: errors.onExit },
      onNotice: (notice) => {
        if (isSilent) return;
        process.stderr.write(`${oneLine(`leash: ${notice}`)}\n`);
        display?.leave();
      },
      onUpdate: (row, timing, updates) => {
        display?.update(row, timing, updates);
      },
    });
    stopNoting();
    display?.end();
    if (run.json) printJson(encodeJson({ path, ...record }));
    else if (!run.quiet) {
      const best = definition.bestReturn(config.environment.options);
      print(summaryOf(record, path, config.trustRegion, best, codeOf(config.environment)).join('\n'));
    }
    // A signal that came meanwhile is heard before the command ends as if there had been none.
    await setImmediate();
    const late = errors.failed();
    if (late !== undefined) throw late;
    return outside.exitCode();
  } finally {
    display?.end();
    errors.stopListening();
    outside.stopListening();
  }
}

function reopen({ path, name, config, cut, passedOver }: FoundPoint, labels: RunLabels): RunWriter {
  const directory = reopenRun(path, name, config, cut, labels);
  for (const line of passedOver) directory.log.warn(line);
  return directory;
}

/** Which checkpoint is used where it is not the newest. */
function tellPassedOver({ passedOver, cut }: FoundPoint): void {
  for (const line of passedOver)
    process.stderr.write(`${oneLine(`leash: ${line}; the checkpoint of update ${cut.update} is used`)}\n`);
}

/** What computes the run, and on how many threads. @throws UserError for what does not go together, or into memory */
async function engineAndThreads(
  config: Config,
  definition: EnvironmentDefinition,
  given: RunToMake,
): Promise<{ engine: Engine; threads: Threads }> {
  const engine = await engineOfRun(config, given.fastMath);
  const threads = threadsWithAddresses(threadsOf(given.threads), engine.name);
  if (threads === 2 && !engineTraits[engine.name].runsOnThreads)
    throw new UserError('--threads 2 is for the engines wasm and reference; TensorFlow.js has one thread');
  const spaces = spacesOf(definition, config);
  requireMemory(estimateMemory(config, definition, spaces, threads), given.place);
  return { engine, threads };
}
