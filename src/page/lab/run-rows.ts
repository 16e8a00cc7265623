import type { Config } from '../../config/schema.ts';
import { CURVE, curveColumn, type PlottedRun } from '../../plot/plotted-run.ts';
import { cellsOf } from '../../row/encode.ts';
import type { MetricValue } from '../../row/field.ts';
import type { WrittenRow } from '../../row/metrics.ts';

/** The rows of a training as plots take them, growing at the end. */
export class RunRows {
  readonly rows: WrittenRow[] = [];
  private readonly columns = new Map<string, MetricValue[]>();

  append(rows: readonly WrittenRow[]): void {
    for (const row of rows) {
      const before = this.rows.length;
      for (const [name, cell] of Object.entries(cellsOf(row))) {
        const column = this.columns.get(name);
        if (column === undefined)
          this.columns.set(name, [...new Array<MetricValue>(before).fill(Number.NaN), cell]);
        else column.push(cell);
      }
      this.rows.push(row);
    }
  }

  /** Forgets what came after an update. */
  cut(update: number): void {
    this.rows.length = Math.min(update, this.rows.length);
    for (const column of this.columns.values()) column.length = this.rows.length;
  }

  /** @param name of the run, as a legend has it */
  plotted(name: string, config: Config, isDone: boolean): PlottedRun {
    const columns = new Map<string, readonly MetricValue[]>(this.columns);
    const curve = curveColumn(this.rows);
    if (curve !== undefined) columns.set(CURVE, curve);
    return {
      ...{ path: name, name, seed: config.seed, config, status: isDone ? 'completed' : 'alive' },
      ...{ updates: this.rows.map(({ update }) => update), columns, seconds: [], problems: [] },
    };
  }
}
