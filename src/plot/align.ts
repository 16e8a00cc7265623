import { extent } from '../elementary/extent.ts';
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
  /**
   * [runs][updates]: a number, NaN for one that is missing or not finite, null where there is none to have; undefined where a run
   * has one and its row is not here.
   */
  readonly values: readonly (readonly (number | null | undefined)[])[];
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
  const updates = updatesOf(placed);
  const placeOf = placesIn(updates);
  const values = placed.map(({ run, rows: [from, to] }) => {
    const cells = run.columns.get(column);
    const row: (number | null | undefined)[] = new Array(updates.length).fill(null);
    // Between its first and its last row a run has a value for every update, or one is missing.
    const between = run.weights === undefined ? Number.NaN : undefined;
    row.fill(between, placeOf(run.updates[from]), placeOf(run.updates[to]) + 1);
    for (let at = from; at <= to; at++) {
      const value = numberOf(cells?.[at]);
      row[placeOf(run.updates[at])] = value === null || Number.isFinite(value) ? value : Number.NaN;
    }
    return row;
  });
  const lasts = extent([placed.map(({ run, rows: [, to] }) => run.updates[to])]);
  return {
    runs: placed.map(({ run }) => run),
    updates,
    x: meanPositions(
      placed.map((each) => positions(each, updates, placeOf)),
      updates.length,
    ),
    values,
    completeUntil: lasts === undefined ? 0 : placeOf(lasts[0]) + 1,
  };
}

/** Every update from the first on; where runs have not all their rows here, those of which some have. */
function updatesOf(placed: readonly Placed[]): number[] {
  if (placed.length === 0) return [];
  const ranges = placed.map(({ run, rows: [from, to] }) => [run.updates[from], run.updates[to]] as const);
  const [first, last] = extent(ranges) as [number, number];
  if (placed.every(({ run }) => run.weights === undefined))
    return Array.from({ length: last - first + 1 }, (_, u) => first + u);
  const there = new Set<number>();
  placed.forEach(({ run, rows: [from, to] }, at) => {
    if (run.weights !== undefined) for (let row = from; row <= to; row++) there.add(run.updates[row]);
    else for (let update = ranges[at][0]; update <= ranges[at][1]; update++) there.add(update);
  });
  return [...there].sort((a, b) => a - b);
}

/** Where an update of some stands among them. @param updates ascending */
export function placesIn(updates: readonly number[]): (update: number) => number {
  const [first] = updates;
  if (first === undefined || updates[updates.length - 1] - first === updates.length - 1)
    return (update) => update - first;
  const places = new Map(updates.map((update, at) => [update, at]));
  return (update) => places.get(update) ?? -1;
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
function positions(
  { run, places }: Placed,
  updates: readonly number[],
  placeOf: (update: number) => number,
): Float64Array {
  const positions = new Float64Array(updates.length).fill(Number.NaN);
  let before = -1;
  run.updates.forEach((update, at) => {
    const position = places[at];
    if (Number.isNaN(position)) return;
    const here = placeOf(update);
    for (let between = before + 1; before >= 0 && between < here; between++) {
      const share = (updates[between] - updates[before]) / (update - updates[before]);
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
export function smooth<Value extends number | null | undefined>(
  values: readonly Value[],
  window: number,
): (Value | number)[] {
  if (window <= 1) return [...values];
  const isThere = (value: Value): boolean => typeof value === 'number' && !Number.isNaN(value);
  return values.map((value, at) => {
    if (!isThere(value)) return value;
    const recent = values.slice(Math.max(0, at - window + 1), at + 1);
    return mean(recent.filter(isThere) as number[]);
  });
}
