import { existsSync, lstatSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { EnvironmentOptions } from '../config/load.ts';
import { inspectRunConfig } from '../config/run-config.ts';
import type { Config } from '../config/schema.ts';
import { configOfRun } from '../node/beside.ts';
import { endOf } from '../node/end-of-run.ts';
import { readRecord } from '../node/read-record.ts';
import { readRows } from '../node/read-run.ts';
import { findResumePoint } from '../node/resume-point.ts';
import { readJsonFile } from '../node/text-file.ts';
import type { MetricsRow } from '../row/metrics.ts';
import { describeOwner, isThisProcess } from '../run/owner.ts';
import type { RunRecord } from '../run/record.ts';
import { contentsOf, removeRun } from '../run/remove-run.ts';
import { endInWords, holdOf, progressOnDisk, recordedStatus, standingOf } from '../run/status.ts';
import { UserError } from '../user-error.ts';
import { differingPaths } from './differences.ts';
import type { PlannedRun } from './pool.ts';

/** What is there of a run of an experiment. */
export interface Place {
  readonly isToDo: boolean;
  /** What was wrong with the one that was there, or how it ended, one line. */
  readonly found?: string | undefined;
  /** The update from which the one that is there goes on; undefined: it is made from its start. */
  readonly resumesFrom?: number | undefined;
}

/** A run of a config before it is calibrated, and the settings that calibration may turn. */
export interface TurnedRun {
  readonly run: PlannedRun;
  readonly turned: readonly string[];
}

/** Whether the run is there. @throws UserError where it is of another config, whatever was turned of it */
export function isMadeOf({ run, turned }: TurnedRun, environments: EnvironmentOptions | undefined): boolean {
  const path = pathOf(run);
  if (!existsSync(path)) return false;
  const isTurned = (setting: string): boolean =>
    turned.some((each) => each === setting || each.startsWith(`${setting}.`));
  configDamage(join(path, 'config.json'), run.config, environments, isTurned);
  return true;
}

/** Its folder. */
export function pathOf({ root, label, config }: PlannedRun): string {
  return join(root, label, `seed-${config.seed}`);
}

/**
 * What is there of a run. One that was completed with the same config (as parsed: a setting that came later is its default,
 * an old name the new one) is not to be made; what an interrupted, killed or failed one left may be gone on from, or is to be
 * removed with `clear`. Nothing is touched.
 * @throws UserError when another config's run is in its place, or one that goes on, or files that are not leash's
 */
export function placeOf(planned: PlannedRun, environments: EnvironmentOptions | undefined): Place {
  const { config } = planned;
  const path = pathOf(planned);
  if (!existsSync(path)) return { isToDo: true };
  const damage = configDamage(join(path, 'config.json'), config, environments);
  const end = endOf(path);
  if (damage === undefined && end.isComplete) return { isToDo: false };
  requireRemovable(path);
  const found = damage ?? end.damage ?? unfinishedAs(path);
  const resumesFrom = damage === undefined ? resumableFrom(path, config, environments) : undefined;
  return { isToDo: true, found, resumesFrom };
}

/** Removes what is there of a run that is made from its start. */
export function clear(planned: PlannedRun): void {
  const path = pathOf(planned);
  if (existsSync(path)) removeRun(path);
}

/** Whether there is a run of that config, whole. @throws UserError where there is another config's */
export function isThere(planned: PlannedRun, environments: EnvironmentOptions | undefined): boolean {
  const path = pathOf(planned);
  return (
    existsSync(path) &&
    configDamage(join(path, 'config.json'), planned.config, environments) === undefined &&
    endOf(path).isComplete
  );
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
