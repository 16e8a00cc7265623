import { createHash } from 'node:crypto';
import {
  closeSync,
  type Dirent,
  existsSync,
  fstatSync,
  lstatSync,
  openSync,
  readdirSync,
  readSync,
  statSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { listFields, configJsonSchema } from '../config/fields.ts';
import type { EnvironmentOptions } from '../config/load.ts';
import { isTree, valueAt } from '../config/problem.ts';
import type { Config } from '../config/schema.ts';
import { stepsPerUpdate, updatesOf } from '../config/updates.ts';
import { isSchedule } from '../optimizer/schedule.ts';
import type { MetricsRow } from '../row/metrics.ts';
import type { Checkpoint, Computer } from '../run/checkpoint-file.ts';
import { type BestEvaluation, type Parent, writtenParent } from '../run/record.ts';
import { isOfTraining, readEvaluations, readMetrics, readTimings } from '../run/read-rows.ts';
import { hashBytes } from '../run/durable-file.ts';
import { isFree } from '../run/folders.ts';
import type { Cut } from '../run/run-directory.ts';
import { readJson } from '../run/status.ts';
import { updateFiles } from '../run/update-files.ts';
import { isRunFile, isUpdateFile, PARENT, UPDATE_FOLDERS } from '../run/run-files.ts';
import { requireOver } from '../run/take-over.ts';
import { UserError } from '../user-error.ts';
import { branchedOff } from '../train/branch.ts';
import type { ResumePoint } from '../train/train.ts';
import type { TrainingSnapshot } from '../train/training-state.ts';
import { parentCheckpoint, readCheckpoint } from './checkpoints.ts';
import { readRunConfig } from './load-config.ts';
import { endOf } from './end-of-run.ts';
import { readRecord } from './read-record.ts';
import { readFile } from './text-file.ts';
import { parametersSha256, readPolicyFile } from './policy.ts';
import { readReferencePolicy } from './run-policy.ts';
import { requireSame } from './same-config.ts';

/** Where a run that is over goes on. */
export interface FoundPoint extends ResumePoint {
  readonly path: string;
  readonly name: string;
  /** What it goes on with. */
  readonly config: Config;
  readonly cut: Cut;
  /** Why newer checkpoints are not used, a line each. */
  readonly passedOver: readonly string[];
}

export interface ResumeOptions {
  readonly environments?: EnvironmentOptions | undefined;
  /** What the run shall be: `--steps` of it may be others. Undefined: what its folder says. */
  readonly config?: Config | undefined;
  /** Environment steps of the whole run, where they change. */
  readonly steps?: number | undefined;
}

/**
 * The last good checkpoint of a run that is over; touches nothing.
 * @param path the run's folder
 * @throws UserError in one line where there is none: the run goes on, has none that is whole, or its config or leash is
 *   another than theirs
 */
export function findResumePoint(path: string, options: ResumeOptions = {}): FoundPoint {
  requireOver(path);
  requireNoLinks(path);
  const written = readRunConfig(join(path, 'config.json'), options.environments);
  if ('data' in written) throw new UserError(`${path} is a run of leash fit, which has no checkpoints`);
  const recorded = readJson(join(path, 'run.json'));
  if (isTree(recorded) && recorded.kind === 'clone')
    throw new UserError(`${path} is a run of leash clone, which has no checkpoints`);
  const parent = writtenParent(recorded);
  const { found, passedOver } = lastGood(path, parent, written);
  if (found === undefined) throw withoutCheckpoint(path, written, passedOver);
  const { file, checkpoint, rows } = found;
  const wanted = options.config ?? written;
  const config = { ...wanted, steps: options.steps ?? wanted.steps };
  requireSame(
    config,
    checkpoint.config,
    options.config ? 'the config given' : join(path, 'config.json'),
    file,
  );
  const { update } = checkpoint.state;
  const planned = updatesOf(config);
  const wasPlanned = updatesOf(checkpoint.config);
  if (planned !== wasPlanned) requireSteps(path, config, checkpoint, planned);
  const { cut, best, isCutShort } = cutAt(path, checkpoint, planned !== wasPlanned);
  const times = bytesOfTimes(path, checkpoint);
  const remark =
    times === (checkpoint.sizes[TIMINGS] ?? 0)
      ? undefined
      : `${join(path, TIMINGS)} has not every row up to update ${update}: it goes on with those that are there, since nothing depends on times`;
  const last = readTimings(path, true).rows.findLast((row) => row.update <= update);
  return {
    path,
    name: basename(dirname(path)),
    config,
    checkpoint: { ...(checkpoint as Checkpoint<TrainingSnapshot>), best },
    cut: { ...cut, sizes: { ...cut.sizes, [TIMINGS]: times } },
    ...{ rows, remark, isCutShort },
    seconds: last?.seconds ?? 0,
    referencePolicy: config.reference === null ? undefined : readReferencePolicy(path),
    passedOver,
  };
}

/** A run that came from elsewhere leads nowhere else. @throws UserError where something in it is no file, or no folder */
function requireNoLinks(path: string): void {
  const isFolder = (name: string): boolean => UPDATE_FOLDERS.some((each) => each === name);
  for (const entry of entriesOf(path)) {
    if (isFolder(entry.name)) requireKindOf(path, entry, true);
    else if (isRunFile(entry.name)) requireKindOf(path, entry, false);
  }
  for (const folder of UPDATE_FOLDERS)
    for (const entry of entriesOf(join(path, folder)))
      if (isUpdateFile(entry.name)) requireKindOf(join(path, folder), entry, false);
}

function entriesOf(folder: string): Dirent[] {
  return lstatSync(folder, { throwIfNoEntry: false })?.isDirectory()
    ? readdirSync(folder, { withFileTypes: true })
    : [];
}

function requireKindOf(folder: string, entry: Dirent, isFolder: boolean): void {
  if (isFolder ? entry.isDirectory() : entry.isFile()) return;
  throw new UserError(
    `${join(folder, entry.name)} is no ${isFolder ? 'folder' : 'file'} but a link or the like; nothing is written through it`,
  );
}

/**
 * What a training that shall go on finds at the path of its run: nothing, its end, or where it goes on.
 * @throws UserError as `findResumePoint`
 */
export function pointToResume(
  path: string,
  config: Config,
  environments: EnvironmentOptions,
): FoundPoint | 'completed' | undefined {
  if (isFree(path)) return undefined;
  return isCompleted(path, config) ? 'completed' : findResumePoint(path, { environments, config });
}

/** Whether what the run there came to is all there, and the end that this config asks for. */
export function isCompleted(path: string, config: Config): boolean {
  return endOf(path).isComplete && readRecord(join(path, 'run.json')).updates === updatesOf(config);
}

interface GoodCheckpoint {
  readonly file: string;
  readonly checkpoint: Checkpoint;
  readonly rows: readonly MetricsRow[];
}

/** The newest checkpoint that is whole, and whose rows are all there; of a branch at last that which it begins from. */
function lastGood(
  path: string,
  parent: Parent | undefined,
  written: Config,
): { found?: GoodCheckpoint; passedOver: string[] } {
  const passedOver: string[] = [];
  const { rows, damage } = readMetrics(path, true);
  const first = parent?.update ?? 0;
  for (const { file } of updateFiles(path, 'checkpoints')) {
    const read = readCheckpoint(file);
    const problem = read.damage ?? lostRows(path, read.checkpoint as Checkpoint, first + rows.length, damage);
    if (problem !== undefined) passedOver.push(problem);
    else {
      const checkpoint = read.checkpoint as Checkpoint;
      const own = rows.slice(0, checkpoint.state.update - first).filter(isOfTraining);
      return { found: { file, checkpoint, rows: own }, passedOver };
    }
  }
  if (parent === undefined) return { passedOver };
  return {
    found: { file: join(path, PARENT), checkpoint: beginningOf(path, parent, written), rows: [] },
    passedOver,
  };
}

/** What a branch begins from, as if it had written that itself. @throws UserError where it is gone or another */
function beginningOf(path: string, parent: Parent, config: Config): Checkpoint<TrainingSnapshot> {
  const checkpoint = parentCheckpoint(path, parent) as Checkpoint<TrainingSnapshot>;
  const { engine, tfjsBackend, fastMath, versions, platform } = readRecord(join(path, 'run.json'));
  const { processor } = checkpoint.computer;
  const computer = { engine, tfjsBackend, fastMath, node: versions.node, platform, processor };
  return { ...branchedOff(checkpoint, config), computer };
}

/** What of the rows before a checkpoint is gone or another; undefined: nothing, those of the clock aside. */
function lostRows(
  path: string,
  { sizes, hashes, state: { update } }: Checkpoint,
  updates: number,
  damage: string | undefined,
): string | undefined {
  for (const [name, size] of Object.entries(sizes)) {
    if (!/^[a-z]+\.jsonl$/.test(name) || !Number.isSafeInteger(size) || size < 0)
      return `the checkpoint of update ${update} names no size of ${name}`;
    if (name === TIMINGS) continue;
    const file = join(path, name);
    const hash = hashOfLines(file, size);
    if (hash === undefined) return `${file} is shorter than it was at update ${update}, or another file`;
    if (hash !== (hashes?.[name] ?? hash))
      return `${file} is not what it was at update ${update}: a row up to there was changed, leash verify ${path} says which`;
  }
  if (updates >= update) return undefined;
  return damage ?? `${join(path, 'metrics.jsonl')} ends before update ${update}, that of its checkpoint`;
}

/** SHA-256 of the first bytes of a file; undefined where it has not so many, or no line ends there. */
function hashOfLines(file: string, size: number): string | undefined {
  if (!statSync(file, { throwIfNoEntry: false })?.isFile()) return undefined;
  const handle = openSync(file, 'r');
  try {
    if (fstatSync(handle).size < size) return undefined;
    const byte = Buffer.alloc(1);
    const endsLine = size === 0 || (readSync(handle, byte, 0, 1, size - 1) === 1 && byte[0] === 10);
    if (!endsLine) return undefined;
    const hash = createHash('sha256');
    hashBytes(hash, handle, 0, size);
    return hash.digest('hex');
  } finally {
    closeSync(handle);
  }
}

/** Longer than a row of the clock. */
const TAIL = 2 ** 12;

/** Bytes of the rows of the clock that are there, of those up to a checkpoint. */
function bytesOfTimes(path: string, { sizes }: Checkpoint): number {
  const file = join(path, TIMINGS);
  if (!existsSync(file)) return 0;
  const handle = openSync(file, 'r');
  try {
    const end = Math.min(fstatSync(handle).size, sizes[TIMINGS] ?? 0);
    const tail = Buffer.alloc(Math.min(end, TAIL));
    readSync(handle, tail, 0, tail.length, end - tail.length);
    const last = tail.lastIndexOf(10);
    return last < 0 ? 0 : end - tail.length + last + 1;
  } finally {
    closeSync(handle);
  }
}

function withoutCheckpoint(path: string, { checkpoint }: Config, passedOver: readonly string[]): UserError {
  const [first] = passedOver;
  if (first !== undefined) {
    const more = passedOver.length > 1 ? ` (and ${passedOver.length - 1} more)` : '';
    return new UserError(`${path} has no checkpoint to go on from: ${first}${more}; train it again`);
  }
  const why =
    checkpoint === null
      ? 'its config says "checkpoint": null'
      : 'it ended before its first one, its environment gives none, or an older leash made it';
  return new UserError(`${path} has no checkpoint to go on from: ${why}; train it again`);
}

/** @throws UserError where other steps would make the past another */
function requireSteps(
  path: string,
  config: Config,
  { state, config: before }: Checkpoint,
  planned: number,
): void {
  const { update } = state;
  const samples = stepsPerUpdate(config);
  if (planned < updatesOf(before))
    throw new UserError(
      `--steps must be at least the ${before.steps} that ${path} was planned with, of which ${update * samples} are done, got ${config.steps}`,
    );
  const schedule = listFields(configJsonSchema()).find((field) =>
    isSchedule(valueAt(config, field.path.split('.'))),
  );
  if (schedule === undefined) return;
  throw new UserError(
    `--steps ${config.steps}: ${schedule.path} of ${path} is a schedule over its ${before.steps} steps; over more its past would have been another: train a new run`,
  );
}

const BEST = 'policy-best.safetensors';
const BEFORE_END = 'policy-best-before-end.safetensors';
const EVALUATIONS = 'evaluations.jsonl';
const TIMINGS = 'timing.jsonl';

/** What the folder is cut back to: without the evaluation of the end alone, where the run goes on beyond it. */
function cutAt(
  path: string,
  checkpoint: Checkpoint,
  isLonger: boolean,
): { readonly cut: Cut; readonly best: BestEvaluation | undefined; readonly isCutShort: boolean } {
  const { update } = checkpoint.state;
  const { sizes, best } = checkpoint;
  const { evaluation } = checkpoint.config;
  const isOfEnd =
    isLonger &&
    evaluation !== null &&
    update === updatesOf(checkpoint.config) &&
    update % evaluation.every !== 0;
  if (!isOfEnd)
    return { best, cut: { update, sizes, bestPolicy: best && bestPolicyOf(path, best) }, isCutShort: false };
  const rows = readEvaluations(path, true).rows.filter((row) => row.update < update);
  const row = rows.findLast((each) => each.best);
  const isBefore = best?.update !== update;
  const file = join(path, isBefore ? BEST : BEFORE_END);
  const earlier = isBefore
    ? best
    : row && existsSync(file)
      ? { ...row, parametersSha256: parametersSha256(readPolicyFile(file)) }
      : undefined;
  if (row !== undefined && earlier === undefined)
    throw new UserError(`${path} cannot be extended: ${file}, its best policy before the end, is gone`);
  return {
    best: earlier && bestOf(earlier),
    cut: {
      update,
      sizes: { ...sizes, [EVALUATIONS]: endOfLine(join(path, EVALUATIONS), rows.length) },
      bestPolicy: earlier && bestPolicyOf(path, earlier),
    },
    isCutShort: true,
  };
}

function bestOf({ update, steps, episodes, returnMean, parametersSha256 }: BestEvaluation): BestEvaluation {
  return { update, steps, episodes, returnMean, parametersSha256 };
}

/** Which of the files holds the policy of an evaluation. */
function bestPolicyOf(path: string, { parametersSha256 }: BestEvaluation): Cut['bestPolicy'] {
  return ([BEST, BEFORE_END] as const).find((file) => isBestPolicy(join(path, file), parametersSha256));
}

function isBestPolicy(file: string, sha256: string): boolean {
  try {
    return parametersSha256(readPolicyFile(file)) === sha256;
  } catch (cause) {
    if (cause instanceof UserError) return false;
    throw cause;
  }
}

/** Bytes of the first lines of a file. */
function endOfLine(file: string, lines: number): number {
  const bytes = readFile(file, 'file');
  let end = 0;
  for (let i = 0; i < lines; i++) end = bytes.indexOf(10, end) + 1;
  return end;
}

/** @throws UserError where a run's arithmetic is that of one machine, and this is another */
export function requireSameComputer(path: string, was: Computer, is: Computer): void {
  const isBound = was.engine === 'tfjs' || was.fastMath === true;
  const always = ['engine', 'fastMath', 'tfjsBackend'] as const;
  const fields = isBound ? ([...always, 'node', 'platform', 'processor'] as const) : always;
  const other = fields.find((field) => (was[field] ?? null) !== (is[field] ?? null));
  if (other === undefined) return;
  const why = was.engine === 'tfjs' ? 'TensorFlow.js rounds' : 'relaxed SIMD rounds';
  throw new UserError(
    `${path} was made with ${other} ${was[other]}, this is ${is[other]}${isBound ? `: ${why} otherwise there` : ''}; it goes on only where it was made`,
  );
}
