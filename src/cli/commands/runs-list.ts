import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { nearest } from '../../config/nearest.ts';
import { flatten } from '../../plot/group-runs.ts';
import { findRuns, readFacts, readPlottedRuns, readRunRows, type RunFacts } from '../../plot/read-runs.ts';
import { encodeJson, type MetricsRow } from '../../run/metrics.ts';
import { makeFolders, removeEmpty } from '../../run/run-directory.ts';
import { type Progress, progressOf as progressOfRows } from '../../run/status.ts';
import { BEGINNINGS, requireOutsideRuns, writeOutput } from '../../run/output-file.ts';
import { oneLine, UserError } from '../../user-error.ts';
import { environmentOptions } from '../environments.ts';
import { figure, size } from '../print/quantities.ts';
import { paint, print, printJson } from '../print/print.ts';

/** Flags of `leash runs`. */
export interface RunsFlags {
  runs: string;
  where?: string | undefined;
  sort?: string | undefined;
  reverse?: boolean | undefined;
  json?: boolean | undefined;
}

/** A run in the list: what it says of itself, its size and every value that `--where` may ask for. */
interface ListedRun {
  readonly facts: RunFacts;
  /** What the record says at the end of a completed run; of any other, what its rows tell. */
  readonly progress: Progress;
  readonly bytes: number;
  readonly values: ReadonlyMap<string, string | number>;
}

/** Short words of `--where` and `--sort`, each for a path of the config or a figure. */
const SHORT: Readonly<Record<string, string>> = {
  objective: 'objective.kind',
  env: 'environment.id',
  environment: 'environment.id',
  delta: 'trustRegion.delta',
  return: 'returnMeanLastTenth',
  kl: 'klOldNewMean',
  klMax: 'klOldNewMax',
  outside: 'updatesOutsideDelta',
};

/** `leash runs`: what there is, filtered and sorted. */
export async function runList(given: RunsFlags): Promise<number> {
  const all = findRuns([given.runs], given.runs).map(listed);
  const problems = all.flatMap(({ facts }) => facts.problems);
  const known = new Set(all.flatMap(({ values }) => [...values.keys()]));
  const conditions = parseConditions(given.where ?? '', known);
  const shown = all.filter((run) => conditions.every((holds) => holds(run)));
  if (given.sort !== undefined) sortBy(shown, resolveKey('--sort', given.sort, known));
  if (given.reverse) shown.reverse();
  if (given.json) {
    const objects = shown.map(({ facts, progress, bytes }) => ({
      path: facts.path,
      bytes,
      ...facts.record,
      status: facts.status,
      ...progress,
      config: facts.config ?? null,
      problems: facts.problems,
    }));
    printJson(encodeJson(objects, 2));
    return 0;
  }
  const lines = [HEADS, ...shown.map(rowOf)];
  const widths = HEADS.map((_, at) => Math.max(...lines.map((line) => line[at].length)));
  lines.forEach((line, row) => {
    const cells = line.map((each, at) => (at < WORDS ? each.padEnd(widths[at]) : each.padStart(widths[at])));
    const text = cells.join('  ').trimEnd();
    print(row === 0 ? paint('bold', text) : text);
  });
  const total = shown.reduce((sum, { bytes }) => sum + bytes, 0);
  const hidden = all.length === shown.length ? '' : ` of ${all.length}`;
  const damaged = all.filter(({ facts }) => facts.problems.length > 0).length;
  const count = damaged === 0 ? '' : `, ${damaged} damaged`;
  print(`${shown.length}${hidden} runs${count}, ${size(total)}`);
  for (const problem of problems) process.stderr.write(`${oneLine(problem)}\n`);
  return 0;
}

const HEADS = ['run', 'environment', 'objective', 'status', 'updates', 'return', 'KL', 'outside δ', 'size'];
/** The first columns are words and stand left. */
const WORDS = 4;

