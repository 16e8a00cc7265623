import { counted, thousands } from '../elementary/thousands.ts';
import { type Aligned, placesIn } from './align.ts';
import type { Notes } from './notes.ts';
import type { PlottedRun } from './plotted-run.ts';

/*
 * Of a long run a page has some of its rows, each of which stands for others: what is drawn and counted of them.
 */

/** Of a run at an update; undefined: it has a row there, which is not here. */
export type Value = number | null | undefined;

/** Entries of which no row is missing here: of a long run only some rows are. */
export function hereIn(rows: readonly (readonly Value[])[]): number[] {
  return [...rows[0].keys()].filter((u) => rows.every((row) => row[u] !== undefined));
}

/** @param entries undefined: all */
export function entriesOf(x: Float64Array, entries: readonly number[] | undefined): Float64Array {
  return entries === undefined ? x : Float64Array.from(entries, (u) => x[u]);
}

/** @param entries at which the row has something; undefined: it has everywhere */
export function entriesIn(
  row: readonly Value[],
  entries: readonly number[] | undefined,
): readonly (number | null)[] {
  return entries === undefined ? (row as readonly (number | null)[]) : entries.map((u) => row[u] ?? null);
}

/** Of each run the greatest since the entry before: what only one of them has between two entries of all is not lost. */
export function peaksOf(
  rows: readonly (readonly Value[])[],
  entries: readonly number[],
): (number | null)[][] {
  return rows.map((row) =>
    entries.map((u, at) => {
      let peak = row[u] ?? null;
      for (let between = (entries[at - 1] ?? -1) + 1; between < u; between++) {
        const value = row[between];
        if (typeof value !== 'number' || Number.isNaN(value)) continue;
        if (peak === null || Number.isNaN(peak) || value > peak) peak = value;
      }
      return peak;
    }),
  );
}

/** @param entries ascending */
export function pick(
  { runs, updates, x, values, completeUntil }: Aligned,
  entries: readonly number[],
): Aligned {
  return {
    runs,
    updates: entries.map((u) => updates[u]),
    x: entriesOf(x, entries),
    values: values.map((row) => entries.map((u) => row[u])),
    completeUntil: entries.filter((u) => u < completeUntil).length,
  };
}

/** Updates of all runs whose value is so; those whose rows are not here are stood for by others. */
export function countedIn({ runs, updates, values }: Aligned, isSo: (value: unknown) => boolean): number {
  const placeOf = placesIn(updates);
  let count = 0;
  runs.forEach((run, r) => {
    const [row, weights] = [values[r], run.weights];
    for (let at = 0; at < run.updates.length; at++)
      if (isSo(row[placeOf(run.updates[at])])) count += weights?.[at] ?? 1;
  });
  return count;
}

/** Of how many updates rows are here, where that is not of all. */
export function sayWhatIsNotHere(runs: readonly PlottedRun[], label: string, notes: Notes): void {
  const long = runs.filter(({ weights }) => weights !== undefined);
  if (long.length === 0) return;
  const sum = (of: (run: PlottedRun) => number): number => long.reduce((total, run) => total + of(run), 0);
  const here = sum(({ updates }) => updates.length);
  const all = sum(({ weights = [] }) => weights.reduce((total, weight) => total + weight, 0));
  if (here === all) return;
  notes.say(
    `${label}: ${thousands(here)} of ${counted(all, 'update')} are drawn, the extremes of each stretch among them; zooming in draws every one`,
  );
}
