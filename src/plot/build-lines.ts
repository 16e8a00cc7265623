import { counted } from '../elementary/thousands.ts';
import { type Abscissa, type Aligned, align, smooth } from './align.ts';
import { curve, largestOf, middleOf } from './build-curve.ts';
import type { Line } from './figure.ts';
import { type FigureOptions, X_LABELS } from './figure-options.ts';
import type { RunGroup } from './group-runs.ts';
import type { Notes } from './notes.ts';
import { entriesIn, entriesOf, hereIn, peaksOf, pick, sayWhatIsNotHere, type Value } from './partial-rows.ts';
import { labelOf, showsDelta } from './plot-metric.ts';
import { boundedBy, CURVE, EVALUATION, isStuck, type PlottedRun } from './plotted-run.ts';

/** What lines of a group's column share. */
type Shared = Pick<Line, 'group' | 'column' | 'isGrowing'>;

/**
 * Of a column of a group every seed where that is wanted, the largest where it is held to δ, and the middle.
 * @param g which group of the figure, `c` which column of the panel @param notes are told what could not be drawn
 */
export function linesOf(
  group: RunGroup,
  g: number,
  column: string,
  c: number,
  options: FigureOptions,
  notes: Notes,
): Line[] {
  const having = group.runs.filter((run) => run.columns.has(column));
  const without = group.runs.filter((run) => !hasValue(run, column)).length;
  if (without > 0) notes.miss(labelOf(column), someOf(without, group.runs, group.label));
  const each = align(having, column, options.abscissa);
  sayWhatHasNoPlace(having, each.runs, group.label, options.abscissa, notes);
  // Between evaluations there is nothing to draw but the line from one to the next.
  const aligned = column === EVALUATION ? withoutEmpty(each) : each;
  if (aligned.values.length === 0) return [];
  sayWhatIsNotHere(aligned.runs, group.label, notes);
  const values = valuesOf(aligned, column, group.label, options, notes);
  const shared = { group: g, column: c, isGrowing: aligned.runs.some(({ status }) => status === 'alive') };
  if (values.length === 1) return [seedLine(aligned, 0, values[0], shared, 'middle', options)];
  const seeds =
    options.band === 'seeds' || options.withSeeds
      ? values.map((row, at) => seedLine(aligned, at, row, shared, 'seed', options))
      : [];
  return options.band === 'seeds'
    ? seeds
    : [...seeds, ...linesOfAll(aligned, values, column, shared, options)];
}

/** Some of the runs of a group, or all of them, in words. */
function someOf(count: number, runs: readonly PlottedRun[], label: string): string {
  return count === runs.length ? label : `${count} of the runs of ${label}`;
}

/** The values of each run, smoothed; of a logarithmic axis those above 0. */
function valuesOf(
  { runs, values: all }: Aligned,
  column: string,
  label: string,
  { smooth: window, logY }: FigureOptions,
  notes: Notes,
): Value[][] {
  const missing = all.reduce((sum, row) => sum + row.filter((value) => Number.isNaN(value)).length, 0);
  notes.count(`${label}, ${labelOf(column)}: values missing or not finite (gaps, marked ×)`, missing);
  const values = all.map((row) => smooth(row, window));
  if (column === CURVE) sayWhatIsNotKnown(runs, values, label, notes);
  if (!logY) return values;
  const isOff = (value: Value): boolean => typeof value === 'number' && value <= 0;
  const count = values.reduce((sum, row) => sum + row.filter(isOff).length, 0);
  notes.count(`${label}, ${labelOf(column)}: values ≤ 0, not on a logarithmic axis`, count);
  return values.map((row) => row.map((value) => (isOff(value) ? Number.NaN : value)));
}

/** Of curves without a value: none comes any more where the run is stuck. */
function sayWhatIsNotKnown(
  runs: readonly PlottedRun[],
  curves: readonly (readonly Value[])[],
  label: string,
  notes: Notes,
): void {
  const empty = runs.filter((_, at) => curves[at]?.every((value) => value === null));
  const stuck = empty.filter(isStuck).length;
  const unknown = empty.length - stuck;
  const name = labelOf(CURVE);
  if (stuck > 0)
    notes.say(
      `${name}: stuck (no episode ended in the last tenth of the updates): ${someOf(stuck, runs, label)}`,
    );
  if (unknown > 0) notes.say(`${name}: not yet known in ${someOf(unknown, runs, label)}`);
}

