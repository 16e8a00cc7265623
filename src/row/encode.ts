import { encodeJson } from './json.ts';
import type { EvaluationRow } from './evaluation.ts';
import type { MetricValue } from './field.ts';
import { type FitRow, fitFields } from './fit.ts';
import type { LedgerRow } from './ledger.ts';
import { metricFields, type MetricsRow } from './metrics.ts';
import type { ReportRow } from './report-row.ts';
import type { Timing } from './timing.ts';

/** The names that no figure of an environment may have: rows would have two of them. */
const TAKEN: ReadonlySet<string> = new Set([...metricFields, ...fitFields].map(({ name }) => name));

/** The first of these figures that has the name of a column; undefined where none has. */
export function takenName(figureNames: readonly string[]): string | undefined {
  return figureNames.find((name) => TAKEN.has(name));
}

/** A row of any file of a run. */
export type AnyRow = MetricsRow | ReportRow | LedgerRow | EvaluationRow | FitRow | Timing;

/** All cells of a row by their names, as the file has them: first its columns, then the figures of its environment. */
export function cellsOf(row: AnyRow): Record<string, MetricValue> {
  if (!('figures' in row)) return { ...row };
  const { figures, ...columns } = row;
  return { ...columns, ...figures };
}

/** One of them; undefined where the row has none of that name. */
export function cellOf(row: AnyRow, name: string): MetricValue | undefined {
  if (name in row && name !== 'figures') return row[name as keyof AnyRow];
  return 'figures' in row ? row.figures[name] : undefined;
}

/** The line of a row: `encodeJson` without its replacer, a call for every value, where all numbers are finite. */
export function encodeRow(row: AnyRow): string {
  const cells = cellsOf(row);
  for (const value of Object.values(cells)) {
    if (typeof value === 'number' && !Number.isFinite(value)) return encodeJson(cells);
  }
  return JSON.stringify(cells);
}
