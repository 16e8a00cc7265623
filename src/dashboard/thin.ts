import type { MetricValue } from '../row/field.ts';
import { MOST_ROWS, SECONDS, type Thinned } from './wire.ts';

/** Columns that go up: their extremes are their ends. */
const RISING: ReadonlySet<string> = new Set(['update', 'steps', SECONDS, 'curveUpdates']);
/** Rows of different kinds that a stretch is expected to have. */
const KINDS = 4;

/**
 * Chooses at most about `MOST_ROWS` of more rows: those of every n-th update, n a power of two, so that seeds have the same ones;
 * and of each stretch, in every column, the row where it is least, the one where it is greatest, the first of each word and of
 * what is not finite, and the first of each kind: why its steps ended, and whether it did outside δ.
 * @param columns all of the run; those named are looked at
 * @param from the first row, `to` the one behind the last
 */
export function thin(
  columns: ReadonlyMap<string, readonly MetricValue[]>,
  names: readonly string[],
  from: number,
  to: number,
): Thinned {
  const half = MOST_ROWS / 2;
  const looked = names.flatMap((name) => {
    const cells = columns.get(name);
    return cells === undefined || RISING.has(name) ? [] : [cells];
  });
  const stretch = Math.ceil(((to - from) * (2 * looked.length + KINDS)) / half);
  const kindOf = kindsOf(columns);
  const updates = columns.get('update') ?? [];
  const every = 2 ** Math.ceil(Math.log2((to - from) / half));
  const kept = new Set<number>([from, to - 1]);
  for (let row = from; row < to; row++) if (Number(updates[row]) % every === 0) kept.add(row);
  for (let start = from; start < to; start += stretch) {
    const end = Math.min(to, start + stretch);
    for (const cells of looked) for (const row of extremesOf(cells, start, end)) kept.add(row);
    for (const row of firstOfEach(kindOf, start, end)) kept.add(row);
  }
  const rows = [...kept].sort((a, b) => a - b);
  return { rows, weights: weightsOf(rows, kindOf, from, to, stretch), stretch };
}

type KindOf = (row: number) => string;

function kindsOf(columns: ReadonlyMap<string, readonly MetricValue[]>): KindOf {
  const [reasons, violations] = [columns.get('stopReason'), columns.get('deltaViolated')];
  return (row) => `${reasons?.[row]} ${violations?.[row]}`;
}

/** Where a column is least and greatest in a stretch, and the first of each word in it: NaN is one, as it is told. */
function extremesOf(cells: readonly MetricValue[], start: number, end: number): number[] {
  let [least, greatest] = [-1, -1];
  const words = new Map<MetricValue, number>();
  for (let row = start; row < end; row++) {
    const cell = cells[row];
    if (typeof cell === 'number') {
      if (least < 0 || cell < (cells[least] as number)) least = row;
      if (greatest < 0 || cell > (cells[greatest] as number)) greatest = row;
    } else if (!words.has(cell)) words.set(cell, row);
  }
  return [least, greatest, ...words.values()].filter((row) => row >= 0);
}

function firstOfEach(kindOf: KindOf, start: number, end: number): Iterable<number> {
  const first = new Map<string, number>();
  for (let row = start; row < end; row++) {
    const kind = kindOf(row);
    if (!first.has(kind)) first.set(kind, row);
  }
  return first.values();
}

/** A row that is not kept is counted with the last of its kind before it in its stretch, of which there is one. */
function weightsOf(
  rows: readonly number[],
  kindOf: KindOf,
  from: number,
  to: number,
  stretch: number,
): number[] {
  const weights = rows.map(() => 0);
  const last = new Map<string, number>();
  let next = 0;
  for (let row = from; row < to; row++) {
    if ((row - from) % stretch === 0) last.clear();
    const kind = kindOf(row);
    if (rows[next] === row) last.set(kind, next++);
    weights[last.get(kind) as number] += 1;
  }
  return weights;
}
