import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { Config } from '../config/schema.ts';
import type { MetricsRow } from '../run/metrics.ts';
import type { RunRecord, Timing } from '../run/run-directory.ts';
import { type RunStanding, standingOf } from '../run/status.ts';
import { UserError } from '../user-error.ts';
import { type PlottedRun, columnsOf } from './plotted-run.ts';

/** Folders below an argument in which runs are looked for: `runs/COMPARISON/…/NAME/seed-N`. */
const DEPTH = 4;
const natural = new Intl.Collator('en', { numeric: true });

/**
 * The run directories that the arguments mean: a run, a folder of seeds or any folder above them; a bare name
 * is looked for in `root`, too. In natural order, each once.
 *
 * @param skipCalibration leave out what an experiment ran only to find its settings (`calibration/`)
 * @throws UserError for an argument without a run
 */
export function findRuns(given: readonly string[], root: string, skipCalibration = false): string[] {
  const found = new Set<string>();
  for (const argument of given) {
    if (argument.trim() === '') throw new UserError('RUN must name a run or a folder of runs, got ""');
    const inRoot = join(root, argument);
    const path = !existsSync(argument) && existsSync(inRoot) ? inRoot : argument.replace(/(?<=.)\/+$/, '');
    if (!existsSync(path)) throw new UserError(`no run at ${argument}`);
    const runs = runsBelow(path, DEPTH, skipCalibration);
    if (runs.length === 0) throw new UserError(`no run at ${path}: nothing in it has metrics.jsonl`);
    for (const run of runs) found.add(run);
  }
  return [...found];
}

function runsBelow(path: string, depth: number, skipCalibration: boolean): string[] {
  if (!statSync(path).isDirectory()) return [];
  if (existsSync(join(path, 'config.json')) && existsSync(join(path, 'metrics.jsonl'))) return [path];
  if (depth === 0) return [];
  const hidden = skipCalibration && existsSync(join(path, 'experiment.json')) ? 'calibration' : '';
  return readdirSync(path, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && !entry.name.startsWith('.') && entry.name !== hidden)
    .map((entry) => entry.name)
    .sort(natural.compare)
    .flatMap((name) => runsBelow(join(path, name), depth - 1, skipCalibration));
}

/** What a run says of itself, and how it stands as its owner tells. */
export interface RunFacts {
  readonly path: string;
  readonly name: string;
  readonly seed: number;
  readonly status: RunStanding;
  readonly config: Config;
  readonly record: RunRecord | undefined;
}

/** Reads `config.json` and `run.json`. @throws UserError when the config can't be read */
export function readFacts(path: string): RunFacts {
  let config: Config;
  try {
    config = JSON.parse(readFileSync(join(path, 'config.json'), 'utf8')) as Config;
  } catch (cause) {
    throw new UserError(`${join(path, 'config.json')} cannot be read (${(cause as Error).message})`);
  }
  config = withEnvironment(config);
  let record: RunRecord | undefined;
  try {
    record = JSON.parse(readFileSync(join(path, 'run.json'), 'utf8')) as RunRecord;
  } catch {
    record = undefined;
  }
  const seed = config.seed;
  const name = record?.name ?? basename(dirname(path));
  return { path, name, seed, status: standingOf(path, record?.status), config, record };
}

/** A run of `leash fit` has data where others have an environment: its file takes that place. */
function withEnvironment(config: Config & { data?: { file: string } }): Config {
  if (config.data === undefined) return config;
  const none = { copies: 1, options: {}, normalizeRewards: false, normalizeObservations: false };
  return { ...config, environment: { id: config.data.file, ...none } };
}

/** What of a run is read. */
export interface ReadOptions {
  /** Whether to read `timing.jsonl` as well. */
  readonly timing?: boolean | undefined;
  /** `ledger.jsonl`, one row a gradient step, instead of `metrics.jsonl`. */
  readonly ledger?: boolean | undefined;
}

/**
 * Reads several runs. Where different folders give their runs the same name (`a/clip/seed-0`, `b/clip/seed-0`),
 * the folder is the name: they are not seeds of one thing.
 */
export function readPlottedRuns(paths: readonly string[], options: ReadOptions = {}): PlottedRun[] {
  const runs = paths.map((path) => readPlottedRun(path, options));
  const folders = new Map<string, Set<string>>();
  for (const { name, path } of runs) {
    folders.set(name, (folders.get(name) ?? new Set()).add(dirname(path)));
  }
  return runs.map((run) =>
    (folders.get(run.name)?.size ?? 0) > 1 ? { ...run, name: dirname(run.path) } : run,
  );
}

/** Reads a run for plotting; rows that cannot be read are counted and named, the rest is used. */
export function readPlottedRun(path: string, options: ReadOptions = {}): PlottedRun {
  const facts = readFacts(path);
  const problems: string[] = [];
  const file = join(path, options.ledger ? 'ledger.jsonl' : 'metrics.jsonl');
  if (options.ledger && !existsSync(file)) {
    throw new UserError(`${path} has no ledger.jsonl; train it with --set trustRegion.ledger=true`);
  }
  const rows = readJsonLines<MetricsRow>(file, facts.status === 'alive', problems);
  const inOrder: MetricsRow[] = [];
  rows.forEach((row, at) => {
    if (options.ledger) inOrder.push(gradientStepRow(row, at + 1));
    else if (Number.isInteger(row.update) && row.update > (inOrder.at(-1)?.update ?? 0)) inOrder.push(row);
    else problems.push(`${file}: update ${JSON.stringify(row.update)} out of order, left out`);
  });
  const seconds = options.timing
    ? new Map(
        readJsonLines<Timing>(join(path, 'timing.jsonl'), facts.status === 'alive', problems).map((each) => [
          each.update,
          each.seconds,
        ]),
      )
    : undefined;
  return {
    path: facts.path,
    name: facts.name,
    seed: facts.seed,
    status: facts.status,
    config: facts.config,
    updates: inOrder.map(({ update }) => update),
    columns: columnsOf(inOrder),
    seconds: inOrder.map(({ update }) => seconds?.get(update) ?? null),
    problems,
  };
}

/** A row of a ledger as if each gradient step were an update. */
function gradientStepRow(row: MetricsRow, step: number): MetricsRow {
  const isOutside = Number(row.klOldNew) > row.delta;
  return { ...row, update: step, deltaViolated: isOutside };
}

/** Line by line; the last line of a run still going may be half written, which is no problem. */
function readJsonLines<T extends object>(file: string, growing: boolean, problems: string[]): T[] {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch {
    problems.push(`${file} cannot be read`);
    return [];
  }
  const lines = text.split('\n');
  const rows: T[] = [];
  const broken: number[] = [];
  lines.forEach((line, at) => {
    if (line === '') return;
    try {
      const row: unknown = JSON.parse(line);
      if (row === null || typeof row !== 'object') throw new Error('no object');
      rows.push(row as T);
    } catch {
      if (!(growing && at === lines.length - 1)) broken.push(at + 1);
    }
  });
  if (broken.length > 0) problems.push(`${file}: ${brokenRows(broken)}; the rest is used`);
  return rows;
}

function brokenRows(lines: readonly number[]): string {
  const named = lines.slice(0, 5).join(', ');
  const more = lines.length > 5 ? ', …' : '';
  return lines.length === 1
    ? `1 row cannot be read (line ${named})`
    : `${lines.length} rows cannot be read (lines ${named}${more})`;
}
