import { existsSync, realpathSync, statSync } from 'node:fs';
import { basename, dirname, isAbsolute, join, resolve, sep } from 'node:path';
import type { EnvironmentOptions } from '../config/load.ts';
import { nearest } from '../config/nearest.ts';
import { requireKind } from '../node/file-kind.ts';
import { readRunConfig } from '../node/load-config.ts';
import type { Config } from '../config/schema.ts';
import type { EvaluationRow } from '../row/evaluation.ts';
import type { FitRow } from '../row/fit.ts';
import { heldKlOfStep, type LedgerRow } from '../row/ledger.ts';
import type { MetricsRow } from '../row/metrics.ts';
import { MARKER } from '../run/experiment-files.ts';
import { filesOfRun } from '../run/files-of-run.ts';
import { listingOf } from '../run/folder-listing.ts';
import { naturalOrder } from '../run/natural-order.ts';
import { readEvaluations, readLedger, readMetrics, readTimings, type Rows } from '../run/read-rows.ts';
import { readRecord } from '../node/read-record.ts';
import { ownUpdates, type RunRecord } from '../run/record.ts';
import { standingOf } from '../run/status.ts';
import type { RunStanding } from '../run/record.ts';
import { UserError } from '../user-error.ts';
import { EVALUATION, type LedgerStep, type PlottedRow, type PlottedRun, columnsOf } from './plotted-run.ts';
import { counted } from '../elementary/thousands.ts';

/** Folders below an argument in which runs are looked for: `runs/COMPARISON/…/NAME/seed-N`. */
const DEPTH = 4;

/**
 * The run directories that the arguments mean: a run, a folder of seeds or any folder above them; a bare name
 * is looked for in `root`, too. In natural order, each once, by whatever paths and links it was named.
 *
 * @param skipCalibration leave out what an experiment ran only to find its settings (`calibration/`)
 * @throws UserError for an argument without a run
 */
export function findRuns(given: readonly string[], root: string, skipCalibration = false): string[] {
  /** Where a run stands → its path. */
  const found = new Map<string, string>();
  for (const argument of given) {
    if (argument.trim() === '') throw new UserError('RUN must name a run or a folder of runs, got ""');
    const path = placeOf(argument, root);
    if (statSync(path).isFile()) requireKind(path, ['run', 'runs']);
    const runs = runsBelow(path, DEPTH, { skipCalibration, follow: true });
    if (runs.length === 0)
      throw new UserError(`no run at ${path}: nothing in it has config.json and metrics.jsonl`);
    for (const run of runs) {
      const place = standsAt(run);
      const known = found.get(place);
      // Rather by its own path than by a link's on the way.
      if (known === undefined || levelsOf(run) < levelsOf(known)) found.set(place, run);
    }
  }
  return [...found.values()];
}

function levelsOf(path: string): number {
  return path.split(sep).length;
}

/** Where a run stands, whatever links lead there; of what cannot be got at, its path. */
function standsAt(run: string): string {
  try {
    return realpathSync(run);
  } catch {
    return resolve(run);
  }
}

/** @throws UserError when nothing is there, with where it was looked for and the nearest that is */
function placeOf(argument: string, root: string): string {
  const inRoot = join(root, argument);
  const path = !existsSync(argument) && existsSync(inRoot) ? inRoot : argument.replace(/(?<=.)\/+$/, '');
  if (existsSync(path)) return path;
  const places = isAbsolute(argument) || argument === root ? [argument] : [...new Set([argument, inRoot])];
  const meant = nearest(basename(argument), listingOf(join(root, dirname(argument))).folders);
  const guess = meant === undefined ? '' : `; did you mean ${join(dirname(argument), meant)}?`;
  const looked = places.map((each) => resolve(each)).join(' and ');
  throw new UserError(`no run at ${argument}${looked === argument ? '' : `; looked for ${looked}`}${guess}`);
}

/**
 * The run directories in a folder, likewise, and the links in it that are none to a file: they are not followed, and whoever
 * reads one says so. None where the folder is not there.
 * @param list as `listingOf`, for who looks often
 */
