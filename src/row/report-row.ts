import type { MetricsRow } from './metrics.ts';

/** The columns of `metrics.jsonl` that a report is made of. */
const COLUMNS = [
  'update',
  'steps',
  'episodes',
  'returnMean',
  'returnMin',
  'returnMax',
  'lengthMean',
  'curveUpdates',
  'curveReturn',
  'klOldNewMean',
  'klOldNewMax',
  'klNewOldMean',
  'delta',
  'deltaViolated',
  'statesOutsideDelta',
  'clipFraction',
  'entropy',
  'gradientStepsPlanned',
  'gradientStepsApplied',
  'stopReason',
  'beta',
  'klPolicyReference',
  'exactReturn',
] as const satisfies readonly (keyof MetricsRow)[];

/** A row as a report has it: it holds those of all its runs at once, thousands of them. */
export type ReportRow = Pick<MetricsRow, (typeof COLUMNS)[number]>;

/** A column that a row does not have it does not have either. */
export function reportRowOf(row: MetricsRow): ReportRow {
  const kept: Partial<Record<keyof ReportRow, unknown>> = {};
  for (const name of COLUMNS) if (name in row) kept[name] = row[name];
  return kept as ReportRow;
}
