import { environmentName } from '../config/environment-name.ts';
import { extent } from '../elementary/extent.ts';
import { counted } from '../elementary/thousands.ts';
import { parentInWords } from '../run/parent-in-words.ts';
import { oneLine, shortLine } from '../user-error.ts';
import type { Abscissa } from './align.ts';
import { boundsOf } from './build-bounds.ts';
import { linesOf } from './build-lines.ts';
import { reasonPanel, ticksOf } from './build-ticks.ts';
import type { Drawn } from './curve-memory.ts';
import type { Figure, Panel, Violations } from './figure.ts';
import { type FigureOptions, X_LABELS } from './figure-options.ts';
import type { RunGroup } from './group-runs.ts';
import { huesOf } from './hues.ts';
import { Notes } from './notes.ts';
import { commonUnitOf, labelOf, labelsOf, showsDelta } from './plot-metric.ts';
import { boundedBy, numberOf, type PlottedRun } from './plotted-run.ts';
import { shareInWords } from './rugs.ts';
import { boundInWords } from './strokes.ts';

/** Different δ of one group that are said. */
const MOST_BOUNDS = 3;

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
    isCounted: options.abscissa !== 'time',
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
    for (const { update, message } of run.warnings ?? []) {
      const warned = byMessage.get(message) ?? [];
      byMessage.set(message, warned);
      warned.push({ run, update });
    }
  return [...byMessage].map(([message, warned]) => {
    const [{ run, update }] = warned;
    if (warned.length === 1) return `▾ ${run.name}, seed ${run.seed}, update ${update}: ${message}`;
    const seeds = new Set(warned.map((each) => each.run)).size;
    const [first, last] = extent([warned.map((each) => each.update)]) as [number, number];
    const when = `updates ${first} to ${last}`;
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

function titleOf(columns: readonly string[]): string {
  if (columns.length === 1) return labelOf(columns[0]);
  return columns.every((column) => /^k(1|2|3|l)/i.test(column)) ? 'KL' : columns.map(labelOf).join(', ');
}

function seedsOf(groups: readonly RunGroup[]): string {
  const counts = groups.map(({ runs }) => runs.length);
  const [least, most] = extent([counts]) as [number, number];
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
