import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { FitRow } from '../row/fit.ts';
import type { MetricsRow } from '../row/metrics.ts';
import { isOfTraining, readMetrics } from './read-rows.ts';
import { isAlive, isOpen, type Owner, readOwner } from './owner.ts';
import type { RunFinal, RunStatus, RunStanding } from './record.ts';
import { OWNER } from './run-files.ts';
import { Totals } from './totals.ts';

/** A run's folder as somebody holds it, or held it. */
export interface Hold {
  /** Undefined in the folder of a run of leash 0.1.0, and where the file is damaged. */
  readonly owner: Owner | undefined;
  readonly isAlive: boolean;
}

/** ms without a row after which a run whose owner is unknown, and cannot be looked for, counts as dead. */
const UNKNOWN_OWNER_SILENCE = 60_000;

/** Who holds the folder of a run. */
export function holdOf(path: string): Hold {
  const file = join(path, OWNER);
  const owner = readOwner(file);
  if (owner !== undefined) return { owner, isAlive: isAlive(owner, touchedAt(file)) };
  const rows = join(path, 'metrics.jsonl');
  return { owner, isAlive: isOpen(rows) ?? Date.now() - touchedAt(rows) < UNKNOWN_OWNER_SILENCE };
}

/** When a file was last written, ms since 1970; long ago where there is none. */
function touchedAt(file: string): number {
  try {
    return statSync(file).mtimeMs;
  } catch {
    return 0;
  }
}

/** What a JSON file holds; undefined where there is none to read: a pipe is none, who reads one waits. */
export function readJson(file: string): unknown {
  try {
    return statSync(file).isFile() ? JSON.parse(readFileSync(file, 'utf8')) : undefined;
  } catch {
    return undefined;
  }
}

/** The status in `run.json`, whatever it is; undefined where there is none to read. */
export function recordedStatus(path: string): unknown {
  return (readJson(join(path, 'run.json')) as { status?: unknown } | null | undefined)?.status;
}

/**
 * @param recorded the status in `run.json`; anything else where that file is missing or damaged
 */
export function standingOf(path: string, recorded: unknown): RunStanding {
  if (isEnd(recorded)) return recorded;
  return holdOf(path).isAlive ? 'alive' : 'dead';
}

const ENDS = ['completed', 'interrupted', 'failed'] as const satisfies readonly RunStatus[];

function isEnd(recorded: unknown): recorded is (typeof ENDS)[number] {
  return ENDS.some((each) => each === recorded);
}

/** What `dead` says to those who did not read docs/metrics.md. */
export const DEAD_MEANS = 'its process ended without a word: killed, out of memory, or a second Ctrl-C';

/** How a run that is not alive and not damaged ended, in words: `interrupted after update 3 of 40`. */
export function endInWords(
  standing: Exclude<RunStanding, 'alive'>,
  updates: number,
  planned?: number,
): string {
  const end = `${standing} after update ${updates}${planned === undefined ? '' : ` of ${planned}`}`;
  return standing === 'dead' ? `${end} (${DEAD_MEANS})` : end;
}

/** How far a run got, told by its rows. */
export interface Progress {
  readonly updates: number;
  /** Over the rows there are, of `train`; the last tenth is that of these rows. */
  readonly final: RunFinal | undefined;
}

/** How far a run got that did not write its end, or was not let get to it. */
export function progressOnDisk(path: string): Progress {
  return progressOf(readMetrics(path, true).rows);
}

/** The same of rows that were read. */
export function progressOf(rows: readonly (MetricsRow | FitRow)[]): Progress {
  const updates = rows.at(-1)?.update ?? 0;
  // The rows of leash fit know no return and no δ.
  const trained = rows.filter(isOfTraining);
  if (trained.length === 0) return { updates, final: undefined };
  const totals = new Totals(updates);
  for (const row of trained) totals.add(row);
  return { updates, final: totals.final() };
}