export function runsIn(folder: string, list = listingOf): string[] {
  return runsBelow(folder, DEPTH, { skipCalibration: false, follow: false }, list);
}

/** @param how whether to go through links; one to nothing is named as a run: whoever reads it says that it is damaged */
function runsBelow(
  path: string,
  depth: number,
  how: { readonly skipCalibration: boolean; readonly follow: boolean },
  list = listingOf,
): string[] {
  const { isRun, folders, links } = list(path);
  if (isRun) return [path];
  if (depth === 0) return [];
  const hidden = how.skipCalibration && existsSync(join(path, MARKER)) ? 'calibration' : '';
  return [...folders, ...links]
    .sort(naturalOrder)
    .filter((name) => !name.startsWith('.') && name !== hidden)
    .flatMap((name) => {
      const below = join(path, name);
      if (!links.includes(name)) return runsBelow(below, depth - 1, how, list);
      const leadsTo = whatIsAt(below);
      if (leadsTo === 'file' || (leadsTo === 'folder' && isAround(below))) return [];
      return how.follow && leadsTo === 'folder' ? runsBelow(below, depth - 1, how, list) : [below];
    });
}

/** Whether a link leads to a folder that it is in: all there is is found without it. */
function isAround(link: string): boolean {
  return `${realpathSync(dirname(link))}${sep}`.startsWith(`${realpathSync(link)}${sep}`);
}

/** What a link leads to. */
function whatIsAt(link: string): 'folder' | 'file' | 'nothing' {
  try {
    return statSync(link).isDirectory() ? 'folder' : 'file';
  } catch {
    return 'nothing';
  }
}

/** What a run says of itself, and how it stands as its owner tells. */
export interface RunFacts {
  readonly path: string;
  readonly name: string;
  readonly seed: number;
  readonly status: RunStanding;
  /** Undefined where `config.json` is missing or damaged. */
  readonly config: Config | undefined;
  /** Undefined where `run.json` is missing or damaged. */
  readonly record: RunRecord | undefined;
  /** What is damaged, one line each. */
  readonly problems: readonly string[];
}

/** Reads `config.json` and `run.json`; what is damaged is named, the rest is used. */
export function readFacts(path: string, environments?: EnvironmentOptions): RunFacts {
  const problems: string[] = [];
  const whole = <T>(read: () => T): T | undefined => {
    try {
      return read();
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      problems.push(error.message);
      return undefined;
    }
  };
  const config = whole(() => readRunConfig(join(path, 'config.json'), environments));
  const file = join(path, 'run.json');
  const record = existsSync(file) ? whole(() => readRecord(file)) : undefined;
  return {
    path,
    name: record?.name ?? basename(dirname(path)),
    seed: config?.seed ?? record?.seed ?? Number(/^seed-(\d+)$/.exec(basename(path))?.[1] ?? 0),
    status: standingOf(path, record?.status),
    config,
    record,
    problems,
  };
}

/** What of a run is read. */
export interface ReadOptions {
  /** Whether to read `timing.jsonl` as well. */
  readonly timing?: boolean | undefined;
  /** `ledger.jsonl`, one row a gradient step, instead of `metrics.jsonl`. */
  readonly ledger?: boolean | undefined;
  /** Fill in the options of environments that came later than the run. */
  readonly environments?: EnvironmentOptions | undefined;
}

/** Runs that can be plotted, and those that are damaged beyond use: one line each. */
export interface PlottedRuns {
  readonly runs: readonly PlottedRun[];
  readonly leftOut: readonly string[];
}

/**
 * Reads several runs; one whose config is damaged is named and left out. Where different folders give their runs the
 * same name (`a/clip/seed-0`, `b/clip/seed-0`), the folder is the name: they are not seeds of one thing.
 */
