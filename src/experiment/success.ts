import type { ReportRow } from '../row/report-row.ts';
import { isInLastTenth } from '../run/last-tenth.ts';

/** Episodes of the last tenth of a run, each of which succeeded or failed. */
export interface Successes {
  /** Share that succeeded. */
  readonly rate: number;
  readonly episodes: number;
}

/**
 * The success rate at the end of a completed run all of whose returns are 0 or 1; null of any other. A row has the least,
 * the greatest and the mean of its returns: with the first two 0 or 1 and a whole number of successes behind the mean.
 */
export function successesOf(rows: readonly ReportRow[]): Successes | null {
  let [won, episodes] = [0, 0];
  // Of a branch the number of the update, not how many there are.
  const last = rows.at(-1)?.update ?? 0;
  for (const row of rows) {
    if (row.returnMean === null) continue;
    const successes = Math.round(row.returnMean * row.episodes);
    const isWhole = Math.abs(row.returnMean * row.episodes - successes) < 1e-6;
    if (!isWhole || !isOutcome(row.returnMin) || !isOutcome(row.returnMax)) return null;
    if (!isInLastTenth(row.update, last)) continue;
    won += successes;
    episodes += row.episodes;
  }
  return episodes === 0 ? null : { rate: won / episodes, episodes };
}

function isOutcome(value: number | null): boolean {
  return value === 0 || value === 1;
}
