import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { environmentOptions } from '../../envs/environment-options.ts';
import type { Config } from '../config/schema.ts';
import { stepsPerUpdate } from '../config/updates.ts';
import { checkpointAt, parentCheckpoint, parseRunAt, readCheckpoint } from '../node/checkpoints.ts';
import { nodeHost } from '../node/host.ts';
import { codeOf, gymnasiumId } from '../config/environment-name.ts';
import { openEnvironments } from '../node/environments.ts';
import { loadConfig, readRunConfig } from '../node/load-config.ts';
import { loadEngine } from '../node/load-engine.ts';
import { readSnapshot } from '../node/policy.ts';
import { readRecord } from '../node/read-record.ts';
import { readReferencePolicy } from '../node/run-policy.ts';
import { requireSameComputer } from '../node/resume-point.ts';
import { readFile } from '../node/text-file.ts';
import { findRuns } from '../plot/read-runs.ts';
import type { EnvironmentDefinition } from '../rollout/environment.ts';
import { encodeJson } from '../row/json.ts';
import { type Checkpoint, MOST_CHECKPOINT } from '../run/checkpoint-file.ts';
import { recordedModule } from '../run/changed-module.ts';
import { changedFile } from '../run/files-of-run.ts';
import { readOwner } from '../run/owner.ts';
import { type Origin, parameterBytes, type StoredPolicy } from '../run/policy-file.ts';
import type { RunRecord } from '../run/record.ts';
import { OWNER } from '../run/run-files.ts';
import { updateFiles } from '../run/update-files.ts';
import { branchedOff } from '../train/branch.ts';
import { hashesOfInputs, recordedFiles } from '../train/input-hashes.ts';
import { computerOf } from '../train/keeper.ts';
import { estimateMemory, spacesOf } from '../train/memory-estimate.ts';
import { createPeriodicEvaluation } from '../train/periodic-evaluation.ts';
import { hasEnded, type Known } from '../train/record-again.ts';
import { createTraining } from '../train/training.ts';
import type { TrainingSnapshot } from '../train/training-state.ts';
import { type Again, type Difference, firstDifference, type WrittenRun } from '../train/verify.ts';
import { createWatch } from '../train/watch.ts';
import { oneLine, UserError } from '../user-error.ts';
import { LEASH_VERSION } from '../version.ts';
import { wholeNumber } from './flag-values.ts';
import { configFile } from './given-file.ts';
import { givenRun } from './given-run.ts';
import { requireMemory } from './memory.ts';
import { environmentOfRun } from './policy/environment-of-run.ts';
import { print, printJson } from './print/print.ts';
import { counted } from '../elementary/thousands.ts';

/** What `leash verify` was told. */
export interface VerifyGiven {
  readonly RUN?: string | undefined;
  readonly updates?: string | undefined;
  readonly quick?: boolean | undefined;
  readonly all?: boolean | undefined;
  readonly config?: string | undefined;
  readonly seed?: string | undefined;
  readonly sha?: string | undefined;
  /** The file that the runs' environment is of, which is run. */
  readonly env?: string | undefined;
  readonly runs: string;
  readonly json?: boolean | undefined;
}

/** Of `--quick`. */
const FEW_UPDATES = 5;

/** Bytes of a file of rows that is read as one text. */
const MOST_ROWS = 2 ** 28;

/** What was made again of a run. */
interface Verified {
  readonly path: string;
  readonly status: 'same' | 'different' | 'refused';
  /** Made again: those after `from`, up to `until`. */
  readonly from: number;
  readonly until: number;
  readonly isWhole: boolean;
  readonly difference: Difference | null;
  /** Why it was not made again. */
  readonly why: string | null;
}

/** `leash verify`. @returns the exit code: 1 where something differs, 2 where something cannot be made again */
export async function verifyHere(given: VerifyGiven): Promise<number> {
  if (given.config !== undefined || given.sha !== undefined) return await verifyHash(given);
  if (given.seed !== undefined) throw new UserError('--seed goes with --config and --sha');
  const most = given.quick
    ? FEW_UPDATES
    : given.updates === undefined
      ? Number.POSITIVE_INFINITY
      : wholeNumber('updates', given.updates, 1);
  const results: Verified[] = [];
  for (const place of placesOf(given)) {
    const result = await verify(place, most, given.all ?? false, given.env);
    results.push(result);
    if (!given.json) print(oneLine(describe(result)));
  }
  if (given.json) printJson(encodeJson(results, 2));
  if (results.some(({ status }) => status === 'different')) return 1;
  return results.some(({ status }) => status === 'refused') ? 2 : 0;
}

function placesOf({ RUN, all, runs }: VerifyGiven): readonly string[] {
  if (all) return findRuns([RUN ?? runs], runs);
  if (RUN === undefined)
    throw new UserError('RUN is missing: a run, --all, or --config FILE --seed N --sha HASH');
  return [givenRun(RUN, runs)];
}

