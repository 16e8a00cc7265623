import { randomBytes } from 'node:crypto';
import { existsSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { EnvironmentOptions } from '../config/load.ts';
import {
  isExperimentFile,
  isLockName,
  lockName,
  MARKER,
  type ReportFile,
  shardName,
} from '../run/experiment-files.ts';
import type { RunLabels } from '../run/labels.ts';
import { cannotMake, isFree, makeStaging, removeEmpty } from '../run/folders.ts';
import { requireNewPlace } from '../run/output-file.ts';
import { replaceFile } from '../run/durable-file.ts';
import { encodeJson } from '../row/json.ts';
import { requireName, requirePrintable } from '../run/run-name.ts';
import { UserError } from '../user-error.ts';
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
import { ExperimentMarker, experimentToken, newMarker } from './experiment-marker.ts';
import { clear, isThere, type Place, placeOf } from './planned-run.ts';
import type { PlannedRun } from './pool.ts';
import { type ShardFile, shardFilesIn, studyDifference } from './shard.ts';

/** A folder that is being made into an experiment's, before it gets its name. */
export function isExperimentStaging(name: string): boolean {
  return /^\.experiment\.[0-9a-f]+\.tmp$/.test(name);
}

/** `runs/NAME` of an experiment, held by this process until `release`. */
export interface ExperimentDirectory {
  readonly path: string;
  /** The hold, for the threads that make the runs. */
  readonly held: HeldFile;
  /** What it remembers of itself. */
  readonly marker: ExperimentMarker;
  /** As `placeOf` says. */
  placeOf(run: PlannedRun): Place;
  /** As `clear`. */
  clear(run: PlannedRun): void;
  writeReport(file: ReportFile, text: string): void;
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
 * @param labels in the marker of a new one; of one that is there kept to be written
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
      const directory = experimentIn(path, lock, isNew ? made : undefined, environments, shard !== undefined);
      try {
        if (shard !== undefined) joinShards(path, shard);
        directory.marker.keepLabels(labels);
      } catch (cause) {
        directory.release();
        throw cause;
      }
      return directory;
    }
  } catch (cause) {
    removeEmpty(made);
    if (cause instanceof UserError) throw cause;
    throw cannotMake(runs, path, cause as NodeJS.ErrnoException);
  }
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
    replaceFile(join(staging, MARKER), newMarker(token, labels, configs));
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
function joinShards(path: string, shard: ShardFile): void {
  const other = shardFilesIn(path).find(({ file }) => studyDifference(file, shard) !== undefined);
  if (other !== undefined)
    throw new UserError(
      `${other.path} is of another study (${studyDifference(other.file, shard)}); choose another --name`,
    );
  replaceFile(join(path, shardName(shard.index, shard.count)), `${encodeJson(shard, 1)}\n`);
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
    marker: new ExperimentMarker(path, lock.held, environments, isPart),
    placeOf(run) {
      requireHeld(lock.held);
      return placeOf(run, environments);
    },
    clear(run) {
      requireHeld(lock.held);
      clear(run);
    },
    writeReport(file, text) {
      requireHeld(lock.held);
      replaceFile(join(path, file), text);
    },
    isThere: (run) => isThere(run, environments),
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
