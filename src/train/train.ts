import { hasCritic } from '../config/advantage.ts';
import type { Config } from '../config/schema.ts';
import { stepsPerUpdate, updatesOf } from '../config/updates.ts';
import type { Engine } from '../network/network.ts';
import {
  type EnvironmentDefinition,
  EnvironmentError,
  NonFiniteError,
  ThrownError,
} from '../rollout/environment.ts';
import type { MetricsRow } from '../row/metrics.ts';
import type { Timing } from '../row/timing.ts';
import type { Checkpoint } from '../run/checkpoint-file.ts';
import { changedModule, changedVersions, recordedModule } from '../run/changed-module.ts';
import type { FileHashes } from '../run/differing-files.ts';
import { encodePolicy, type LoadedPolicy, parameterBytes, type StoredPolicy } from '../run/policy-file.ts';
import type { RunWriter } from '../run/run-writer.ts';
import type { RunRecord, RunStatus } from '../run/record.ts';
import { Totals } from '../run/totals.ts';
import { UserError } from '../user-error.ts';
import { LEASH_VERSION } from '../version.ts';
import { ThreadLostError } from '../parallel/command-queue.ts';
import type { SecondThread } from '../parallel/executor.ts';
import type { Host } from './host.ts';
import { recordedFiles } from './input-hashes.ts';
import { createKeeper, type Told } from './keeper.ts';
import { createPeriodicEvaluation, type PeriodicEvaluation } from './periodic-evaluation.ts';
import { createTraining, type Training } from './training.ts';
import { createWatch } from './watch.ts';
import type { TrainingSnapshot } from './training-state.ts';

/** A run as it was after an update, its own or one of the run that it is a branch of. */
export interface ResumePoint {
  readonly checkpoint: Checkpoint<TrainingSnapshot>;
  /** Its own of all updates up to it. */
  readonly rows: readonly MetricsRow[];
  /** That they took. */
  readonly seconds: number;
  /** What of its folder is gone that nothing depends on, one line. */
  readonly remark?: string | undefined;
  /** Whether rows go that the checkpoint counts: what goes on from there has one of its own at once. */
  readonly isCutShort?: boolean | undefined;
  /** The policy that it is held near, where its folder or its parent's has that. */
  readonly referencePolicy?: LoadedPolicy | undefined;
}

/** What `train` needs; the caller has chosen environment, engine and place. */
export interface TrainOptions {
  readonly config: Config;
  readonly definition: EnvironmentDefinition;
  readonly engine: Engine;
  /** Where it is written, or what opens that, called when the training could be made. */
  readonly directory: RunWriter | (() => RunWriter);
  /** What it goes on from, with the config that it has now; from its beginning without. */
  readonly resumed?: ResumePoint | undefined;
  readonly host: Host;
  /** One thread without it. */
  readonly second?: SecondThread | undefined;
  /**
   * Aborting finishes the update at hand and ends the run as `interrupted`, in its last update too. Looked at before and
   * after every update, when the event loop has had a turn.
   */
  readonly signal?: Pick<AbortSignal, 'aborted'> | undefined;
  /** What failed meanwhile that no call of the training threw: looked at after every update, and thrown there. */
  readonly failed?: (() => Error | undefined) | undefined;
  /** Calls back where the process ends before the run has, with why: it is marked failed. @returns ends it */
  readonly onExit?: ((listener: (cause: Error) => void) => () => void) | undefined;
  /** Called before the first update with what should be known of the run, a line each. */
  readonly onNotice?: ((notice: string) => void) | undefined;
  /** Called when an update's row is on disk. */
  readonly onUpdate?: (row: MetricsRow, timing: Timing, updates: number) => void;
}

/**
 * Trains to the end (or until the signal aborts), one row on disk before the next update starts, and writes
 * the final policy and `run.json`.
 * @returns the final `run.json`
 * @throws UserError with exit code 1 when a quantity is not finite: names update, quantity and the last good
 *   figures; the run is marked `failed` and keeps the rows it has
 */
