import { groupRuns } from '../../plot/group-runs.ts';
import { hueOfEach, huesOf } from '../../plot/hues.ts';
import { CURVE, curveFromCells, type PlottedRun } from '../../plot/plotted-run.ts';
import { repeatedAmong } from '../../plot/repeated-runs.ts';
import { SECONDS, type ToldRun } from '../../dashboard/wire.ts';
import type { MetricValue } from '../../row/field.ts';
import { naturalOrder } from '../../run/natural-order.ts';
import type { Shown } from './address.ts';
import type { ShownRows } from './held-rows.ts';

/** Runs of one config, as the page lists and draws them. */
export interface Group {
  readonly label: string;
  /** Of an experiment's config the same as in its report. */
  readonly hue: number;
  readonly runs: readonly ToldRun[];
}

/** What the curve of returns is made of. */
export const CURVE_PARTS = ['update', 'curveUpdates', 'curveReturn'];

/**
 * All runs by folder and config, in natural order. Left out, a line each, are those without a config, which cannot be told
 * from others, and those of a seed that is there already: a copy is no further seed.
 */
export function groupsOf(runs: Iterable<ToldRun>): {
  readonly groups: readonly Group[];
  readonly leftOut: readonly string[];
} {
  const sorted = [...runs].sort((a, b) => naturalOrder(a.id, b.id));
  const leftOut = sorted.flatMap(({ id, config, problems }) =>
    config === null ? [`${id} is left out: ${problems[0] ?? 'it has no config'}`] : [],
  );
  const plotted = sorted.flatMap((run) => asPlotted(run, undefined) ?? []);
  const found = groupRuns(plotted, 'config').map(({ label, runs: all }) => {
    const repeated = repeatedAmong(all, ({ seed }) => seed);
    for (const [{ path, seed }, copy] of repeated)
      leftOut.push(`${copy.path} is left out: it is seed ${seed} of one config, as ${path} is`);
    const copies = new Set(repeated.map(([, copy]) => copy));
    return { label, runs: all.flatMap((run) => (copies.has(run) ? [] : [run.told])) };
  });
  const hues = hueOfEach(found.map(({ runs: [{ place }] }) => place ?? undefined));
  const groups = found.map((group, i) => ({ ...group, hue: hues[i] }));
  return { groups, leftOut };
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

/** Columns that some of the runs have, the curve among them. */
export function columnsAmong(groups: readonly Group[]): Set<string> {
  const names = new Set(groups.flatMap(({ runs }) => runs.flatMap(({ latest }) => Object.keys(latest))));
  if (names.has('curveUpdates')) names.add(CURVE);
  return names;
}

interface ToldAndPlotted extends PlottedRun {
  readonly told: ToldRun;
}

/** A run as plots take it, with the rows that are held; undefined where it has no config. */
export function asPlotted(told: ToldRun, held: ShownRows | undefined): ToldAndPlotted | undefined {
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
