import { existsSync, lstatSync, readdirSync, readFileSync, rmdirSync, rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import { readOwner } from './owner.ts';
import {
  isRunFile,
  isStagingName,
  isUpdateFile,
  OWNER,
  RUN_FILES,
  RUN_FORMAT,
  UPDATE_FOLDERS,
} from './run-files.ts';

/**
 * Whether a folder is a run of leash: its owner says so, or would if it were not damaged, or, in a run of
 * leash 0.1.0, its record.
 * @param isInExperiment in an experiment's own folder a `seed-N` with a file of a run in it is a run, however damaged
 */
export function isRunFolder(path: string, isInExperiment: boolean): boolean {
  if (readOwner(join(path, OWNER))?.format === RUN_FORMAT) return true;
  const name = basename(path);
  if (isStagingName(name)) return true;
  if (!/^seed-\d+$/.test(name)) return false;
  if (isInExperiment && RUN_FILES.some((file) => textOf(join(path, file)) !== undefined)) return true;
  return isDamaged(join(path, OWNER)) || isRecord(path);
}

/** Whether an owner is there that is none any more: cut short, or no JSON at all. */
function isDamaged(owner: string): boolean {
  const text = textOf(owner);
  if (text === undefined) return false;
  if (text.includes(RUN_FORMAT)) return true;
  try {
    JSON.parse(text);
    return false;
  } catch {
    return true;
  }
}

/** Whether `run.json` is one that leash wrote for this folder. */
function isRecord(path: string): boolean {
  let record: { name?: unknown; seed?: unknown; versions?: { leash?: unknown } | null } | null;
  try {
    record = JSON.parse(textOf(join(path, 'run.json')) ?? '');
  } catch {
    return false;
  }
  return (
    typeof record?.name === 'string' &&
    typeof record.versions?.leash === 'string' &&
    basename(path) === `seed-${record.seed}`
  );
}

/** The text of a regular file, nothing of a link or a folder. */
function textOf(file: string): string | undefined {
  try {
    return lstatSync(file).isFile() ? readFileSync(file, 'utf8') : undefined;
  } catch {
    return undefined;
  }
}

/** What of a folder is what: `own` leash wrote, `strangers` stay. */
export interface Contents {
  readonly own: readonly string[];
  readonly strangers: readonly string[];
}

/** The paths in a run's folder, from there. A link or a folder of a file's name is not what leash wrote. */
export function contentsOf(path: string): Contents {
  const own: string[] = [];
  const strangers: string[] = [];
  for (const entry of readdirSync(path, { withFileTypes: true })) {
    if (entry.isDirectory() && UPDATE_FOLDERS.some((each) => each === entry.name)) {
      for (const inner of readdirSync(join(path, entry.name), { withFileTypes: true }))
        (inner.isFile() && isUpdateFile(inner.name) ? own : strangers).push(join(entry.name, inner.name));
    } else (entry.isFile() && isRunFile(entry.name) ? own : strangers).push(entry.name);
  }
  return { own: own.sort(), strangers: strangers.sort() };
}

/** Deletes what leash wrote into a run's folder, its owner last, and the folder if nothing else is in it. */
export function removeRun(path: string): void {
  const { own, strangers } = contentsOf(path);
  for (const name of own) if (name !== OWNER) rmSync(join(path, name), { force: true });
  for (const folder of UPDATE_FOLDERS) {
    const inner = join(path, folder);
    if (existsSync(inner) && readdirSync(inner).length === 0) rmdirSync(inner);
  }
  if (own.includes(OWNER)) rmSync(join(path, OWNER), { force: true });
  if (strangers.length === 0) rmdirSync(path);
}