export async function train(options: TrainOptions): Promise<RunRecord> {
  const { config, definition, engine, host, second, signal, failed, onExit, onNotice, onUpdate, resumed } =
    options;
  const { training, evaluation, directory, files } = startHeard(options);
  const totals = new Totals(training.updates, resumed && begunAt(resumed));
  for (const row of resumed?.rows ?? []) totals.add(row);
  let best = resumed?.checkpoint.best;
  const startedAt = resumed?.checkpoint.startedAt ?? new Date().toISOString();
  const start = performance.now() - 1000 * (resumed?.seconds ?? 0);
  const updatesOnTwo = (): number => training.updatesOnTwoThreads + (resumed?.checkpoint.updatesOnTwo ?? 0);
  const watch = createWatch(config, training.updates, resumed?.checkpoint.warnings);
  const { warnings } = watch;
  const module = recordedModule(definition);
  const told = (): Told => ({
    startedAt,
    updatesOnTwo: updatesOnTwo(),
    module,
    files,
    versions: definition.versions,
    best,
    warnings,
  });
  const keeper = createKeeper(config, training, engine, directory, host, told);
  const referenceSha256 = training.reference && host.sha256(parameterBytes(training.reference));
  const record = (status: RunStatus, rest: Partial<RunRecord> = {}): RunRecord => ({
    ...headOf(options, directory, status),
    threads: { setting: second?.threads ?? 1, updatesOnTwo: updatesOnTwo() },
    startedAt,
    referenceSha256,
    updatesPlanned: training.updates,
    ...totals.counts(),
    module,
    files,
    best,
    warnings: warnings.length > 0 ? warnings : undefined,
    ...rest,
  });
  const evaluate = ({ update, steps }: MetricsRow): void => {
    if (!evaluation?.isDue(update)) return;
    const stored = training.stored();
    const row = evaluation.play(update, steps, stored);
    const { episodes, returnMean } = row;
    // The policy first: a row that says best promises it.
    if (row.best) {
      directory.writeBestPolicy(encodePolicy(stored), evaluation.isOfEnd(update));
      const parametersSha256 = host.sha256(parameterBytes(stored));
      best = { update, steps, episodes, returnMean, parametersSha256 };
    }
    directory.appendEvaluation(row);
  };
  const end = (status: RunStatus, stored: StoredPolicy | undefined, failure?: string): RunRecord => {
    const final = record(status, {
      failure,
      finishedAt: new Date().toISOString(),
      seconds: (performance.now() - start) / 1000,
      final: totals.final(),
      parametersSha256: stored && host.sha256(parameterBytes(stored)),
    });
    // A record that says completed promises a policy; a failed run on a full disk should at least say so.
    if (status === 'failed') directory.writeRecord(final);
    else keeper.now(totals.updates);
    if (stored !== undefined) directory.writePolicy(encodePolicy(stored));
    if (status !== 'failed') directory.writeRecord(final);
    directory.log.info({ status, ...totals.counts() }, 'ended');
    return final;
  };

  let begun = totals.updates + 1;
  /** Its row stands when an evaluation or a checkpoint fails. */
  const where = (): string => `${totals.updates === begun ? 'after ' : ''}update ${begun}`;
  const failureOf = (cause: unknown): Error => {
    const isNumber = cause instanceof NonFiniteError;
    if (cause instanceof EnvironmentError) return failedIn(directory, where(), totals, cause);
    if (!isNumber && !(cause instanceof ThreadLostError)) return cause as Error;
    const update = keeper.latest ?? resumed?.checkpoint.state.update;
    const { path } = directory;
    const kept =
      update === undefined
        ? ''
        : isNumber
          ? `; leash train --from ${path}@${update} --set … begins before that, otherwise`
          : `; leash resume ${path} goes on from update ${update}`;
    const message = `${path}: ${where()}: ${cause.message}; ${totals.lastGood()}${kept}`;
    return new UserError(message, 1);
  };

  const markFailed = (failure: Error, hasPolicy: boolean): void => {
    try {
      directory.log.error({ update: begun }, failure.message);
      const stored = hasPolicy ? training.stored() : undefined;
      end('failed', stored, failure.message);
    } catch {
      // A full disk takes no policy, and a folder that is another's nothing; the first failure is the one to report.
    }
  };

  const turn = async (): Promise<void> => {
    await host.turn();
    const failure = failed?.();
    if (failure !== undefined) throw failure;
  };

  // In the middle of an update there is no policy.
  const stopHearing = onExit?.((cause) => markFailed(failureOf(cause), false));
  try {
    const from = totals.updates;
    const { parent } = directory;
    if (training.reference && (!resumed || parent?.update === from))
      directory.writeReference(encodePolicy(training.reference));
    directory.writeRecord(record('running'));
    if (resumed?.isCutShort) keeper.now(from);
    if (parent?.update === from)
      directory.log.info({ parent: parent.run, update: from, updates: training.updates }, 'branched');
    else if (resumed) directory.log.info({ update: from, updates: training.updates }, 'resumed');
    else directory.log.info({ environment: definition.id, updates: training.updates }, 'started');
    for (const notice of [
      ...(resumed ? remarksOnGoingOn(training, resumed, definition) : []),
      ...remarksOn(config, definition, training.canSnapshot),
    ]) {
      directory.log.warn(notice);
      onNotice?.(notice);
    }
    // What came while the training was made is heard before the first update.
    await turn();
    for (let update = from + 1; update <= training.updates && !signal?.aborted; update++) {
      begun = update;
      const before = performance.now();
      const row = training.update();
      directory.appendLedger(training.drainLedger());
      directory.appendRow(row);
      totals.add(row);
      for (const { message } of watch.after(row, training.policyHealth()))
        directory.log.warn(`update ${update}: ${message}`);
      const now = performance.now();
      const timing = {
        update,
        seconds: (now - start) / 1000,
        stepsPerSecond: (row.steps / update / (now - before)) * 1000,
      };
      directory.appendTiming(timing);
      evaluate(row);
      keeper.after(update);
      onUpdate?.(row, timing, training.updates);
      await turn();
    }
    return end(signal?.aborted ? 'interrupted' : 'completed', training.stored());
  } catch (cause) {
    const failure = failureOf(cause);
    // The value network is gone with its thread.
    markFailed(failure, !(cause instanceof ThreadLostError));
    throw failure;
  } finally {
    stopHearing?.();
    evaluation?.dispose();
    training.dispose();
    directory.close();
  }
}

