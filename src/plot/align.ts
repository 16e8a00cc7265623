import { mean } from '../elementary/mean.ts';
import { numberOf, type PlottedRun } from './plotted-run.ts';

/** What the x axis counts; `gradient` needs rows of a ledger. */
export type Abscissa = 'steps' | 'updates' | 'time' | 'gradient';

/** Runs side by side: entry u of every array belongs to the same update. */
export interface Aligned {
  /** Those that have a place on the axis. */
  readonly runs: readonly PlottedRun[];
  /** Their updates, ascending. */
  readonly updates: readonly number[];
  /** [updates], position on the x axis, ascending. */
  readonly x: Float64Array;
  /** [runs][updates]: a number, NaN for one that is missing or not finite, null where there is none to have. */
  readonly values: readonly (readonly (number | null)[])[];
  /** Entries from which on a run has ended that others outlast; the length where all end together. */
  readonly completeUntil: number;
}

/** A run with the place of each of its rows on the x axis; NaN: it has none. */
interface Placed {
  readonly run: PlottedRun;
  readonly places: Float64Array;
  /** Of its rows: the first that has a place, and the last. */
  readonly rows: readonly [first: number, last: number];
}

/**
 * Aligns runs by update. The x position of an update moves on by the mean of what it moved on in the runs
 * that reach it, so positions increase even where runs of different pace end at different updates. What a run has
 * before its first place on the axis or after its last, as where no clock was kept, is left out.
 */
export function align(runs: readonly PlottedRun[], column: string, abscissa: Abscissa): Aligned {
  const placed = runs.flatMap((run) => placedOn(run, abscissa) ?? []);
  const ends = placed.map(({ run, rows }) => rows.map((row) => run.updates[row]));
  const first = Math.min(...ends.map(([from]) => from));
  const lasts = ends.map(([, to]) => to);
  const length = placed.length === 0 ? 0 : Math.max(...lasts) - first + 1;
  const values = placed.map(({ run, rows: [from, to] }) => {
    const cells = run.columns.get(column);
    const row: (number | null)[] = new Array(length).fill(null);
    // Between its first and its last row a run has a value for every update, or one is missing.
    row.fill(Number.NaN, run.updates[from] - first, run.updates[to] - first + 1);
    for (let at = from; at <= to; at++) {
      const value = numberOf(cells?.[at]);
      row[run.updates[at] - first] = value === null || Number.isFinite(value) ? value : Number.NaN;
    }
    return row;
  });
  return {
    runs: placed.map(({ run }) => run),
    updates: Array.from({ length }, (_, u) => first + u),
    x: meanPositions(
      placed.map((each) => positions(each, first, length)),
      length,
    ),
    values,
    completeUntil: length === 0 ? 0 : Math.min(...lasts) - first + 1,
  };
}

/** Undefined where no row has a place on the axis. */
function placedOn(run: PlottedRun, abscissa: Abscissa): Placed | undefined {
  const steps = run.columns.get('steps');
  const places = Float64Array.from(run.updates, (update, at) => {
    if (abscissa === 'updates' || abscissa === 'gradient') return update;
    return (abscissa === 'time' ? run.seconds[at] : numberOf(steps?.[at])) ?? Number.NaN;
  });
  const first = places.findIndex((place) => !Number.isNaN(place));
  const last = places.findLastIndex((place) => !Number.isNaN(place));
  return first < 0 ? undefined : { run, places, rows: [first, last] };
}

/** Where each update of a run is on the x axis; missing rows lie evenly between their neighbours. */
function positions({ run, places }: Placed, first: number, length: number): Float64Array {
  const positions = new Float64Array(length).fill(Number.NaN);
  let before = -1;
  run.updates.forEach((update, at) => {
    const position = places[at];
    if (Number.isNaN(position)) return;
    const here = update - first;
    for (let between = before + 1; before >= 0 && between < here; between++) {
      const share = (between - before) / (here - before);
      const start = positions[before];
      positions[between] = start + share * (position - start);
    }
    positions[here] = position;
    before = here;
  });
  return positions;
}

function meanPositions(each: readonly Float64Array[], length: number): Float64Array {
  const x = new Float64Array(length);
  let at = Number.NaN;
  for (let u = 0; u < length; u++) {
    const sums = { move: 0, moves: 0, place: 0, places: 0 };
    for (const positions of each) {
      const here = positions[u];
      if (Number.isNaN(here)) continue;
      sums.place += here;
      sums.places += 1;
      const move = here - (positions[u - 1] ?? Number.NaN);
      if (Number.isNaN(move)) continue;
      sums.move += move;
      sums.moves += 1;
    }
    if (sums.moves > 0 && !Number.isNaN(at)) at += sums.move / sums.moves;
    else if (sums.places > 0) at = Math.max(sums.place / sums.places, Number.isNaN(at) ? -Infinity : at);
    x[u] = at;
  }
  return x;
}

/** Mean over the last `window` updates, of the values that are there; what has no value keeps none. */
export function smooth(values: readonly (number | null)[], window: number): (number | null)[] {
  if (window <= 1) return [...values];
  return values.map((value, at) => {
    if (value === null || Number.isNaN(value)) return value;
    const recent = values.slice(Math.max(0, at - window + 1), at + 1);
    return mean(recent.filter((each) => each !== null && !Number.isNaN(each)) as number[]);
  });
}
