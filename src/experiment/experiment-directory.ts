import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { encodeJson } from '../run/metrics.ts';
import { loadRun, readRows, replaceFile, type RunRecord } from '../run/run-directory.ts';
import { UserError } from '../user-error.ts';
import { differingPaths } from './differences.ts';
import type { PlannedRun } from './pool.ts';

/** What marks a folder of runs as an experiment's own: only there are unfinished runs made again. */
const MARKER = 'experiment.json';
const LOCK = 'lock';

/** `runs/NAME` of an experiment, held by this process until `release`. */
export interface ExperimentDirectory {
  readonly path: string;
  /**
   * Whether a run is still to be made. One that was completed with the same config is not; what an
   * interrupted, killed or failed one left is removed, and it is made from its start.
   * @throws UserError when another config's run is in its place
   */
  isToDo(run: PlannedRun): boolean;
  writeReport(file: string, text: string): void;
  release(): void;
}

/**
 * Opens `runs/NAME` for an experiment, or makes it.
 * @throws UserError when it is somebody else's folder, or another process works in it
 */
export function openExperiment(runs: string, name: string): ExperimentDirectory {
  if (name === '' || name === '.' || name === '..' || /[/\\]/.test(name)) {
    throw new UserError(`--name must be a folder name without slashes, got ${JSON.stringify(name)}`);
  }
  const path = join(runs, name);
  const marker = join(path, MARKER);
  if (existsSync(path) && !existsSync(marker) && readdirSync(path).length > 0) {
    throw new UserError(`${path} is there already and is no experiment's; choose another --name`);
  }
  try {
    mkdirSync(path, { recursive: true });
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    throw new UserError(`--runs ${runs}: cannot make ${path} (${code ?? (cause as Error).message})`);
  }
  replaceFile(marker, `${JSON.stringify({ format: 'leash-experiment-1' })}\n`);
  const lock = acquireLock(path);
  return {
    path,
    isToDo,
    writeReport: (file, text) => replaceFile(join(path, file), text),
    release: () => rmSync(lock, { force: true }),
  };
}

/** A file with our process number; one that a killed process left is taken over. */
function acquireLock(path: string): string {
  const lock = join(path, LOCK);
  for (let attempt = 0; ; attempt++) {
    try {
      writeFileSync(lock, `${process.pid}\n`, { flag: 'wx' });
      return lock;
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code !== 'EEXIST' || attempt > 0) throw cause;
    }
    const holder = Number(readFileSync(lock, 'utf8'));
    if (isAlive(holder)) {
      throw new UserError(
        `process ${holder} is at work in ${path}; wait for it, or remove ${lock} if it is no leash`,
        1,
      );
    }
    rmSync(lock, { force: true });
  }
}

function isAlive(pid: number): boolean {
  if (!Number.isSafeInteger(pid) || pid <= 0 || pid === process.pid) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (cause) {
    // EPERM: it is there, and another user's.
    return (cause as NodeJS.ErrnoException).code === 'EPERM';
  }
}

function isToDo({ root, label, config }: PlannedRun): boolean {
  const path = join(root, label, `seed-${config.seed}`);
  if (!existsSync(path)) return true;
  const written = readOrNull(join(path, 'config.json'));
  if (written !== null && written !== `${encodeJson(config, 2)}\n`) {
    const differing = differingPaths([JSON.parse(written) as object, config]);
    throw new UserError(
      `${path} holds a run of another config (it differs in ${differing.slice(0, 3).join(', ') || 'its version'}); choose another --name`,
    );
  }
  if (written !== null && existsSync(join(path, 'run.json'))) {
    if (loadRun(path).record.status === 'completed') return false;
  }
  rmSync(path, { recursive: true });
  return true;
}

function readOrNull(file: string): string | null {
  return existsSync(file) ? readFileSync(file, 'utf8') : null;
}

/** The record and rows of a planned run; undefined where it has none. */
export function readRun({
  root,
  label,
  config,
}: PlannedRun): { record: RunRecord; rows: ReturnType<typeof readRows> } | undefined {
  const path = join(root, label, `seed-${config.seed}`);
  if (!existsSync(join(path, 'run.json'))) return undefined;
  return { record: loadRun(path).record, rows: readRows(path) };
}
