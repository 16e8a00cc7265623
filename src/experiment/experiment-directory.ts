import { randomBytes } from 'node:crypto';
import { existsSync, lstatSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { readJsonFile } from '../node/text-file.ts';
import type { EnvironmentOptions } from '../config/load.ts';
import { configOfRun } from '../node/beside.ts';
import { inspectRunConfig } from '../config/run-config.ts';
import type { Config } from '../config/schema.ts';
import type { MetricsRow } from '../row/metrics.ts';
import { describeOwner, isThisProcess } from '../run/owner.ts';
import { readRows } from '../node/read-run.ts';
import { readMetrics } from '../run/read-rows.ts';
import {
  type ExperimentOrder,
  placesOf,
  readDesign,
  readKind,
  readOrder,
  readTarget,
} from '../run/experiment-order.ts';
import {
  isExperimentFile,
  isLockName,
  lockName,
  MARKER,
  type ReportFile,
  shardName,
} from '../run/experiment-files.ts';
import { findResumePoint } from '../node/resume-point.ts';
import { readRecord } from '../node/read-record.ts';
import { type RunLabels, writtenLabels } from '../run/labels.ts';
import { contentsOf, removeRun } from '../run/remove-run.ts';
import { cannotMake, isFree, makeStaging, removeEmpty } from '../run/folders.ts';
import { requireNewPlace } from '../run/output-file.ts';
import { replaceFile } from '../run/durable-file.ts';
import type { RunRecord } from '../run/record.ts';
import { encodeJson } from '../row/json.ts';
import { endInWords, holdOf, progressOnDisk, recordedStatus, standingOf, readJson } from '../run/status.ts';
import { requireName, requirePrintable } from '../run/run-name.ts';
import { UserError } from '../user-error.ts';
import { LEASH_VERSION } from '../version.ts';
import { differingPaths } from './differences.ts';
import {
  acquireLock,
  firstLock,
  type HeldFile,
  holdOpen,
  type Lock,
  type Part,
  partToken,
  requireHeld,
} from './experiment-lock.ts';
import { type KlTarget, targetInWords } from './kl-target.ts';
import type { PlannedRun } from './pool.ts';
import type { ReportData } from './report-data.ts';
import { type ShardFile, shardFilesIn, studyDifference } from './shard.ts';
import { counted } from '../elementary/thousands.ts';

const FORMAT = 'leash-experiment-1';

/** A folder that is being made into an experiment's, before it gets its name. */
export function isExperimentStaging(name: string): boolean {
  return /^\.experiment\.[0-9a-f]+\.tmp$/.test(name);
}

/**
 * What tells this experiment from another that was in the same folder before.
 * @returns undefined where the folder is no experiment's
 */
export function experimentToken(path: string): string | undefined {
  const marker = join(path, MARKER);
  try {
    if (!lstatSync(marker).isFile()) return undefined;
  } catch {
    return undefined;
  }
  try {
    const { token } = JSON.parse(readFileSync(marker, 'utf8')) as { token?: unknown };
    if (typeof token === 'string' && /^[0-9a-f]+$/.test(token)) return token;
  } catch {
    // Damaged, yet no other file has that name.
  }
  // That of leash 0.1.0 has none.
  return 'old';
}

/** Where a run of an experiment belongs. */
export interface Place {
  readonly isToDo: boolean;
  /** What was wrong with the one that was there, or how it ended, one line. */
  readonly found?: string | undefined;
  /** The update from which the one that is there goes on; undefined: it is made from its start. */
  readonly resumesFrom?: number | undefined;
}

/** A config of an experiment; of a study with worlds which of its configs it is. */
export interface Ordered {
  readonly label: string;
  readonly method?: string | undefined;
}

/** What an experiment is of. */
type Kind = ReportData['kind'];

/** A run of a config before it is calibrated, and the settings that calibration may turn. */
export interface TurnedRun {
  readonly run: PlannedRun;
  readonly turned: readonly string[];
}

/** `runs/NAME` of an experiment, held by this process until `release`. */
export interface ExperimentDirectory {
  readonly path: string;
  /** The hold, for the threads that make the runs. */
  readonly held: HeldFile;
  /**
   * Whether a run is still to be made. One that was completed with the same config (as parsed: a setting that came
   * later is its default, an old name the new one) is not; what an interrupted, killed or failed one left, or one
   * that is damaged, is removed, and it is made from its start.
   * @throws UserError when another config's run is in its place, or one that goes on, or files that are not leash's
   */
  makeRoom(run: PlannedRun): Place;
  writeReport(file: ReportFile, text: string): void;
  /**
   * Remembers by what plan seeds are added until pairs are decided, before the first run.
   * @param design in words; undefined: all seeds were planned
   * @throws UserError where the experiment was begun by another plan, or was compared without one
   */
  keepDesign(design: string | undefined): void;
  /**
   * Remembers whether it is of a comparison or a sweep, before the first run.
   * @param labels of the configs that are trained
   * @throws UserError where it is of the other, or has runs and none of these configs among them
   */
  keepKind(kind: Kind, labels: readonly string[]): void;
  /**
   * Remembers to what KL configs are brought, before a value is tried.
   * @param runs with the settings that may be turned for it
   * @throws UserError where one is there that was made otherwise, or for another KL
   */
  keepTarget(target: KlTarget, runs: readonly TurnedRun[]): void;
  /**
   * Remembers configs: each keeps its place among all that the experiment ever had, which is its colour in every picture.
   * @param first these come before all others: of the last rung of a sweep, which is what is drawn of it
   * @returns label → place, of all of them
   */
  keepOrder(configs: readonly Ordered[], first?: 'first'): ReadonlyMap<string, number>;
  /** Whether there is a run of that config, whole. Nothing is touched. */
  isThere(run: PlannedRun): boolean;
  /**
   * Of a shard: takes what all shards share, to write the report.
   * @returns false where another process has it: one that found all runs there, too
   */
  holdReport(): boolean;
  /** Gives the folder back; one that was made for nothing goes. */
  release(): void;
}

/**
 * Opens `runs/NAME` for an experiment, or makes it.
 * @param environments fill in options that came later than a run; without them options stay as they were written
 * @param shard the part that is held, beside others; its folder is marked when it is made, and never after that
 * @throws UserError when it is somebody else's folder, or another process works in it, or shards of another study
 */
export function openExperiment(
  runs: string,
  name: string,
  environments?: EnvironmentOptions,
  labels: RunLabels = {},
  shard?: ShardFile,
): ExperimentDirectory {
  if (!existsSync(runs)) requirePrintable('--runs', runs);
  const path = join(runs, name);
  requireName(name, existsSync(path));
  requireNewPlace(runs);
  const made: string[] = [];
  try {
    for (;;) {
      const isNew = isFree(path);
      const lock = isNew ? createExperiment(path, made, labels, shard) : takeExperiment(path, shard);
      if (lock === undefined) continue;
      if (shard === undefined) addToMarker(path, labels);
      else joinShards(path, shard, lock);
      return experimentIn(path, lock, isNew ? made : undefined, environments, shard !== undefined);
    }
  } catch (cause) {
    removeEmpty(made);
    if (cause instanceof UserError) throw cause;
    throw cannotMake(runs, path, cause as NodeJS.ErrnoException);
  }
}

/** What the marker of an experiment says of it; nothing where the folder is none, or its marker damaged. */
export function labelsOfExperiment(path: string): RunLabels {
  return writtenLabels(readJson(join(path, MARKER)));
}

/** Puts something into the marker of an experiment that is held: new in the place of what was there of that name. */
function addToMarker(
  path: string,
  added: RunLabels &
    Partial<ExperimentOrder> & {
      readonly design?: string | undefined;
      readonly kind?: Kind;
      readonly matchKl?: KlTarget;
    },
): void {
  if (Object.keys(added).length === 0) return;
  const marker = join(path, MARKER);
  const written = JSON.parse(readFileSync(marker, 'utf8')) as object;
  replaceFile(marker, `${JSON.stringify({ ...written, ...added })}\n`);
}

/** @throws UserError when the folder is no experiment's, or held @returns undefined where it changed meanwhile */
function takeExperiment(path: string, part: Part | undefined): Lock | undefined {
  const lock = acquireLock(path, () => experimentToken(path), part);
  if (lock !== undefined || isFree(path) || experimentToken(path) !== undefined) return lock;
  throw new UserError(`${path} is there already and is no experiment's; choose another --name`);
}

/**
 * Makes the folder elsewhere, marked and held, and gives it its name.
 * @param made gets the folders above that had to be made
 * @returns undefined where another process was first
 */
function createExperiment(
  path: string,
  made: string[],
  labels: RunLabels,
  shard: ShardFile | undefined,
): Lock | undefined {
  const token = randomBytes(8).toString('hex');
  const held = shard === undefined ? token : partToken(token, shard);
  const configs = shard?.configs.map(({ label }) => label);
  const staging = join(dirname(path), `.experiment.${token}.tmp`);
  try {
    makeStaging(staging, made);
    replaceFile(
      join(staging, MARKER),
      `${JSON.stringify({ format: FORMAT, leash: LEASH_VERSION, token, ...labels, configs })}\n`,
    );
    firstLock(staging, held);
    renameSync(staging, path);
    return holdOpen(path, join(path, lockName(held, 1)));
  } catch (cause) {
    if (existsSync(staging)) rmSync(staging, { recursive: true });
    if (isFree(path)) throw cause;
    return undefined;
  }
}

/** Says in the folder what shard works there. @throws UserError where those that do, or did, are of another study */
function joinShards(path: string, shard: ShardFile, lock: Lock): void {
  try {
    const other = shardFilesIn(path).find(({ file }) => studyDifference(file, shard) !== undefined);
    if (other !== undefined)
      throw new UserError(
        `${other.path} is of another study (${studyDifference(other.file, shard)}); choose another --name`,
      );
    replaceFile(join(path, shardName(shard.index, shard.count)), `${encodeJson(shard, 1)}\n`);
  } catch (cause) {
    lock.release();
    throw cause;
  }
}

/** @param made the folders above that were made for this experiment; undefined: it was there */
function experimentIn(
  path: string,
  lock: Lock,
  made: readonly string[] | undefined,
  environments: EnvironmentOptions | undefined,
  isPart: boolean,
): ExperimentDirectory {
  let report: Lock | undefined;
  return {
    path,
    held: lock.held,
    makeRoom(run) {
      requireHeld(lock.held);
      return makeRoom(run, environments);
    },
    writeReport(file, text) {
      requireHeld(lock.held);
      replaceFile(join(path, file), text);
    },
    keepDesign(design) {
      requireHeld(lock.held);
      keepDesign(path, design);
    },
    keepKind(kind, labels) {
      requireHeld(lock.held);
      keepKind(path, kind, labels, isPart);
    },
    keepTarget(target, turned) {
      requireHeld(lock.held);
      keepTarget(path, target, turned, environments, isPart);
    },
    keepOrder(configs, first) {
      requireHeld(lock.held);
      return keepOrder(path, configs, first !== undefined);
    },
    isThere(planned) {
      const { config } = planned;
      const run = pathOf(planned);
      const file = join(run, 'config.json');
      return (
        existsSync(run) && configDamage(file, config, environments) === undefined && endOf(run).isComplete
      );
    },
    holdReport() {
      if (!isPart) return true;
      try {
        report ??= acquireLock(path, () => experimentToken(path), 'report');
      } catch (cause) {
        if (!(cause instanceof UserError)) throw cause;
      }
      return report !== undefined;
    },
    release() {
      report?.release();
      if (made !== undefined && isStillEmpty(path, lock)) {
        removeExperimentFiles(path);
        removeEmpty([path, ...made]);
      }
      lock.release();
    },
  };
}

function keepOrder(path: string, added: readonly Ordered[], isFirst: boolean): ReadonlyMap<string, number> {
  const before = readOrder(path);
  const labels = added.map(({ label }) => label);
  const configs = [...new Set(isFirst ? [...labels, ...before.configs] : [...before.configs, ...labels])];
  const told = added.flatMap(({ label, method }) => (method === undefined ? [] : [[label, method]]));
  const order = { configs, methods: { ...before.methods, ...Object.fromEntries(told) } };
  // That of leash 0.1.0, or a damaged one, stays as it is.
  const isOwn = experimentToken(path) !== 'old';
  if (isOwn && JSON.stringify(order) !== JSON.stringify(before)) addToMarker(path, order);
  return placesOf(order);
}

function keepDesign(path: string, design: string | undefined): void {
  const before = readDesign(path);
  if (before === design) return;
  const why = 'the error of a verdict is that of a plan made before any run was seen; choose another --name';
  if (before !== undefined) throw new UserError(`${path} was begun with ${before}: ${why}`);
  if (existsSync(join(path, 'report.json')))
    throw new UserError(`${path} was compared already, without --until-decided: ${why}`);
  addToMarker(path, { design });
}

const KINDS = { compare: 'a comparison', sweep: 'a sweep' } as const;

/** @param isPart of a shard, which leaves the marker to all of them */
function keepKind(path: string, kind: Kind, labels: readonly string[], isPart: boolean): void {
  const before = readKind(path);
  if (before !== undefined && before !== kind)
    throw new UserError(`${path} is ${KINDS[before]}, not ${KINDS[kind]}; choose another --name`);
  const isHere = (label: string): boolean =>
    ['', 'rung-1'].some((folder) => existsSync(join(path, folder, label)));
  const own = readOrder(path).configs.filter(isHere);
  if (own.length > 0 && !own.some((label) => labels.includes(label)))
    throw new UserError(
      `${path} is ${KINDS[kind]} of ${listed(own)}, none of which is asked for here, and its report would be replaced; choose another --name`,
    );
  if (before === undefined && !isPart && experimentToken(path) !== 'old') addToMarker(path, { kind });
}

function listed(labels: readonly string[]): string {
  return `${labels.slice(0, 3).join(', ')}${labels.length > 3 ? ', …' : ''}`;
}

/** @param isPart as of `keepKind` */
function keepTarget(
  path: string,
  target: KlTarget,
  turned: readonly TurnedRun[],
  environments: EnvironmentOptions | undefined,
  isPart: boolean,
): void {
  const before = readTarget(path) as KlTarget | undefined;
  const [there] = turned.filter((each) => isMadeOf(each, environments));
  if (there !== undefined && before === undefined && !existsSync(join(path, 'calibration')))
    throw new UserError(`${pathOf(there.run)} was made without --match-kl; choose another --name`);
  const isOther = before !== undefined && JSON.stringify(before) !== JSON.stringify(target);
  if (there !== undefined && isOther)
    throw new UserError(
      `${path} was begun with --match-kl ${targetInWords(before, String)}, not ${targetInWords(target, String)}; choose another --name`,
    );
  if (!isPart && experimentToken(path) !== 'old') addToMarker(path, { matchKl: target });
}

/** Whether the run is there. @throws UserError where it is of another config, whatever was turned of it */
function isMadeOf({ run, turned }: TurnedRun, environments: EnvironmentOptions | undefined): boolean {
  const path = pathOf(run);
  if (!existsSync(path)) return false;
  const isTurned = (setting: string): boolean =>
    turned.some((each) => each === setting || each.startsWith(`${setting}.`));
  configDamage(join(path, 'config.json'), run.config, environments, isTurned);
  return true;
}

function pathOf({ root, label, config }: PlannedRun): string {
  return join(root, label, `seed-${config.seed}`);
}

function isStillEmpty(path: string, { held }: Lock): boolean {
  try {
    requireHeld(held);
    return readdirSync(path).every((name) => name === MARKER || isLockName(name));
  } catch {
    return false;
  }
}

/** Deletes what leash wrote into an experiment's folder, runs aside: the marker after the reports, the locks last. */
export function removeExperimentFiles(path: string): void {
  const order = (name: string): number => (isLockName(name) ? 2 : name === MARKER ? 1 : 0);
  const own = readdirSync(path, { withFileTypes: true })
    .filter((entry) => entry.isFile() && isExperimentFile(entry.name))
    .map(({ name }) => name);
  for (const name of own.sort((a, b) => order(a) - order(b))) rmSync(join(path, name), { force: true });
}

/**
 * Whether there is a run of that config, whole. What an interrupted, killed or failed one left, or one that is damaged,
 * is removed.
 */
function makeRoom(planned: PlannedRun, environments: EnvironmentOptions | undefined): Place {
  const { config } = planned;
  const path = pathOf(planned);
  if (!existsSync(path)) return { isToDo: true };
  const damage = configDamage(join(path, 'config.json'), config, environments);
  const end = endOf(path);
  if (damage === undefined && end.isComplete) return { isToDo: false };
  requireRemovable(path);
  const found = damage ?? end.damage ?? unfinishedAs(path);
  const resumesFrom = damage === undefined ? resumableFrom(path, config, environments) : undefined;
  if (resumesFrom !== undefined) return { isToDo: true, found, resumesFrom };
  removeRun(path);
  return { isToDo: true, found };
}

/** The update that a run can go on from; undefined where it has no good checkpoint. */
function resumableFrom(
  path: string,
  config: Config,
  environments: EnvironmentOptions | undefined,
): number | undefined {
  const { value: point } = whole(() => findResumePoint(path, { environments, config }));
  return point?.cut.update;
}

/** How a run ended that did not come to its end; undefined where it goes on, or this process left it: that was said then. */
export function unfinishedAs(path: string): string | undefined {
  const { owner } = holdOf(path);
  const standing = standingOf(path, recordedStatus(path));
  if (standing === 'alive' || (owner !== undefined && isThisProcess(owner))) return undefined;
  return `${path}: ${endInWords(standing, progressOnDisk(path).updates)}`;
}

/** @throws UserError where somebody trains there, or has put files there */
function requireRemovable(path: string): void {
  if (lstatSync(path).isSymbolicLink()) {
    throw new UserError(
      `${path} is to be made again, but is a symbolic link; nothing is deleted through one`,
    );
  }
  const { owner } = holdOf(path);
  // What this process left there it left before: it holds the experiment.
  const isOurs = owner !== undefined && isThisProcess(owner);
  if (!isOurs && standingOf(path, recordedStatus(path)) === 'alive') {
    const who = owner === undefined ? 'another process' : describeOwner(owner);
    throw new UserError(`${path}: ${who} is at work in it; wait for it, or choose another --name`, 1);
  }
  const { strangers } = contentsOf(path);
  if (strangers.length === 0) return;
  throw new UserError(
    `${path} is to be made again, but holds ${strangers.slice(0, 3).join(', ')}, not written by leash; move that away`,
  );
}

/**
 * What is wrong with the config.json of a run that should have this config; undefined: nothing.
 * @param isFree of settings that may differ
 * @throws UserError when it is another config's run
 */
function configDamage(
  file: string,
  config: Config,
  environments: EnvironmentOptions | undefined,
  isFree: (setting: string) => boolean = () => false,
): string | undefined {
  const read = whole(() => inspectRunConfig(readJsonFile(file, 'file'), file, environments));
  if (read.damage !== undefined) return read.damage;
  const found = read.value;
  if (found.problems !== undefined && !found.isForeign) return found.problems[0];
  const differing =
    found.problems ??
    differingSettings(configOfRun(file, found.config), config).filter((setting) => !isFree(setting));
  if (differing.length === 0) return undefined;
  throw new UserError(
    `${dirname(file)} holds a run of another config (it differs in ${differing.slice(0, 3).join(', ')}); choose another --name`,
  );
}

/** Words aside: what a config says that it is for changes no run. */
function differingSettings(written: Config, config: Config): string[] {
  const seed = written.seed === config.seed ? [] : ['seed'];
  return [...seed, ...differingPaths([written, config])];
}

/** Whether a run came to its end with every row, and what is damaged where it says so. */
export function endOf(path: string): { isComplete: boolean; damage?: string } {
  const file = join(path, 'run.json');
  if (!existsSync(file)) return { isComplete: false };
  const read = whole(() => readRecord(file));
  if (read.damage !== undefined) return { isComplete: false, damage: read.damage };
  const { status, updates } = read.value;
  if (status !== 'completed') return { isComplete: false };
  const { rows, damage } = readMetrics(path, false);
  if (rows.length === updates) return { isComplete: true };
  const short = `${path}: ${counted(rows.length, 'row')} of the ${counted(updates, 'update')} it completed`;
  return { isComplete: false, damage: damage ?? short };
}

type Whole<T> =
  | { readonly value: T; readonly damage?: never }
  | { readonly value?: never; readonly damage: string };

function whole<T>(read: () => T): Whole<T> {
  try {
    return { value: read() };
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    return { damage: error.message };
  }
}

/** The record and rows of a planned run; undefined where it has none. */
export function readRun(planned: PlannedRun): { record: RunRecord; rows: readonly MetricsRow[] } | undefined {
  const path = pathOf(planned);
  if (!existsSync(join(path, 'run.json'))) return undefined;
  const { value: record } = whole(() => readRecord(join(path, 'run.json')));
  return record && { record, rows: readRows(path) };
}
