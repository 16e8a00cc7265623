import { join } from 'node:path';
import type { EvaluationRow } from '../row/evaluation.ts';
import type { ReportRow } from '../row/report-row.ts';
import { readEvaluations } from '../run/read-rows.ts';
import { UserError } from '../user-error.ts';
import type { Contestant } from './experiment.ts';
import type { ReportInput } from './report-data.ts';

/** @throws UserError where a config is not evaluated in its training, or not as the others are */
export function requireEvaluations(contestants: readonly Contestant[]): void {
  const without = contestants.find(({ config }) => config.evaluation === null);
  if (without !== undefined)
    throw new UserError(
      `--by-evaluations: ${without.label} is not evaluated in its training; train with --set evaluation.every=10`,
    );
  const [first] = contestants;
  const other = contestants.find(
    ({ config }) => config.evaluation?.greedy !== first.config.evaluation?.greedy,
  );
  if (other === undefined) return;
  const [a, b] = [first, other].map(
    ({ label, config }) => `${label}: evaluation.greedy ${config.evaluation?.greedy}`,
  );
  throw new UserError(`--by-evaluations: greedy and sampled episodes are not the same measure (${a}; ${b})`);
}

/**
 * The same runs with the returns of their evaluations for those of training's own episodes: an evaluation stands for the
 * updates since the one before. A run with an evaluation that is missing or damaged failed.
 * @param folder that the paths of runs start from
 */
export function byEvaluations(input: ReportInput, folder: string): ReportInput {
  return {
    ...input,
    runs: input.runs.map((run) => {
      if (run.status !== 'completed') return run;
      const path = join(folder, run.path);
      const { rows, damage } = readEvaluations(path, false);
      // Of a branch the number of the update, not how many there are.
      const last = run.rows.at(-1)?.update;
      const isShort = rows.at(-1)?.update !== last;
      const failure =
        damage ??
        (isShort ? `${path}: evaluations.jsonl has no evaluation after the last update ${last}` : undefined);
      if (failure !== undefined) return { ...run, status: 'failed', failure };
      return { ...run, rows: replaced(run.rows, rows) };
    }),
  };
}

/** Rows with the returns of evaluations. */
export function replaced(rows: readonly ReportRow[], evaluations: readonly EvaluationRow[]): ReportRow[] {
  const at = new Map(evaluations.map((each) => [each.update, each]));
  let known = 0;
  return rows.map((row) => {
    const found = at.get(row.update);
    if (found !== undefined) known = row.update;
    return {
      ...row,
      episodes: found?.episodes ?? 0,
      returnMean: found?.returnMean ?? null,
      returnMin: found?.returnMin ?? null,
      returnMax: found?.returnMax ?? null,
      lengthMean: found?.lengthMean ?? null,
      curveUpdates: known,
      curveReturn: found?.returnMean ?? null,
    };
  });
}