/** What was done before the first row of a run that begins with the state of another. */
function begunAt({ checkpoint: { config, state } }: ResumePoint): { updates: number; steps: number } {
  return { updates: state.update, steps: state.update * stepsPerUpdate(config) };
}

/** How a record begins. */
function headOf({ config, definition, engine, host }: TrainOptions, directory: RunWriter, status: RunStatus) {
  return {
    name: directory.name,
    seed: config.seed,
    ...directory.labels,
    parent: directory.parent,
    status,
    versions: { leash: LEASH_VERSION, ...host.versions, ...definition.versions },
    platform: host.platform,
    engine: engine.name,
    tfjsBackend: engine.backend,
    fastMath: engine.fastMath,
  };
}

/** Whether it is what an environment gave, or threw. */
function isOfEnvironment(cause: unknown): cause is NonFiniteError | EnvironmentError {
  return cause instanceof NonFiniteError || cause instanceof EnvironmentError;
}

/** That a run failed by it, with where and after what. */
function failedIn({ path }: RunWriter, where: string, totals: Totals, { message, cause }: Error): UserError {
  const words = `${path}: ${where}: ${message}; ${totals.lastGood()}`;
  return new UserError(words, 1, { cause });
}

/** The folder of a run whose environment failed before the first update. @returns what to tell */
function markFailedAtOnce(options: TrainOptions, directory: RunWriter, cause: Error): UserError {
  const planned = updatesOf(options.config);
  const totals = new Totals(planned, options.resumed && begunAt(options.resumed));
  const update = totals.updates + 1;
  const failure = failedIn(directory, `update ${update}`, totals, cause);
  const now = new Date().toISOString();
  directory.log.error({ update }, failure.message);
  const record: RunRecord = {
    ...headOf(options, directory, 'failed'),
    ...{ startedAt: now, finishedAt: now, failure: failure.message },
    updatesPlanned: planned,
    ...totals.counts(),
    module: recordedModule(options.definition),
  };
  directory.writeRecord(record);
  directory.close();
  return failure;
}

/** The same, the run marked failed where the process ends meanwhile. */
function startHeard(options: TrainOptions): ReturnType<typeof startTraining> {
  const { directory, onExit } = options;
  const stopHearing = onExit?.((cause) => {
    if (typeof directory !== 'function') markFailedAtOnce(options, directory, cause);
  });
  try {
    return startTraining(options);
  } finally {
    stopHearing?.();
  }
}

