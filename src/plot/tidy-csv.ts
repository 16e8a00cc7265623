import { csvCell } from '../formats/csv.ts';
import type { PlottedRun } from './plotted-run.ts';

/**
 * Runs as one tidy table: a row an update, the columns `run`, `seed` and then every metric that any of the runs
 * has. What is null is empty; NaN, Inf and -Inf are words that pandas and R read as numbers.
 */
export function tidyCsv(runs: readonly PlottedRun[]): string {
  const names = [...new Set(runs.flatMap(({ columns }) => [...columns.keys()]))];
  const lines = [['run', 'seed', ...names].map(csvCell).join(',')];
  for (const run of runs) {
    const start = `${csvCell(run.name)},${run.seed}`;
    const columns = names.map((name) => run.columns.get(name));
    run.updates.forEach((_, at) => {
      lines.push([start, ...columns.map((cells) => csvCell(cells?.[at] ?? null))].join(','));
    });
  }
  return `${lines.join('\n')}\n`;
}
