import { environmentName } from '../config/environment-name.ts';
import { type Abscissa, type Aligned, align, placesIn, smooth } from './align.ts';
import { decimate } from './decimate.ts';
import type { Bound, Figure, Line, Panel, ReasonStrip, Violations } from './figure.ts';
import type { RunGroup } from './group-runs.ts';
import { huesOf } from './hues.ts';
import { commonUnitOf, labelOf, labelsOf, type PlotMetric, showsDelta } from './plot-metric.ts';
import { boundedBy, CURVE, EVALUATION, numberOf, type PlottedRun } from './plotted-run.ts';
import { shareInWords } from './rugs.ts';
import { parentInWords } from '../run/parent-in-words.ts';
import { boundInWords } from './strokes.ts';
import { counted, thousands } from '../elementary/thousands.ts';
import { oneLine, shortLine } from '../user-error.ts';
import { bandOf, type Center, centerOf } from '../statistics/seed-band.ts';

/** What to draw of a set of runs. */
export interface FigureOptions {
  readonly metrics: readonly PlotMetric[];
  readonly abscissa: Abscissa;
  /** Over how many updates each run is averaged, the current one the last. */
  readonly smooth: number;
  readonly logY: boolean;
  readonly band: Center | 'seeds';
  /** Draw every seed as well, beside the band. */
  readonly withSeeds?: boolean | undefined;
  /** Mark the updates that were rolled back, too, where δ is. */
  readonly withRollbacks?: boolean | undefined;
  /** Curves of the figure before, of groups that have a version; all other options are the same from one to the next. */
  readonly memory?: CurveMemory | undefined;
  /** Points a curve keeps at most; more are thinned to the extremes of each stretch. */
  readonly points: number;
  /** From where to where it is looked at closely, in units of x: this part, and what is before and after it, keep so many points each. */
  readonly focus?: readonly [from: number, to: number] | undefined;
}

type Thinning = Pick<FigureOptions, 'points' | 'focus'>;

/** Different δ of one group that are said. */
const MOST_BOUNDS = 3;

export const X_LABELS: Readonly<Record<Abscissa, string>> = {
  steps: 'environment steps',
  updates: 'updates',
  time: 'seconds of training',
  gradient: 'gradient steps',
};

/**
 * The curves of a figure, for the next one to take those whose runs did not change: of an interval over seeds each point
 * takes long.
 */
export class CurveMemory {
  private before = new Map<string, Drawn>();
  private now = new Map<string, Drawn>();

  /** @param key tells curves apart, and what they are of @returns what was made of the same in this figure or the last */
  get(key: string, make: () => Drawn): Drawn {
    const found = this.now.get(key) ?? this.before.get(key) ?? make();
    this.now.set(key, found);
    return found;
  }

  /** Another figure begins. */
  turn(): void {
    [this.before, this.now] = [this.now, new Map()];
  }
}

/** Lines, and what is to be said of them. */
interface Drawn {
  readonly lines: readonly Line[];
  readonly notes: Notes;
}