export function readPlottedRuns(paths: readonly string[], options: ReadOptions = {}): PlottedRuns {
  const leftOut: string[] = [];
  const runs = paths.flatMap((path) => {
    const facts = readFacts(path, options.environments);
    if (facts.config !== undefined) return [plottedRun({ ...facts, config: facts.config }, options)];
    leftOut.push(`${path} is left out: ${facts.problems[0]}`);
    return [];
  });
  const folders = new Map<string, Set<string>>();
  for (const { name, path } of runs) {
    folders.set(name, (folders.get(name) ?? new Set()).add(dirname(path)));
  }
  const named = runs.map((run) =>
    (folders.get(run.name)?.size ?? 0) > 1 ? { ...run, name: dirname(run.path) } : run,
  );
  return { runs: named, leftOut };
}

/** Reads a run for plotting. @throws UserError when its config is damaged */
export function readPlottedRun(path: string, options: ReadOptions = {}): PlottedRun {
  const facts = readFacts(path, options.environments);
  const { config } = facts;
  if (config === undefined) throw new UserError(facts.problems[0] ?? path);
  return plottedRun({ ...facts, config }, options);
}

function plottedRun(facts: RunFacts & { readonly config: Config }, options: ReadOptions): PlottedRun {
  const { path, name, seed, status, config } = facts;
  const isGrowing = status === 'alive';
  const found: Readable<PlottedRow> = options.ledger ? ledgerRows(path, isGrowing) : readRunRows(facts);
  const updates = options.ledger ? readRunRows(facts).rows : undefined;
  const timings = options.timing ? readTimings(path, isGrowing) : undefined;
  const evaluations = options.ledger || !config.evaluation ? undefined : readEvaluations(path, isGrowing);
  const seconds = new Map(timings?.rows.map((each) => [each.update, each.seconds]));
  const { rows } = found;
  return {
    ...{ path, name, seed, status, config, parent: facts.record?.parent, warnings: facts.record?.warnings },
    files: facts.record && filesOfRun(config, facts.record),
    updates: rows.map(({ update }) => update),
    columns: withEvaluations(columnsOf(rows), rows, evaluations?.rows ?? []),
    seconds: rows.map(({ update }) => seconds.get(update) ?? null),
    ...(updates !== undefined && {
      outside: {
        total: updates.filter((row) => 'deltaViolated' in row && row.deltaViolated).length,
        of: updates.length,
      },
    }),
    problems: [
      ...facts.problems,
      ...found.problems,
      ...(timings?.problems ?? []),
      ...(evaluations?.problems ?? []),
    ],
  };
}

/** With a column of evaluations, where there are any. */
function withEvaluations(
  columns: PlottedRun['columns'],
  rows: readonly PlottedRow[],
  evaluations: readonly EvaluationRow[],
): PlottedRun['columns'] {
  if (evaluations.length === 0) return columns;
  const means = new Map(evaluations.map(({ update, returnMean }) => [update, returnMean]));
  return new Map([...columns, [EVALUATION, rows.map(({ update }) => means.get(update) ?? null)]]);
}

/** Rows that can be used, and what is wrong with the others. */
type Readable<Row> = Pick<Rows<Row>, 'rows' | 'problems'>;

/** The rows of a run that can be used, and all that is wrong with them: whoever shows the run says the same. */
export function readRunRows({ path, status, record }: RunFacts): Readable<MetricsRow | FitRow> {
  const { rows, problems } = readMetrics(path, status === 'alive');
  // Rows that are gone without a trace: what was left out is named already.
  const updates = record === undefined ? 0 : ownUpdates(record);
  const isShort = status === 'completed' && rows.length < updates && problems.length === 0;
  if (!isShort) return { rows, problems };
  return {
    rows,
    problems: [`${path}: ${counted(rows.length, 'row')} of the ${counted(updates, 'update')} it completed`],
  };
}

/** A ledger's rows as if each gradient step were an update. */
function ledgerRows(path: string, isGrowing: boolean): Readable<LedgerStep> {
  const { rows, problems } = readLedger(path, isGrowing);
  const asUpdate = (row: LedgerRow, at: number): LedgerStep => ({
    ...row,
    update: at + 1,
    deltaViolated: heldKlOfStep(row) > row.delta,
  });
  return { problems, rows: rows.map(asUpdate) };
}
