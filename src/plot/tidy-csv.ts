import type { MetricValue } from '../row/field.ts';
import type { PlottedRun } from './plotted-run.ts';

/**
 * Runs as one tidy table: a row an update, the columns `run`, `seed` and then every metric that any of the runs
 * has. What is null is empty; NaN, Inf and -Inf are words that pandas and R read as numbers.
 */
export function tidyCsv(runs: readonly PlottedRun[]): string {
  const names = [...new Set(runs.flatMap(({ columns }) => [...columns.keys()]))];
  const lines = [['run', 'seed', ...names].map(quoted).join(',')];
  for (const run of runs) {
    const start = `${quoted(run.name)},${run.seed}`;
    const columns = names.map((name) => run.columns.get(name));
    run.updates.forEach((_, at) => {
      lines.push([start, ...columns.map((cells) => written(cells?.[at] ?? null))].join(','));
    });
  }
  return `${lines.join('\n')}\n`;
}

const WORDS: Readonly<Record<string, string>> = { Infinity: 'Inf', '-Infinity': '-Inf' };

function written(cell: MetricValue): string {
  if (cell === null) return '';
  const word = String(cell);
  // NaN and the infinities are numbers, as words: -Inf is no formula.
  return WORDS[word] ?? (typeof cell === 'string' ? quoted(word) : word);
}

/**
 * A text cell: quoted where it has a comma, a quote or a line break [RFC 4180], after an apostrophe where a spreadsheet
 * would take it for a formula [OWASP, CSV Injection]. Numbers are no texts: -1.5 stays.
 */
function quoted(text: string): string {
  const plain = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(plain) ? `"${plain.replaceAll('"', '""')}"` : plain;
}