/** Groups of runs → figure. */
export function buildFigure(groups: readonly RunGroup[], options: FigureOptions): Figure {
  const notes = new Notes();
  const { memory } = options;
  memory?.turn();
  const hues = huesOf(groups.map(({ hue }) => hue));
  const panels = options.metrics.map(({ columns }) => {
    if (columns.length === 1 && columns[0] === 'stopReason') return reasonPanel(groups, options);
    const lines = groups.flatMap((group, g) =>
      columns.flatMap((column, c) => {
        const make = (): Drawn => {
          const own = new Notes();
          return { lines: linesOf(group, g, column, c, options, own), notes: own };
        };
        const { abscissa, focus } = options;
        const key = [group.version, g, c, column, abscissa, focus, group.label].join('\n');
        const { lines: made, notes: own } =
          group.version === undefined ? make() : (memory?.get(key, make) ?? make());
        notes.take(own);
        return made;
      }),
    );
    const held = groups.map(({ runs }) => runs.filter((run) => showsDelta(columns, boundedBy(run))));
    return {
      title: titleOf(columns),
      unit: commonUnitOf(columns) ?? '',
      columns: columns.length > 1 ? labelsOf(columns) : [],
      lines,
      bounds: boundsOf(held, options),
      violations: held.flatMap((runs, g) => ticksOf(runs, g, options)),
      reasons: [],
    };
  });
  for (const run of groups.flatMap((group) => group.runs)) for (const line of run.problems) notes.say(line);
  for (const group of groups) for (const line of warningsOf(group)) notes.say(oneLine(line));
  return {
    title: [...new Set(groups.flatMap(({ runs }) => runs.map(subjectOf)))].join(', '),
    subtitle: subtitleOf(groups, options),
    xLabel: X_LABELS[options.abscissa],
    logY: options.logY,
    groups: groups.map((group, g) => ({
      label: group.label,
      remark: [remarkOn(group, groups, options), outsideInWords(g, group, panels)]
        .filter((part) => part !== '')
        .join(', '),
      hue: hues[g],
    })),
    panels,
    notes: notes.lines(),
    marks: groups.flatMap(({ runs }, group) =>
      runs.flatMap((run) => marksOf(run, options.abscissa).map((x) => ({ group, x }))),
    ),
  };
}

/** What the runs of a group warned of, a line a message: in which seed and when, or in how many and from when to when. */
function warningsOf({ label, runs }: RunGroup): string[] {
  const byMessage = new Map<string, { run: PlottedRun; update: number }[]>();
  for (const run of runs)
    for (const { update, message } of run.warnings ?? [])
      byMessage.set(message, [...(byMessage.get(message) ?? []), { run, update }]);
  return [...byMessage].map(([message, warned]) => {
    const [{ run, update }] = warned;
    if (warned.length === 1) return `▾ ${run.name}, seed ${run.seed}, update ${update}: ${message}`;
    const seeds = new Set(warned.map((each) => each.run)).size;
    const updates = warned.map((each) => each.update);
    const when = `updates ${Math.min(...updates)} to ${Math.max(...updates)}`;
    return `▾ ${label}, ${seeds} of ${counted(runs.length, 'seed')}, ${when}: ${message}`;
  });
}

/** Where on the x axis a run warned. */
function marksOf({ warnings = [], updates, columns, seconds }: PlottedRun, abscissa: Abscissa): number[] {
  return warnings.flatMap(({ update }) => {
    const at = updates.indexOf(update);
    const steps = numberOf(columns.get('steps')?.[at]);
    const x = abscissa === 'steps' ? steps : abscissa === 'time' ? seconds[at] : update;
    // A ledger's rows are steps: which of them a warning came after is not known.
    return at < 0 || abscissa === 'gradient' || !Number.isFinite(x) ? [] : [x as number];
  });
}

/** What a run is of: its environment; of a fit the file of its data, which is elsewhere on another machine. */
function subjectOf({ config }: PlottedRun): string {
  return environmentName(config.environment).replace(/^.*[/\\](?=.)/, '');
}

/** Lines to be said once; counts of values are summed by what they are of. */
class Notes {
  private readonly said = new Set<string>();
  private readonly counted = new Map<string, number>();
  private readonly missing = new Map<string, Set<string>>();
  /** Somebody has no value of something: all who have none are said in one line. */
  miss(what: string, who: string): void {
    this.missing.set(what, (this.missing.get(what) ?? new Set()).add(who));
  }
  say(line: string): void {
    this.said.add(line);
  }
  count(what: string, by: number): void {
    if (by > 0) this.counted.set(what, (this.counted.get(what) ?? 0) + by);
  }
  /** What others had to say comes behind. */
  take({ said, counted, missing }: Notes): void {
    for (const line of said) this.say(line);
    for (const [what, by] of counted) this.count(what, by);
    for (const [what, who] of missing) for (const each of who) this.miss(what, each);
  }
  lines(): string[] {
    const missing = [...this.missing].map(([what, who]) => `${what}: none in ${[...who].join(', ')}`);
    return [...missing, ...this.said, ...[...this.counted].map(([what, n]) => `${what}: ${n}`)];
  }
}

