import type { Config } from '../config/schema.ts';
import { curveOf } from '../run/curve.ts';
import { nonFinite } from '../row/json.ts';
import type { Field, MetricValue } from '../row/field.ts';
import { cellOf, cellsOf } from '../row/encode.ts';
import type { FitRow } from '../row/fit.ts';
import type { LedgerRow } from '../row/ledger.ts';
import type { MetricsRow } from '../row/metrics.ts';
import type { ReportRow } from '../row/report-row.ts';
import type { FileHashes } from '../run/differing-files.ts';
import { isInLastTenth } from '../run/last-tenth.ts';
import type { Parent, RunStanding, Warning } from '../run/record.ts';

/** One run as plots see it: columns over its rows, which stand in the order of their updates. */
export interface PlottedRun {
  readonly path: string;
  /** Folder of its seeds: `runs/NAME`. */
  readonly name: string;
  readonly seed: number;
  readonly status: RunStanding;
  readonly config: Config;
  /** Of the files that it was made with. */
  readonly files?: FileHashes | undefined;
  /** Where it begins, if it is a branch: its first row is of the update after. */
  readonly parent?: Parent | undefined;
  /** What looked wrong on its way. */
  readonly warnings?: readonly Warning[] | undefined;
  /** Of each row: the update it tells of; of a ledger: the gradient step, counted over the whole run. */
  readonly updates: readonly number[];
  /** Cells by the name of their column, one a row. */
  readonly columns: ReadonlyMap<string, readonly MetricValue[]>;
  /** Seconds since the start of training of each row; null where none were recorded. */
  readonly seconds: readonly (number | null)[];
  /** Of a long run whose rows are not all here: for how many of its updates each row stands, itself among them. */
  readonly weights?: readonly number[] | undefined;
  /** Of a ledger, whose rows are steps: how many of the run's updates ended outside δ, and of how many. */
  readonly outside?: { readonly total: number; readonly of: number };
  /** What could not be read, one line each. */
  readonly problems: readonly string[];
}

/** Of what δ is the bound. */
export type Bounded = NonNullable<Field['heldToDelta']>;

/** Of what δ is the bound in a run; one of `leash fit` has none. */
export function boundedBy({ config }: Pick<PlottedRun, 'config'>): Bounded {
  const { trustRegion } = config as Partial<Config>;
  return (trustRegion?.over ?? 'mean') === 'mean' ? 'mean' : 'eachState';
}

/** A cell as a number: true is 1, null is null, a word or nothing at all is NaN. */
export function numberOf(cell: MetricValue | undefined): number | null {
  if (typeof cell === 'number' || cell === null) return cell;
  if (typeof cell === 'boolean') return cell ? 1 : 0;
  return (cell === undefined ? undefined : nonFinite(cell)) ?? Number.NaN;
}

/** As in a comparison: whether a run completed and no episode ended in the last tenth of its updates. */
export function isStuck({ status, updates, columns }: PlottedRun): boolean {
  const last = updates.at(-1) ?? 0;
  const returns = columns.get('returnMean') ?? [];
  return (
    status === 'completed' &&
    updates.every((update, at) => !isInLastTenth(update, last) || returns[at] === null)
  );
}

/** The column of the curve of returns, which rows tell of piece by piece, later than its updates. */
export const CURVE = 'curve';

/** The column of the mean returns of evaluations in the course of training: null in the updates without one. */
export const EVALUATION = 'evaluationReturn';

/** A row of those that plots know: each has an update to stand at. */
export type PlottedRow = MetricsRow | ReportRow | FitRow | LedgerStep;

/** A gradient step of a ledger as if it were an update. */
export interface LedgerStep extends LedgerRow {
  readonly deltaViolated: boolean;
}

/**
 * The columns that the first or the last of some rows have, in the order of the file; a row without one of them has NaN
 * there. `curve` besides, where rows tell of it: null in the updates of which it is not known yet.
 */
export function columnsOf(rows: readonly PlottedRow[]): ReadonlyMap<string, readonly MetricValue[]> {
  const ends = [rows[0], rows.at(-1)].flatMap((row) => (row === undefined ? [] : [cellsOf(row)]));
  const names = new Set(ends.flatMap((cells) => Object.keys(cells)));
  const columns = new Map<string, MetricValue[]>();
  for (const name of names) {
    const cells = rows.map((row) => {
      const cell = cellOf(row, name);
      return cell === undefined ? Number.NaN : cell;
    });
    columns.set(name, cells);
  }
  const curve = curveColumn(rows);
  if (curve !== undefined) columns.set(CURVE, curve);
  return columns;
}

/** The column of the curve of rows that are given column by column, as these stand in files or as numbers. */
export function curveFromCells(
  updates: readonly MetricValue[],
  ends: readonly MetricValue[],
  means: readonly MetricValue[],
): (number | null)[] | undefined {
  return curveColumn(
    updates.map((update, at) => ({
      update: Number(update),
      curveUpdates: Number(ends[at]),
      curveReturn: typeof means[at] === 'number' ? (means[at] as number) : null,
    })),
  );
}

/** The column of the curve; undefined where no row tells of it. */
export function curveColumn(rows: Parameters<typeof curveOf>[0]): (number | null)[] | undefined {
  const curve = curveOf(rows);
  return curve === null ? undefined : rows.map(({ update }) => curve[update - 1] ?? null);
}