/** The curve of one run, up to its last value. @param at which of the runs */
function seedLine(
  { runs, x }: Aligned,
  at: number,
  row: readonly Value[],
  shared: Shared,
  role: Line['role'],
  options: FigureOptions,
): Line {
  const own = row.slice(0, row.findLastIndex((value) => value !== null) + 1);
  const here = isWhole(runs) ? undefined : hereIn([own]);
  return {
    ...shared,
    ...{ role, isGrowing: runs[at]?.status === 'alive', low: [], high: [], completeUntil: x.length },
    ...curve(entriesOf(x, here), entriesIn(own, here), options),
  };
}

/** What is drawn of several runs together, at the updates of which a row of each is here. */
function linesOfAll(
  aligned: Aligned,
  values: readonly (readonly Value[])[],
  column: string,
  shared: Shared,
  options: FigureOptions,
): Line[] {
  const { runs } = aligned;
  const here = isWhole(runs) ? undefined : hereIn(values);
  const together = here === undefined ? aligned : pick(aligned, here);
  const rows = values.map((row) => entriesIn(row, here));
  const isHeld = runs.some((run) => showsDelta([column], boundedBy(run)));
  const peaks = here === undefined || !isHeld ? rows : peaksOf(values, here);
  // Of what is held to δ, the one seed that overshoots is what a middle hides.
  const largest = { role: 'largest', low: [], high: [], ...shared } as const;
  const known = column === CURVE ? whereAllAreKnown(together, rows) : rows;
  return [
    ...(isHeld ? [{ ...largest, ...largestOf(together, peaks, options) }] : []),
    { ...shared, role: 'middle', ...middleOf(together, known, options) },
  ];
}

function isWhole(runs: readonly PlottedRun[]): boolean {
  return runs.every(({ weights }) => weights === undefined);
}

/** Runs without a place on the x axis are not drawn, nor are updates of those that ended before it was last known. */
function sayWhatHasNoPlace(
  runs: readonly PlottedRun[],
  drawn: readonly PlottedRun[],
  label: string,
  abscissa: Abscissa,
  notes: Notes,
): void {
  const filled = runs.filter(({ updates }) => updates.length > 0);
  const without = filled.length - drawn.length;
  if (without > 0) notes.miss(X_LABELS[abscissa], someOf(without, filled, label));
  if (abscissa !== 'time') return;
  // Of a run that goes on the last comes a moment later.
  const left = drawn
    .filter(({ status }) => status !== 'alive')
    .reduce(
      (sum, { seconds }) => sum + seconds.length - 1 - seconds.findLastIndex((each) => each !== null),
      0,
    );
  if (left > 0) notes.say(`${label}: ${counted(left, 'last update')} without ${X_LABELS.time}, not drawn`);
}

/** Without the updates in which no run has a value. */
function withoutEmpty(aligned: Aligned): Aligned {
  const { x, values } = aligned;
  return pick(
    aligned,
    [...x.keys()].filter((u) => values.some((row) => row[u] !== null)),
  );
}

/**
 * Which seeds' curves are known last depends on their episodes: a middle of the others would favour short ones. So there
 * is one only where the curves of all runs that got there are known.
 */
function whereAllAreKnown(
  { runs, updates }: Aligned,
  values: readonly (readonly (number | null)[])[],
): (number | null)[][] {
  const lasts = runs.map((run) => run.updates.at(-1) as number);
  const isKnown = updates.map(
    (update, u) => !values.some((each, i) => each[u] === null && update <= lasts[i]),
  );
  return values.map((row) => row.map((value, u) => (isKnown[u] ? value : null)));
}

/** Whether a run has any value of a column, or rows at all that could lack it; the curve is not known at first. */
function hasValue({ columns, updates }: PlottedRun, column: string): boolean {
  const cells = columns.get(column);
  if (cells === undefined) return updates.length === 0;
  return column === CURVE || cells.length === 0 || cells.some((cell) => cell !== null);
}