/** @param isOneOfMany whether what cannot be made again is told, not thrown */
async function verify(
  place: string,
  most: number,
  isOneOfMany: boolean,
  env: string | undefined,
): Promise<Verified> {
  const at = parseRunAt(place);
  const path = at?.run ?? place;
  let from = at?.update ?? 0;
  try {
    const { again, written } = await madeAgain(path, from, (config) => {
      // Of many runs the file is for those that have one.
      return isOneOfMany && codeOf(config.environment) === undefined ? undefined : env;
    });
    from = Math.max(from, written.begun);
    try {
      const until = Math.min(from + most, written.updates);
      const difference = firstDifference(again, written, from, until) ?? null;
      const isWhole = until === written.updates && hasEnded(written.record);
      return { path, status: difference ? 'different' : 'same', from, until, isWhole, difference, why: null };
    } finally {
      again.evaluation?.dispose();
      again.training.dispose();
    }
  } catch (cause) {
    if (!isOneOfMany || !(cause instanceof UserError)) throw cause;
    return {
      path,
      status: 'refused',
      from,
      until: from,
      isWhole: false,
      difference: null,
      why: cause.message,
    };
  }
}

/**
 * A training as it was after update `from` of a run, or where the run begins, and what the run wrote.
 * @throws UserError
 */
async function madeAgain(
  path: string,
  from: number,
  fileFor: (config: Config) => string | undefined,
): Promise<{ again: Again; written: WrittenRun }> {
  const config = readRunConfig(join(path, 'config.json'), environmentOptions);
  const record = readRecord(join(path, 'run.json'));
  if (record.kind !== undefined)
    throw new UserError(`${path} is a run of leash ${record.kind}: only runs of train are made again`);
  if (record.versions.leash !== LEASH_VERSION)
    throw new UserError(
      `${path} was made by leash ${record.versions.leash}, this is ${LEASH_VERSION}: another version may give other bytes; make it again with its own`,
    );
  const { parent } = record;
  const begun = parent?.update ?? 0;
  const checkpoint =
    from === 0 || from === begun ? undefined : checkpointAt({ path, config }, from).checkpoint;
  const beginning =
    checkpoint === undefined && parent !== undefined
      ? branchedOff(parentCheckpoint(path, parent) as Checkpoint<TrainingSnapshot>, config)
      : checkpoint;
  const isPythons = gymnasiumId(config.environment) !== undefined;
  if (isPythons && beginning !== undefined)
    throw new UserError(
      `${path} cannot be made again from update ${from || begun}: the episodes of ${config.environment.id} are in no checkpoint; from its beginning it can`,
    );
  const again = await againOf(path, config, record, checkpoint, beginning, fileFor(config));
  const rows = linesOf(join(path, 'metrics.jsonl'));
  const planned = again.training.updates;
  const made = record.status === 'completed' ? planned : Math.min(begun + rows.length, planned);
  const written: WrittenRun = {
    updates: Math.max(from, made),
    ...{ begun, rows, record },
    ledger: config.trustRegion.ledger ? linesOf(join(path, 'ledger.jsonl')) : undefined,
    evaluations: again.evaluation && linesOf(join(path, 'evaluations.jsonl')),
    policySha256: (file) => policySha256(join(path, file)),
    originOf: (file) => originOf(join(path, file)),
  };
  return { again, written };
}

/** Of the bytes of a policy's file; undefined where there is none. */
function policySha256(file: string): string | undefined {
  return existsSync(file) ? nodeHost.sha256(readFile(file, 'policy', MOST_CHECKPOINT)) : undefined;
}

/** What a snapshot says that it is of; undefined where it does not, or is damaged. */
function originOf(file: string): Origin | undefined {
  try {
    return readSnapshot(file).origin;
  } catch (cause) {
    if (cause instanceof UserError) return undefined;
    throw cause;
  }
}