function rowOf({ facts, progress, bytes }: ListedRun): string[] {
  const { record, config } = facts;
  const { final } = progress;
  // As in a comparison: no episode ended in the last tenth. A fit has no return at all.
  const isStuck = facts.status === 'completed' && final?.returnMeanLastTenth === null;
  const updates = `${progress.updates}/${record?.updatesPlanned ?? '–'}`;
  return [
    facts.path,
    config?.environment.id ?? '–',
    config?.objective?.kind ?? '–',
    facts.status,
    updates,
    isStuck ? 'stuck' : figure(final?.returnMeanLastTenth ?? null),
    figure(final?.klOldNewMean ?? null),
    // A fit has no δ.
    String(final?.updatesOutsideDelta ?? '–'),
    size(bytes),
  ].map(oneLine);
}

function listed(path: string): ListedRun {
  const read = readFacts(path, environmentOptions);
  const { rows, problems } = readRunRows(read);
  const facts = { ...read, problems: [...read.problems, ...problems] };
  const progress = progressOf(read, rows);
  const values = new Map<string, string | number>();
  for (const [key, text] of flatten(facts.config ?? {})) values.set(key, numeric(text));
  for (const [key, value] of Object.entries(progress.final ?? {})) {
    if (typeof value === 'number' || typeof value === 'string') values.set(key, numeric(String(value)));
  }
  for (const key of ['steps', 'seconds', 'episodes', 'engine'] as const) {
    const value = facts.record?.[key];
    if (value !== undefined) values.set(key, value);
  }
  values.set('updates', progress.updates);
  const bytes = sizeOf(path);
  values.set('name', facts.name).set('status', facts.status).set('size', bytes).set('path', path);
  return { facts, progress, bytes, values };
}

/** A completed run's figures are those of its record; any other's, what its rows tell. */
function progressOf({ status, record }: RunFacts, rows: readonly MetricsRow[]): Progress {
  if (status === 'completed' && record !== undefined) return { updates: record.updates, final: record.final };
  const told = progressOfRows(rows);
  // The rows of leash fit have no figures of their own here.
  return { ...told, final: told.final ?? (told.updates > 0 ? record?.final : undefined) };
}

function numeric(text: string): string | number {
  return text.trim() !== '' && !Number.isNaN(Number(text)) ? Number(text) : text;
}

function sizeOf(path: string): number {
  return readdirSync(path, { withFileTypes: true }).reduce((sum, entry) => {
    const below = join(path, entry.name);
    return (
      sum + (entry.isDirectory() ? sizeOf(below) : (statSync(below, { throwIfNoEntry: false })?.size ?? 0))
    );
  }, 0);
}

/** @throws UserError naming the nearest key that a run has */
function resolveKey(flag: string, word: string, known: ReadonlySet<string>): string {
  const key = [word, SHORT[word] ?? ''].find((each) => known.has(each));
  if (key !== undefined) return key;
  if (SHORT[word] !== undefined) return SHORT[word];
  const guess = nearest(word, [...known, ...Object.keys(SHORT)]);
  throw new UserError(
    `${flag}: no run has ${JSON.stringify(word)}${guess ? `; did you mean ${guess}?` : ''}`,
  );
}

type Comparison = (order: number) => boolean;

const OPERATORS: Readonly<Record<string, Comparison>> = {
  '=': (order) => order === 0,
  '!=': (order) => order !== 0,
  '<': (order) => order < 0,
  '>': (order) => order > 0,
  '<=': (order) => order <= 0,
  '>=': (order) => order >= 0,
};

