import { MOST_ROWS, type ToldRows } from '../../dashboard/wire.ts';
import type { MetricValue } from '../../row/field.ts';

/** Rows as they stand in plots. */
export interface ShownRows {
  readonly columns: ReadonlyMap<string, readonly MetricValue[]>;
  /** For how many updates each row stands; undefined where all rows are here. */
  readonly weights: readonly number[] | undefined;
}

/** Rows of a run one after the other, not each of them. */
interface Part {
  /** Which of the run's they are, ascending. */
  readonly rows: number[];
  readonly weights: number[];
  readonly columns: Map<string, MetricValue[]>;
}

/** What a page has of a run: all rows, or of a long run a choice of them, and more of a part that is looked at closely. */
export class HeldRows {
  readonly generation: number;
  private readonly whole: Part;
  /** Of a choice: rows of each stretch that is stood for by itself. */
  private readonly stretch: number | undefined;
  /** Rows of the run that were asked for at once; all behind them are here. */
  private readonly asked: number;
  private end: number;
  private near: (Part & { readonly from: number; readonly to: number }) | undefined;
  private made: ShownRows | undefined;

  constructor(told: ToldRows) {
    this.generation = told.generation;
    this.whole = partOf(told);
    this.stretch = told.thinned?.stretch;
    this.asked = told.count;
    this.end = told.count;
  }

  /** Rows of the run up to here are here, or stood for. */
  get count(): number {
    return this.end;
  }

  /** Whether so many came since that they are better asked for anew. */
  get isOutgrown(): boolean {
    return this.end - this.asked > MOST_ROWS;
  }

  get names(): Iterable<string> {
    return this.whole.columns.keys();
  }

  has(columns: readonly string[]): boolean {
    return columns.every((name) => this.whole.columns.has(name));
  }

  get shown(): ShownRows {
    this.made ??= this.make();
    return this.made;
  }

  /** Puts rows over and behind those that are here. @returns whether they follow on these */
  append({ from, count, columns }: ToldRows): boolean {
    if (from > this.end || count === 0) return false;
    const { rows, weights } = this.whole;
    for (let i = 0; i < count; i++) {
      const row = from + i;
      if (row >= this.end) rows.push(row);
      if (row >= this.end) weights.push(1);
      const at = row >= this.end ? rows.length - 1 : lowerBound(rows, row);
      if (rows[at] !== row) continue;
      for (const [name, cells] of this.whole.columns) {
        const own = Object.hasOwn(columns, name) ? columns[name] : undefined;
        // Of a row that is here already one column may be told alone.
        if (own !== undefined) cells[at] = own[i] ?? null;
        else if (at === cells.length) cells.push(Number.NaN);
      }
    }
    this.end = Math.max(this.end, from + count);
    this.made = undefined;
    return true;
  }

  /**
   * Rows that are to be asked for where some updates are looked at closely: whole stretches, so that what these are stood for by
   * is left out; undefined where what is here will do.
   */
  missing([first, last]: readonly [number, number]): readonly [number, number] | undefined {
    const { stretch, near, whole } = this;
    const updates = whole.columns.get('update') as number[] | undefined;
    if (stretch === undefined || updates === undefined) return undefined;
    const from =
      whole.rows[
        Math.max(
          0,
          updates.findLastIndex((update) => update <= first),
        )
      ];
    const after = updates.findIndex((update) => update >= last);
    const to = Math.min(this.asked, 1 + (whole.rows[after < 0 ? whole.rows.length - 1 : after] ?? 0));
    const range = [
      Math.floor(from / stretch) * stretch,
      Math.min(this.asked, Math.ceil(to / stretch) * stretch),
    ] as const;
    if (range[0] >= range[1]) return undefined;
    const isIn = near !== undefined && near.from <= range[0] && range[1] <= near.to;
    // A choice of many rows is left for all of fewer.
    const isClose =
      isIn && (near.rows.length === near.to - near.from || near.to - near.from < 2 * (range[1] - range[0]));
    return isClose && this.isNearWhole ? undefined : range;
  }

  /** Whether the part that is looked at closely has all columns: other charts have others. */
  private get isNearWhole(): boolean {
    return [...this.names].every((name) => this.near?.columns.has(name));
  }

  /** Takes what was missing. */
  look(told: ToldRows): void {
    this.near = { ...partOf(told), from: told.from, to: told.from + told.count };
    this.made = undefined;
  }

  private make(): ShownRows {
    const { whole, near } = this;
    if (this.stretch === undefined) return { columns: whole.columns, weights: undefined };
    if (near === undefined || !this.isNearWhole) return { columns: whole.columns, weights: whole.weights };
    const start = lowerBound(whole.rows, near.from);
    const end = lowerBound(whole.rows, near.to);
    const joined = <T>(all: readonly T[], part: readonly T[]): T[] => [
      ...all.slice(0, start),
      ...part,
      ...all.slice(end),
    ];
    const columns = [...whole.columns].map(([name, cells]): [string, MetricValue[]] => [
      name,
      joined(cells, near.columns.get(name) ?? []),
    ]);
    return { columns: new Map(columns), weights: joined(whole.weights, near.weights) };
  }
}

function partOf({ from, count, thinned, columns }: ToldRows): Part {
  const copied = Object.entries(columns).map(([name, cells]): [string, MetricValue[]] => [name, [...cells]]);
  return {
    rows: thinned === undefined ? Array.from({ length: count }, (_, i) => from + i) : [...thinned.rows],
    weights: thinned === undefined ? new Array<number>(count).fill(1) : [...thinned.weights],
    columns: new Map(copied),
  };
}

/** Where the first that is not less stands. */
function lowerBound(ascending: readonly number[], value: number): number {
  let [low, high] = [0, ascending.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (ascending[middle] < value) low = middle + 1;
    else high = middle;
  }
  return low;
}