function titleOf(columns: readonly string[]): string {
  if (columns.length === 1) return labelOf(columns[0]);
  return columns.every((column) => /^k(1|2|3|l)/i.test(column)) ? 'KL' : columns.map(labelOf).join(', ');
}

function seedsOf(groups: readonly RunGroup[]): string {
  const counts = groups.map(({ runs }) => runs.length);
  const [least, most] = [Math.min(...counts), Math.max(...counts)];
  if (most === 1) return groups.length === 1 ? 'one seed, so no band' : 'one seed each, so no bands';
  const range = least === most ? `${most}` : `${least} to ${most}`;
  return groups.length === 1 ? `${most} seeds` : `${range} seeds each`;
}

function subtitleOf(groups: readonly RunGroup[], { band, smooth: window }: FigureOptions): string {
  const isSingle = groups.every(({ runs }) => runs.length === 1);
  const middle = band === 'seeds' ? 'every seed' : band === 'iqm' ? 'interquartile mean' : 'mean';
  const parts = [seedsOf(groups)];
  if (!isSingle) parts.push(band === 'seeds' ? middle : `${middle} and 95% interval over seeds`);
  if (window > 1) parts.push(`each run averaged over ${window} updates`);
  return parts.join('; ');
}

function remarkOn(group: RunGroup, groups: readonly RunGroup[], { band }: FigureOptions): string {
  const remarks: string[] = [];
  const { length } = group.runs;
  const parents = group.runs.flatMap(({ parent }) => (parent ? [shortLine(parentInWords(parent))] : []));
  if (parents.length > 0) remarks.push(`from ${[...new Set(parents)].join(', ')}`);
  const isMixed = groups.some(({ runs }) => runs.length !== length);
  if (isMixed) remarks.push(length === 1 && band !== 'seeds' ? 'one seed, no band' : `${length} seeds`);
  for (const status of ['alive', 'interrupted', 'failed', 'dead'] as const) {
    const count = group.runs.filter((run) => run.status === status).length;
    const word = status === 'alive' ? 'still running' : status;
    if (count > 0) remarks.push(length === 1 ? word : `${count} ${word}`);
  }
  return remarks.join(', ');
}

