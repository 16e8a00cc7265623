import { mean } from '../elementary/mean.ts';
import { numberOf, type PlottedRun } from './plotted-run.ts';

/** What the x axis counts; `gradient` needs rows of a ledger. */
export type Abscissa = 'steps' | 'updates' | 'time' | 'gradient';

/** Runs side by side: entry u of every array belongs to update `first + u`. */
export interface Aligned {
  /** [updates], position on the x axis. */
  readonly x: Float64Array;
  /** [runs][updates]: a number, NaN for one that is missing or not finite, null where there is none to have. */
  readonly values: readonly (readonly (number | null)[])[];
  /** Entries from which on a run has ended that others outlast; the length where all end together. */
  readonly completeUntil: number;
}

/**
 * Aligns runs by update. The x position of an update moves on by the mean of what it moved on in the runs
 * that reach it, so positions increase even where runs of different pace end at different updates.
 */
export function align(runs: readonly PlottedRun[], column: string, abscissa: Abscissa): Aligned {
  const filled = runs.filter((run) => run.updates.length > 0);
  if (filled.length === 0) return { x: new Float64Array(0), values: [], completeUntil: 0 };
  const first = Math.min(...filled.map((run) => run.updates[0]));
  const lasts = filled.map((run) => run.updates.at(-1) as number);
  const length = Math.max(...lasts) - first + 1;
  const values = filled.map((run) => {
    const cells = run.columns.get(column);
    const row: (number | null)[] = new Array(length).fill(null);
    // Between its first and its last row a run has a value for every update, or one is missing.
    row.fill(Number.NaN, run.updates[0] - first, (run.updates.at(-1) as number) - first + 1);
    run.updates.forEach((update, at) => {
      const value = numberOf(cells?.[at]);
      row[update - first] = value === null || Number.isFinite(value) ? value : Number.NaN;
    });
    return row;
  });
  const x = meanPositions(
    filled.map((run) => positions(run, abscissa, first, length)),
    length,
  );
  return { x, values, completeUntil: Math.min(...lasts) - first + 1 };
}

/** Where each update of a run is on the x axis; missing rows lie evenly between their neighbours. */
function positions(run: PlottedRun, abscissa: Abscissa, first: number, length: number): Float64Array {
  const positions = new Float64Array(length).fill(Number.NaN);
  const steps = run.columns.get('steps');
  let before = -1;
  run.updates.forEach((update, at) => {
    const cell = abscissa === 'time' ? (run.seconds[at] ?? null) : numberOf(steps?.[at]);
    const position = abscissa === 'updates' || abscissa === 'gradient' ? update : cell;
    if (position === null || Number.isNaN(position)) return;
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
