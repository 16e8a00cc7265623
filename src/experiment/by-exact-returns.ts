import { join } from 'node:path';
import type { ReportRow } from '../row/report-row.ts';
import { UserError } from '../user-error.ts';
import type { Contestant } from './experiment.ts';
import type { ReportInput } from './report-data.ts';

/** @throws UserError where a config does not log exact returns */
export function requireExactReturns(contestants: readonly Contestant[]): void {
  const without = contestants.find(({ config }) => !config.groundTruth);
  if (without !== undefined)
    throw new UserError(
      `--by-exact-returns: ${without.label} does not log them; train with --set groundTruth=true`,
    );
}

/**
 * The same runs with the exact return of the policy after each update for the mean of the episodes that it happened to play.
 * @param folder that the paths of runs start from
 * @throws UserError where an update has none
 */
export function byExactReturns(input: ReportInput, folder: string): ReportInput {
  return {
    ...input,
    runs: input.runs.map((run) => {
      if (run.status !== 'completed') return run;
      return { ...run, rows: run.rows.map((row) => replaced(row, join(folder, run.path))) };
    }),
  };
}

function replaced(row: ReportRow, path: string): ReportRow {
  const { update, exactReturn } = row;
  if (typeof exactReturn !== 'number')
    throw new UserError(
      `${path}: update ${update} has no exactReturn: it was trained without groundTruth, or has no time limit`,
    );
  return {
    ...row,
    episodes: 1,
    returnMean: exactReturn,
    returnMin: exactReturn,
    returnMax: exactReturn,
    curveUpdates: update,
    curveReturn: exactReturn,
  };
}