function linesOf(
  group: RunGroup,
  g: number,
  column: string,
  c: number,
  options: FigureOptions,
  notes: Notes,
): Line[] {
  const having = group.runs.filter((run) => run.columns.has(column));
  const without = group.runs.filter((run) => !hasValue(run, column)).length;
  if (without > 0) {
    const some = without === group.runs.length ? '' : `${without} of the runs of `;
    notes.miss(labelOf(column), `${some}${group.label}`);
  }
  const each = align(having, column, options.abscissa);
  sayWhatHasNoPlace(having, each.runs, group.label, options.abscissa, notes);
  // Between evaluations there is nothing to draw but the line from one to the next.
  const aligned = column === EVALUATION ? withoutEmpty(each) : each;
  if (aligned.values.length === 0) return [];
  sayWhatIsNotHere(aligned.runs, group.label, notes);
  const missing = aligned.values.reduce((sum, row) => sum + row.filter((v) => Number.isNaN(v)).length, 0);
  notes.count(`${group.label}, ${labelOf(column)}: values missing or not finite (gaps, marked ×)`, missing);
  const values = aligned.values.map((row) => smooth(row, options.smooth));
  if (column === CURVE) {
    const unknown = values.filter((row) => row.every((value) => value === null)).length;
    if (unknown > 0) {
      notes.say(
        `${labelOf(column)}: not yet known in ${unknown === values.length ? '' : `${unknown} runs of `}${group.label}`,
      );
    }
  }
  if (options.logY) {
    let count = 0;
    for (const row of values) {
      row.forEach((value, at) => {
        if (typeof value !== 'number' || Number.isNaN(value) || value > 0) return;
        row[at] = Number.NaN;
        count += 1;
      });
    }
    notes.count(`${group.label}, ${labelOf(column)}: values ≤ 0, not on a logarithmic axis`, count);
  }
  const isGrowing = aligned.runs.some((run) => run.status === 'alive');
  const shared = { group: g, column: c, isGrowing };
  const isWhole = aligned.runs.every(({ weights }) => weights === undefined);
  const seedLine = (row: readonly Value[], at: number, role: Line['role']): Line => {
    const last = row.findLastIndex((value) => value !== null);
    const own = row.slice(0, last + 1);
    const here = isWhole ? undefined : hereIn([own]);
    const growing = aligned.runs[at]?.status === 'alive';
    return {
      ...shared,
      isGrowing: growing,
      role,
      ...curve(entriesOf(aligned.x, here), entriesIn(own, here), options),
      low: [],
      high: [],
      completeUntil: aligned.x.length,
    };
  };
  if (values.length === 1) return [seedLine(values[0], 0, 'middle')];
  // Where a row of each seed is here.
  const here = isWhole ? undefined : hereIn(values);
  const together = here === undefined ? aligned : pick(aligned, here);
  const rows = values.map((row) => entriesIn(row, here));
  // Of what is held to δ, the one seed that overshoots is what a middle hides.
  const largest: Line[] = aligned.runs.some((run) => showsDelta([column], boundedBy(run)))
    ? [
        {
          ...shared,
          role: 'largest',
          ...largestOf(together, here === undefined ? rows : peaksOf(values, here), options),
          low: [],
          high: [],
        },
      ]
    : [];
  const seeds =
    options.band === 'seeds' || options.withSeeds ? values.map((row, at) => seedLine(row, at, 'seed')) : [];
  if (options.band === 'seeds') return seeds;
  return [
    ...seeds,
    ...largest,
    {
      ...shared,
      role: 'middle',
      ...middleOf(together, column === CURVE ? whereAllAreKnown(together, rows) : rows, options),
    },
  ];
}

type Value = number | null | undefined;

/** Entries of which no row is missing here: of a long run only some rows are. */
function hereIn(rows: readonly (readonly Value[])[]): number[] {
  return [...rows[0].keys()].filter((u) => rows.every((row) => row[u] !== undefined));
}

/** @param entries undefined: all */
function entriesOf(x: Float64Array, entries: readonly number[] | undefined): Float64Array {
  return entries === undefined ? x : Float64Array.from(entries, (u) => x[u]);
}

/** @param entries at which the row has something; undefined: it has everywhere */
function entriesIn(
  row: readonly Value[],
  entries: readonly number[] | undefined,
): readonly (number | null)[] {
  return entries === undefined ? (row as readonly (number | null)[]) : entries.map((u) => row[u] ?? null);
}