/** A config that no training can be made of leaves no run behind; an environment that fails leaves one that says so. */
function startTraining(options: TrainOptions): {
  readonly training: Training;
  readonly evaluation: PeriodicEvaluation | undefined;
  readonly directory: RunWriter;
  /** As of `RunRecord`. */
  readonly files: FileHashes | undefined;
} {
  const { config, definition, engine, directory, host, second, resumed } = options;
  let training: Training | undefined;
  try {
    // What it was begun with is in the checkpoint, and the reference in the run's folder: the files may be gone.
    const begun = resumed ? { ...config, network: { ...config.network, initialWeights: null } } : config;
    const referencePolicy = resumed?.referencePolicy;
    const inputs = referencePolicy
      ? { ...host.readInputs({ ...begun, reference: null }), referencePolicy }
      : host.readInputs(begun);
    const made = createTraining(begun, definition, engine, second, inputs);
    training = made;
    if (resumed) restore(made, resumed, definition);
    const greatest = resumed?.checkpoint.best?.returnMean;
    const stored = (): StoredPolicy => made.stored();
    const evaluation = createPeriodicEvaluation(config, definition, engine, made.updates, stored, greatest);
    return {
      training: made,
      files: resumed ? resumed.checkpoint.files : recordedFiles(inputs, host.sha256),
      evaluation,
      directory: typeof directory === 'function' ? directory() : directory,
    };
  } catch (error) {
    training?.dispose();
    if (typeof directory === 'function') throw error;
    // What has another shape than its contract is no environment at all: that is a mistake before the run.
    const hasFailed =
      isOfEnvironment(error) &&
      (error instanceof NonFiniteError || error instanceof ThrownError || error.cause !== undefined);
    if (hasFailed) throw markFailedAtOnce(options, directory, error);
    directory.discard();
    throw error;
  }
}

/** @throws UserError where an environment does not take what an earlier one of its name gave */
function restore(training: Training, { checkpoint }: ResumePoint, definition: EnvironmentDefinition): void {
  const { id } = definition;
  const changed = changedModule('the run', checkpoint.module, definition);
  if (changed !== undefined)
    throw new UserError(
      `${changed}; bring it back, or train a new run: this one would go on in another world`,
    );
  try {
    training.restore(checkpoint.state);
  } catch (cause) {
    if (cause instanceof ThreadLostError) throw new UserError(cause.message, 1);
    throw new UserError(
      `the checkpoint of update ${checkpoint.state.update} does not fit ${id} as it is now: ${(cause as Error).message}`,
    );
  }
}

/** What makes a run that is gone on with another than it would have been, a line each. */
function remarksOnGoingOn(
  { restartsEpisodes }: Training,
  { checkpoint, remark }: ResumePoint,
  definition: EnvironmentDefinition,
): string[] {
  const anew = `the episodes of ${definition.id} are in no checkpoint: they begin anew, so that the run goes on otherwise than without a break`;
  const changed = changedVersions('the run', checkpoint.versions, definition);
  return [restartsEpisodes ? anew : undefined, changed, remark].filter((line) => line !== undefined);
}

/** What a config brings about that its author may not have meant, a line each. */
export function remarksOn(config: Config, { id }: EnvironmentDefinition, canSnapshot: boolean): string[] {
  const remarks = [raggedMinibatch(config)];
  if (config.checkpoint !== null && !canSnapshot)
    remarks.push(
      `${id} has no snapshot and restore: there are no checkpoints, and leash resume cannot go on with this run`,
    );
  if (config.groundTruth && config.advantage.gamma === 1)
    remarks.push(
      'advantage.gamma is 1: groundTruth gives no lower bound and nothing discounted, only what is true within the time limit',
    );
  return remarks.filter((remark) => remark !== undefined);
}

/** That a minibatch size leaves a smaller last one, whose steps weigh its samples more; undefined where it divides. */
function raggedMinibatch(config: Config): string | undefined {
  if (config.algorithm !== 'ppo' && !hasCritic(config)) return undefined;
  const count = stepsPerUpdate(config);
  const ppo = config.algorithm === 'ppo';
  const { minibatchSize } = ppo ? config.ppo : config.trpo.value;
  const last = count % minibatchSize;
  if (last === 0) return undefined;
  const name = ppo ? 'ppo.minibatchSize' : 'trpo.value.minibatchSize';
  return `the last minibatch of each epoch holds ${last} samples: ${name} ${minibatchSize} does not divide the rollout of ${count}`;
}
