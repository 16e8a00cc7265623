import type { Config } from '../config/schema.ts';
import type { MetricsRow, MetricValue } from '../run/metrics.ts';
import type { RunStatus } from '../run/run-directory.ts';

/** Columns of a run by their names. */
export interface Columns {
  readonly names: readonly string[];
  has(name: string): boolean;
  /** One cell a row; undefined where the run has no such column. */
  get(name: string): readonly MetricValue[] | undefined;
}

/** One run as plots see it: columns over its rows, which stand in the order of their updates. */
export interface PlottedRun {
  readonly path: string;
  /** Folder of its seeds: `runs/NAME`. */
  readonly name: string;
  readonly seed: number;
  readonly status: RunStatus;
  readonly config: Config;
  /** Of each row: the update it tells of; of a ledger: the gradient step, counted over the whole run. */
  readonly updates: readonly number[];
  readonly columns: Columns;
  /** Seconds since the start of training of each row; null where none were recorded. */
  readonly seconds: readonly (number | null)[];
  /** What could not be read, one line each. */
  readonly problems: readonly string[];
}

const NON_FINITE: Readonly<Record<string, number>> = {
  NaN: Number.NaN,
  Infinity: Number.POSITIVE_INFINITY,
  '-Infinity': Number.NEGATIVE_INFINITY,
};

/** A cell as a number: true is 1, null is null, a word or nothing at all is NaN. */
export function numberOf(cell: MetricValue | undefined): number | null {
  if (typeof cell === 'number' || cell === null) return cell;
  if (typeof cell === 'boolean') return cell ? 1 : 0;
  return cell === undefined ? Number.NaN : (NON_FINITE[cell] ?? Number.NaN);
}

/** The columns of rows, each taken out when it is first asked for: a plot needs few of many. */
export class RowColumns implements Columns {
  readonly names: readonly string[];
  private readonly rows: readonly MetricsRow[];
  private readonly taken = new Map<string, readonly MetricValue[]>();
  constructor(rows: readonly MetricsRow[]) {
    this.rows = rows;
    this.names = [...new Set([rows[0], rows.at(-1)].flatMap((row) => Object.keys(row ?? {})))];
  }
  has(name: string): boolean {
    return this.names.includes(name);
  }
  get(name: string): readonly MetricValue[] | undefined {
    if (!this.has(name)) return undefined;
    const known = this.taken.get(name);
    if (known) return known;
    const column = this.rows.map((row) => row[name] ?? (name in row ? null : Number.NaN));
    this.taken.set(name, column);
    return column;
  }
}