/** Of each run the greatest since the entry before: what only one of them has between two entries of all is not lost. */
function peaksOf(rows: readonly (readonly Value[])[], entries: readonly number[]): (number | null)[][] {
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

/** Of how many updates rows are here, where that is not of all. */
function sayWhatIsNotHere(runs: readonly PlottedRun[], label: string, notes: Notes): void {
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
  if (without > 0)
    notes.miss(
      X_LABELS[abscissa],
      `${without === filled.length ? '' : `${without} of the runs of `}${label}`,
    );
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

/** @param entries ascending */
function pick({ runs, updates, x, values, completeUntil }: Aligned, entries: readonly number[]): Aligned {
  return {
    runs,
    updates: entries.map((u) => updates[u]),
    x: entriesOf(x, entries),
    values: values.map((row) => entries.map((u) => row[u])),
    completeUntil: entries.filter((u) => u < completeUntil).length,
  };
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
  return values.map((row) =>
    row.map((value, u) =>
      values.some((each, i) => each[u] === null && updates[u] <= lasts[i]) ? null : value,
    ),
  );
}

/** Whether a run has any value of a column, or rows at all that could lack it; the curve is not known at first. */
function hasValue({ columns, updates }: PlottedRun, column: string): boolean {
  const cells = columns.get(column);
  if (cells === undefined) return updates.length === 0;
  return column === CURVE || cells.length === 0 || cells.some((cell) => cell !== null);
}

type Curve = Pick<Line, 'x' | 'y' | 'gaps'>;

/** One run's curve, thinned. */
function curve(
  x: Float64Array,
  row: readonly (number | null)[],
  thinning: Thinning,
): Curve & { kept: number[] } {
  const kept = partsOf(x, thinning).flatMap(([start, end]) =>
    decimate(row.slice(start, end), thinning.points).map((at) => start + at),
  );
  return {
    kept,
    x: kept.map((at) => x[at]),
    y: kept.map((at) => (Number.isFinite(row[at]) ? row[at] : null)),
    gaps: [...x].filter((_, at) => Number.isNaN(row[at])),
  };
}

/** The middle of several runs with its interval; only at the points that are drawn is the interval computed. */
function middleOf(
  aligned: Aligned,
  values: readonly (readonly (number | null)[])[],
  options: FigureOptions,
): Curve & Pick<Line, 'low' | 'high' | 'completeUntil'> {
  const center = options.band === 'mean' ? 'mean' : 'iqm';
  const scratch = new Float64Array(values.length);
  const row = values[0].map((_, u) => {
    const sorted = sortedAt(values, u, scratch);
    if (sorted.length > 0) return centerOf(sorted, center);
    return values.some((each) => Number.isNaN(each[u])) ? Number.NaN : null;
  });
  const { kept, ...drawn } = curve(aligned.x, row, options);
  const intervals = kept.map((u) => {
    const sorted = sortedAt(values, u, scratch);
    return sorted.length > 1 ? bandOf(sorted, center) : undefined;
  });
  return {
    ...drawn,
    low: intervals.map((each) => each?.low ?? null),
    high: intervals.map((each) => each?.high ?? null),
    completeUntil: kept.filter((u) => u < aligned.completeUntil).length,
  };
}

/** The largest of several runs at each update. */
function largestOf(
  aligned: Aligned,
  values: readonly (readonly (number | null)[])[],
  thinning: Thinning,
): Curve & Pick<Line, 'completeUntil'> {
  const scratch = new Float64Array(values.length);
  const row = values[0].map((_, u) => sortedAt(values, u, scratch).at(-1) ?? null);
  const { kept, ...drawn } = curve(aligned.x, row, thinning);
  return { ...drawn, completeUntil: kept.filter((u) => u < aligned.completeUntil).length };
}

/** The finite values of all runs at one update, ascending, in the front of `scratch`. */
function sortedAt(
  values: readonly (readonly (number | null)[])[],
  update: number,
  scratch: Float64Array,
): Float64Array {
  let count = 0;
  for (const row of values) {
    const value = row[update];
    if (value === null || !Number.isFinite(value)) continue;
    let at = count++;
    for (; at > 0 && scratch[at - 1] > value; at--) scratch[at] = scratch[at - 1];
    scratch[at] = value;
  }
  return scratch.subarray(0, count);
}

/** δ of every run, the same ones once: a line for all the groups that have it. @param groups runs of each */
function boundsOf(groups: readonly (readonly PlottedRun[])[], options: FigureOptions): Bound[] {
  const courses: Course[] = [];
  groups.forEach((runs, g) => {
    for (const run of runs) {
      if (!run.columns.has('delta')) continue;
      const { x, values } = align([run], 'delta', options.abscissa);
      if (values.length === 0) continue;
      const own: Course = { groups: [g], x, y: entriesIn(values[0], undefined) };
      const at = courses.findIndex((each) => isSameCourse(each, own));
      if (at < 0) courses.push(own);
      else {
        // Of runs of different lengths the longest shows where δ goes.
        const { x, y } =
          own.x[own.x.length - 1] > courses[at].x[courses[at].x.length - 1] ? own : courses[at];
        courses[at] = { x, y, groups: [...new Set([...courses[at].groups, g])] };
      }
    }
  });
  return courses.map(({ groups: of, x, y: row }) => {
    const { x: kept, y } = curve(x, row, options);
    const isConstant = y.every((value) => value === null || value === y[0]);
    return isConstant
      ? { groups: of, x: [kept[0], kept[kept.length - 1]], y: [y[0], y[0]] }
      : { groups: of, x: kept, y };
  });
}

/** δ of a run, or of several that have the same, at every update. */
interface Course {
  readonly groups: readonly number[];
  readonly x: Float64Array;
  readonly y: readonly (number | null)[];
}

/** Constant at the same value, or the same as far as both go. */
function isSameCourse(a: Course, b: Course): boolean {
  const [one, other] = [constantOf(a), constantOf(b)];
  if (one !== undefined || other !== undefined) return one === other;
  return a.y.every((value, i) => i >= b.y.length || (value === b.y[i] && a.x[i] === b.x[i]));
}

function constantOf({ y }: Course): number | undefined {
  const known = y.filter((value) => Number.isFinite(value)) as number[];
  return known.every((value) => value === known[0]) ? known[0] : undefined;
}

/** What is said of a group beside its name where δ is shown: how much δ is, and how often it was left. */
function outsideInWords(g: number, { runs }: RunGroup, panels: readonly Panel[]): string {
  const isOwn = ({ group, what }: Violations): boolean => group === g && what !== 'rollbacks';
  const panel = panels.find(({ violations }) => violations.some(isOwn));
  const own = panel?.violations.find(isOwn);
  if (panel === undefined || own === undefined) return '';
  const bounds = panel.bounds.filter(({ groups }) => groups.includes(g)).map(boundInWords);
  const more = bounds.length > MOST_BOUNDS ? ` and ${bounds.length - MOST_BOUNDS} more` : '';
  const delta = `${bounds.slice(0, MOST_BOUNDS).join(' or ') || 'δ'}${more}`;
  const outside = runs.every((run) => boundedBy(run) === 'mean') ? 'outside' : 'with a state outside';
  if (own.what === 'updates') return `${shareInWords(own)} updates ${outside} ${delta}`;
  const ends = runs.flatMap(({ outside }) => outside ?? []);
  const sum = (part: 'total' | 'of'): number => ends.reduce((total, each) => total + each[part], 0);
  const updates =
    ends.length === 0
      ? ''
      : `${shareInWords({ total: sum('total'), of: sum('of') })} updates ${outside} ${delta}, `;
  return `${updates}${shareInWords(own)} steps inside an update above ${updates === '' ? delta : 'it'}`;
}

function ticksOf(runs: readonly PlottedRun[], g: number, options: FigureOptions): Violations[] {
  const what = options.abscissa === 'gradient' ? 'steps' : 'updates';
  const outside = violationsOf(runs, g, 'deltaViolated', what, options);
  if (!options.withRollbacks) return outside;
  const stopped = runs.filter(({ columns }) => columns.has('stopReason'));
  const rolledBack = stopped.map((run) => ({
    ...run,
    columns: new Map([...run.columns, ['rolledBack', rollbacksOf(run)]]),
  }));
  return [...outside, ...violationsOf(rolledBack, g, 'rolledBack', 'rollbacks', options)];
}

function rollbacksOf({ columns, updates }: PlottedRun): boolean[] {
  const reasons = columns.get('stopReason');
  return updates.map((_, at) => reasons?.[at] === 'rolledBack');
}

/** Updates in which a column is true. */
function violationsOf(
  runs: readonly PlottedRun[],
  g: number,
  column: string,
  what: Violations['what'],
  options: FigureOptions,
): Violations[] {
  const having = runs.filter((run) => run.columns.has(column));
  const aligned = align(having, column, options.abscissa);
  const { x, values } = aligned;
  if (values.length === 0) return [];
  const counts = Array.from(x, (_, u) => values.filter((row) => row[u] === 1).length);
  // Of each stretch of a long run the update that most runs left δ in: no stretch with one is lost.
  const kept = stretches(x, options).flatMap(([start, end]) => {
    const worst = counts.indexOf(Math.max(...counts.slice(start, end)), start);
    return counts[worst] > 0 ? [worst] : [];
  });
  return [
    {
      group: g,
      x: kept.map((u) => x[u]),
      share: kept.map((u) => counts[u] / values.length),
      total: countedIn(aligned, (value) => value === 1),
      of: countedIn(aligned, Number.isFinite),
      what,
    },
  ];
}

/** Updates of all runs whose value is so; those whose rows are not here are stood for by others. */
function countedIn({ runs, updates, values }: Aligned, isSo: (value: unknown) => boolean): number {
  const placeOf = placesIn(updates);
  let count = 0;
  runs.forEach((run, r) => {
    const [row, weights] = [values[r], run.weights];
    for (let at = 0; at < run.updates.length; at++)
      if (isSo(row[placeOf(run.updates[at])])) count += weights?.[at] ?? 1;
  });
  return count;
}

function reasonPanel(groups: readonly RunGroup[], options: FigureOptions): Panel {
  return {
    title: labelOf('stopReason'),
    unit: '',
    columns: [],
    lines: [],
    bounds: [],
    violations: [],
    reasons: groups.map((group, g) => reasonsOf(group.runs, g, options)),
  };
}

/** Counts of each reason, summed over stretches where there are more updates than points. */
function reasonsOf(runs: readonly PlottedRun[], group: number, options: FigureOptions): ReasonStrip {
  const { runs: drawn, updates, x, values } = align(runs, 'update', options.abscissa);
  const placeOf = placesIn(updates);
  const each = stretches(x, options);
  const stretchOf = new Int32Array(x.length);
  each.forEach(([start, end], at) => void stretchOf.fill(at, start, end));
  const counts: Record<string, number[]> = {};
  drawn.forEach((run, r) => {
    const cells = run.columns.get('stopReason');
    run.updates.forEach((update, at) => {
      const u = placeOf(update);
      if (typeof values[r][u] !== 'number') return;
      const reason = String(cells?.[at] ?? 'unknown');
      counts[reason] ??= new Array<number>(each.length).fill(0);
      counts[reason][stretchOf[u]] += run.weights?.[at] ?? 1;
    });
  });
  return { group, x: each.map(([start]) => x[start]), counts };
}

type Stretch = readonly [start: number, end: number];

/** What is thinned by itself: all of x, or what is looked at closely and what is before and after it. */
function partsOf(x: Float64Array, { focus }: Thinning): Stretch[] {
  if (focus === undefined) return [[0, x.length]];
  const from = x.findIndex((each) => each >= focus[0]);
  const start = from < 0 ? x.length : from;
  const to = x.findIndex((each) => each > focus[1]);
  const end = to < 0 ? x.length : to;
  const parts: Stretch[] = [
    [0, start],
    [start, end],
    [end, x.length],
  ];
  return parts.filter(([first, last]) => last > first);
}

/** Each part in at most `points` stretches of nearly the same length. */
function stretches(x: Float64Array, thinning: Thinning): Stretch[] {
  return partsOf(x, thinning).flatMap(([start, end]) => {
    const length = end - start;
    const count = Math.min(length, thinning.points);
    return Array.from(
      { length: count },
      (_, at): Stretch => [
        start + Math.floor((at * length) / count),
        start + Math.floor(((at + 1) * length) / count),
      ],
    );
  });
}