/** `objective=clip, return>0.5`: all must hold. A run without the value fulfils only `!=`. @throws UserError */
function parseConditions(text: string, known: ReadonlySet<string>): ((run: ListedRun) => boolean)[] {
  if (text.trim() === '') return [];
  return text.split(',').map((part) => {
    const match = /^\s*([\w.-]+?)\s*(!=|<=|>=|=|<|>)\s*(.+?)\s*$/.exec(part);
    if (match === null) {
      throw new UserError(
        `--where must be KEY OPERATOR VALUE with =, !=, <, >, <= or >=, several apart by commas; got ${JSON.stringify(part.trim())}`,
      );
    }
    const [, word, operator, wanted] = match;
    const key = resolveKey('--where', word, known);
    return ({ values }) => {
      const value = values.get(key);
      return value === undefined ? operator === '!=' : OPERATORS[operator](compare(value, numeric(wanted)));
    };
  });
}

function compare(a: string | number, b: string | number): number {
  if (typeof a === 'number' && typeof b === 'number')
    return a === b ? 0 : a < b ? -1 : a > b ? 1 : Number.NaN;
  const [left, right] = [String(a), String(b)];
  return left === right ? 0 : left < right ? -1 : 1;
}

/** Figures from the greatest, words from A; runs without the value last. */
function sortBy(runs: ListedRun[], key: string): void {
  runs.sort((a, b) => {
    const [left, right] = [a.values.get(key), b.values.get(key)];
    if (left === undefined || right === undefined)
      return Number(left === undefined) - Number(right === undefined);
    const order = compare(left, right);
    return typeof left === 'number' && typeof right === 'number' ? -order : order;
  });
}

/** An event file begins with its first record: 24 bytes, in eight of them. */
const EVENTS = '\u0018\0\0\0\0\0\0\0';

/** `leash runs export RUN… --csv FILE | --tensorboard DIR`. */
export async function runExport(given: {
  RUN?: string[] | undefined;
  runs: string;
  csv?: string | undefined;
  tensorboard?: string | undefined;
}): Promise<number> {
  if ((given.csv === undefined) === (given.tensorboard === undefined)) {
    throw new UserError('runs export needs --csv FILE or --tensorboard DIR, one of them');
  }
  const paths = findRuns(given.RUN ?? [], given.runs);
  const reading = { timing: given.tensorboard !== undefined, environments: environmentOptions };
  const { runs, leftOut } = readPlottedRuns(paths, reading);
  if (runs.length === 0) throw new UserError(leftOut[0]);
  const problems = [...leftOut, ...runs.flatMap((run) => run.problems)];
  const target = given.csv ?? given.tensorboard ?? '';
  try {
    if (given.csv !== undefined) {
      const { tidyCsv } = await import('../../plot/tidy-csv.ts');
      writeOutput('--csv', given.csv, tidyCsv(runs), BEGINNINGS.csv);
    } else {
      requireOutsideRuns('--tensorboard', target);
      const { encodeEvents, valuesLeftOut } = await import('../../plot/tensorboard.ts');
      for (const run of runs) {
        problems.push(...valuesLeftOut(run));
        const startedAt = Date.parse(readFacts(run.path).record?.startedAt ?? '') / 1000 || 0;
        const folder = join(target, run.name, `seed-${run.seed}`);
        const made = makeFolders(folder);
        const file = join(folder, `events.out.tfevents.${Math.floor(startedAt)}.leash`);
        try {
          writeOutput('--tensorboard', file, encodeEvents(run, startedAt), EVENTS);
        } catch (cause) {
          removeEmpty(made);
          throw cause;
        }
      }
    }
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (code === undefined) throw cause;
    throw new UserError(
      `--${given.csv === undefined ? 'tensorboard' : 'csv'} ${target}: cannot write there (${code})`,
    );
  }
  const rows = runs.reduce((sum, run) => sum + run.updates.length, 0);
  const notes = target === '/dev/stdout' ? process.stderr : process.stdout;
  notes.write(`${oneLine(target)}: ${runs.length} run${runs.length === 1 ? '' : 's'}, ${rows} rows\n`);
  for (const problem of problems) process.stderr.write(`${oneLine(problem)}\n`);
  return 0;
}