/** What makes a run again, as it was at its beginning, or as a checkpoint holds it. */
async function againOf(
  path: string,
  config: Config,
  record: RunRecord,
  checkpoint: Checkpoint | undefined,
  beginning: Checkpoint | undefined,
  env: string | undefined,
): Promise<Again> {
  const { tfjsBackend } = config;
  // It names the processor, which run.json does not, and says of fastMath what is so.
  const newest = checkpoint ?? newestCheckpoint(path);
  const { engine: name, tfjsBackend: backend, fastMath, versions, platform } = record;
  const { fastMath: wasFast = fastMath } = newest?.computer ?? {};
  const engine = await loadEngine(config.engine, { tfjsBackend, fastMath: wasFast });
  const here = computerOf(engine, nodeHost);
  const processor = newest?.computer.processor ?? here.processor;
  const was = { engine: name, tfjsBackend: backend, fastMath, node: versions.node, platform, processor };
  requireSameComputer(path, was, here);
  const definition = await environmentOfRun({ path, config, record }, env);
  // What it was begun with is in the checkpoint, and what it was held near in its folder: the files may be gone.
  const network = beginning ? { ...config.network, initialWeights: null } : config.network;
  const begun = { ...config, network };
  requireMemoryFor(begun, definition, join(path, 'config.json'));
  const inputs = nodeHost.readInputs({ ...begun, reference: null });
  const files = hashesOfInputs(inputs, nodeHost.sha256);
  const changed = changedFile(path, config, record.files ?? {}, files);
  if (changed !== undefined) process.stderr.write(`${oneLine(`leash: ${changed}`)}\n`);
  const referencePolicy = config.reference === null ? undefined : readReferencePolicy(path);
  const training = createTraining(begun, definition, engine, undefined, { ...inputs, referencePolicy });
  if (beginning) training.restore(beginning.state as TrainingSnapshot);
  const best = beginning?.best;
  const watch = createWatch(config, training.updates, beginning?.warnings);
  const { reference, updates } = training;
  const module = recordedModule(definition);
  // That the file is another by now was said.
  const isAnother = module !== undefined && module.sha256 !== (record.module ?? module).sha256;
  const known: Known = {
    name: readOwner(join(path, OWNER))?.name ?? record.name,
    seed: config.seed,
    updatesPlanned: updates,
    referenceSha256: reference && nodeHost.sha256(parameterBytes(reference)),
    module: isAnother ? record.module : module,
    files: beginning ? beginning.files : recordedFiles(inputs, nodeHost.sha256),
  };
  const stored = (): StoredPolicy => training.stored();
  const evaluation = createPeriodicEvaluation(
    ...([config, definition, engine, training.updates, stored, best?.returnMean] as const),
  );
  return {
    ...{ training, stepsPerUpdate: stepsPerUpdate(config), watch, known },
    ...{ evaluation, best, sha256: nodeHost.sha256 },
  };
}

/** What is made again may come from anybody. @throws UserError where it asks for more memory than there is */
function requireMemoryFor(config: Config, definition: EnvironmentDefinition, place: string): void {
  requireMemory(estimateMemory(config, definition, spacesOf(definition, config), 1), place);
}

function newestCheckpoint(path: string): Checkpoint | undefined {
  const newest = updateFiles(path, 'checkpoints')[0];
  return newest && readCheckpoint(newest.file).checkpoint;
}

/** Whole lines: one that is half written is none. */
function linesOf(file: string): readonly string[] {
  return readFile(file, 'file', MOST_ROWS).toString('utf8').split('\n').slice(0, -1);
}

function describe({ path, status, from, until, isWhole, difference, why }: Verified): string {
  if (status === 'refused') return `refused    ${why}`;
  const updates = from === 0 ? counted(until, 'update') : `updates ${from + 1} to ${until}`;
  if (difference === null)
    return `same       ${path}: ${updates}${isWhole ? ' and the parameters' : ''}, byte for byte`;
  const { file, update, gradientStep, field, there, again } = difference;
  const step = gradientStep === undefined ? '' : `, step ${gradientStep}`;
  const of = file === 'metrics.jsonl' ? '' : ` (${file})`;
  return `different  ${path}: first in update ${update}${step}, ${field}${of}: ${there ?? 'nothing'} there, ${again ?? 'nothing'} made again`;
}

/** Whether a config trains to the parameters that somebody named. */
async function verifyHash(given: VerifyGiven): Promise<number> {
  const { config: word, sha, seed, RUN, all, json } = given;
  if (word === undefined || sha === undefined)
    throw new UserError('--config FILE and --sha HASH go together');
  if (given.env !== undefined)
    throw new UserError('--env is for a run: a config names its environment itself');
  if (RUN !== undefined || all)
    throw new UserError('--config FILE --sha HASH is for no run: leave RUN and --all out');
  if (!/^[0-9a-f]{64}$/.test(sha))
    throw new UserError(`--sha must be 64 hexadecimal digits, got ${JSON.stringify(sha)}`);
  const file = await configFile(word, ['config']);
  const overrides = seed === undefined ? [] : [{ path: 'seed', text: seed, origin: '--seed' }];
  const environments = openEnvironments();
  const { config } = await environments.reading((options) => loadConfig(file, overrides, options));
  const definition = await environments.resolve(config.environment);
  const engine = await loadEngine(config.engine, { tfjsBackend: config.tfjsBackend });
  requireMemoryFor(config, definition, file);
  const training = createTraining(config, definition, engine, undefined, nodeHost.readInputs(config));
  for (let update = 1; update <= training.updates; update++) {
    training.update();
    training.drainLedger();
  }
  const again = nodeHost.sha256(parameterBytes(training.stored()));
  training.dispose();
  const status = again === sha ? 'same' : 'different';
  if (json) printJson(encodeJson([{ config: file, seed: config.seed, status, sha256: again }], 2));
  else
    print(
      oneLine(
        again === sha
          ? `same       ${file}, seed ${config.seed}: parametersSha256 ${sha}`
          : `different  ${file}, seed ${config.seed}: parametersSha256 is ${again}, not ${sha}`,
      ),
    );
  return again === sha ? 0 : 1;
}
