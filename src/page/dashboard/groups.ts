import { type Abscissa, align } from '../../plot/align.ts';
import { groupRuns, type RunGroup } from '../../plot/group-runs.ts';
import { hueOfEach, huesOf } from '../../plot/hues.ts';
import { CURVE, curveFromCells, type PlottedRun } from '../../plot/plotted-run.ts';
import { SECONDS, type ToldRun } from '../../dashboard/wire.ts';
import type { MetricValue } from '../../row/field.ts';
import { naturalOrder } from '../../run/natural-order.ts';
import type { Shown } from './address.ts';
import type { ShownRows } from './held-rows.ts';
import type { Near, Store } from './store.ts';

/** Runs of one config, as the page lists and draws them. */
export interface Group {
  readonly label: string;
  /** Of an experiment's config the same as in its report. */
  readonly hue: number;
  readonly runs: readonly ToldRun[];
}

/** What the curve of returns is made of. */
export const CURVE_PARTS = ['update', 'curveUpdates', 'curveReturn'];

/** All runs by folder and config, in natural order; those without a config, which cannot be told from others, apart. */
export function groupsOf(runs: Iterable<ToldRun>): {
  readonly groups: readonly Group[];
  readonly damaged: readonly ToldRun[];
} {
  const sorted = [...runs].sort((a, b) => naturalOrder(a.id, b.id));
  const plotted = sorted.flatMap((run) => asPlotted(run, undefined) ?? []);
  const found = groupRuns(plotted, 'config').map(({ label, runs: own }) => ({
    label,
    runs: own.map(({ told }) => told),
  }));
  const hues = hueOfEach(found.map(({ runs: [{ place }] }) => place ?? undefined));
  const groups = found.map((group, i) => ({ ...group, hue: hues[i] }));
  return { groups, damaged: sorted.filter(({ config }) => config === null) };
}

/** Groups without the runs that are not asked for, and without those that have none left; no two look alike. */
export function filtered(groups: readonly Group[], { search, status, tags }: Shown): Group[] {
  const words = search
    .toLowerCase()
    .split(/\s+/)
    .filter((word) => word !== '');
  const listed = groups.flatMap((group) => {
    const runs = group.runs.filter(
      (run) =>
        (status.length === 0 || status.includes(run.status)) &&
        tags.every((tag) => run.tags.includes(tag)) &&
        words.every((word) => searched(group, run).includes(word)),
    );
    return runs.length === 0 ? [] : [{ ...group, runs }];
  });
  const hues = huesOf(listed.map(({ hue }) => hue));
  return listed.map((group, i) => ({ ...group, hue: hues[i] }));
}

/** What of a run is searched: names, what it trains on and with, what was said of it. */
function searched({ label }: Group, { id, config, tags, note, status }: ToldRun): string {
  const { environment, objective, algorithm } = config ?? {};
  const settings = [environment?.id, environment?.module, objective?.kind, algorithm];
  return [label, id, status, note, ...tags, ...settings].join(' ').toLowerCase();
}

/** Groups with the rows that are here, as plots take them. */
export function plottedGroups(groups: readonly Group[], store: Store): RunGroup[] {
  return groups.map(({ label, hue, runs }) => ({
    ...{ label, hue },
    version: runs.map((run) => `${run.id} ${run.status} ${store.versionOf(run)}`).join(),
    runs: runs.flatMap((run) => asPlotted(run, store.rowsOf(run)) ?? []),
  }));
}

/** The same with all rows, those of long runs asked for. @throws Error in one line */
export async function wholeGroups(groups: readonly RunGroup[], store: Store): Promise<RunGroup[]> {
  const wholeOf = async (run: PlottedRun): Promise<PlottedRun> => {
    const told = store.runs.get(run.path);
    if (run.weights === undefined || told === undefined) return run;
    const names = [...run.columns.keys()].filter((name) => name !== CURVE);
    return asPlotted(told, await store.whole(told, names)) ?? run;
  };
  const whole: RunGroup[] = [];
  for (const group of groups) {
    const runs: PlottedRun[] = [];
    // One after the other: the server has other pages.
    for (const run of group.runs) runs.push(await wholeOf(run));
    whole.push({ ...group, runs });
  }
  return whole;
}

/** The part of each run that is looked at closely, and an update more at both ends. @param focus from where to where on the axis */
export function nearOf(
  groups: readonly RunGroup[],
  abscissa: Abscissa,
  focus: readonly [number, number],
): Near[] {
  return groups.flatMap(({ runs }) => {
    const long = runs.filter(({ weights }) => weights !== undefined);
    if (long.length === 0) return [];
    const { updates, x } = align(runs, 'update', abscissa);
    const first = Math.max(
      0,
      x.findLastIndex((each) => each <= focus[0]),
    );
    const after = x.findIndex((each) => each >= focus[1]);
    const last = after < 0 ? x.length - 1 : after;
    return long.map(({ path }): Near => ({ id: path, updates: [updates[first], updates[last]] }));
  });
}

/** Columns that some of the runs have, the curve among them. */
export function columnsAmong(groups: readonly Group[]): Set<string> {
  const names = new Set(groups.flatMap(({ runs }) => runs.flatMap(({ latest }) => Object.keys(latest))));
  if (names.has('curveUpdates')) names.add(CURVE);
  return names;
}

interface ToldAndPlotted extends PlottedRun {
  readonly told: ToldRun;
}

function asPlotted(told: ToldRun, held: ShownRows | undefined): ToldAndPlotted | undefined {
  if (told.config === null) return undefined;
  const columns = new Map<string, readonly MetricValue[]>(held?.columns);
  const cells = held?.columns.get('update') ?? [];
  const updates = cells.map(Number);
  const [ends, means] = [columns.get('curveUpdates'), columns.get('curveReturn')];
  const curve = ends && curveFromCells(updates, ends, means ?? []);
  // Rows that are not all here do not tell of it: it came with them, but for those since.
  const came = columns.get(CURVE);
  if (curve !== undefined)
    columns.set(CURVE, came === undefined ? curve : curve.map((value, at) => known(came[at]) ?? value));
  const seconds = columns.get(SECONDS)?.map((cell) => (typeof cell === 'number' ? cell : null)) ?? [];
  const { id, config, status, seed, parent, files, warnings, problems } = told;
  return {
    ...{ told, path: id, name: folderOf(id) || told.name, seed, status, config, warnings, problems },
    ...(parent !== null && { parent }),
    files: files ?? undefined,
    ...{ updates, columns, seconds, weights: held?.weights },
  };
}

function known(cell: MetricValue | undefined): number | undefined {
  return typeof cell === 'number' && Number.isFinite(cell) ? cell : undefined;
}

/** What seeds of one thing share. */
function folderOf(id: string): string {
  return id.slice(0, Math.max(0, id.lastIndexOf('/')));
}
