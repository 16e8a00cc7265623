import { environmentName } from '../config/environment-name.ts';
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { nearest } from '../config/nearest.ts';
import { labelsOfRun } from '../experiment/labels-of-run.ts';
import { alternatives, configJsonSchema, schemaAt } from '../config/fields.ts';
import { flatten } from '../plot/group-runs.ts';
import { findRuns, readFacts, readRunRows, type RunFacts } from '../plot/read-runs.ts';
import type { FitRow } from '../row/fit.ts';
import type { MetricsRow } from '../row/metrics.ts';
import { type RunLabels, requireTag } from '../run/labels.ts';
import { lastUpdateOf } from '../run/read-rows.ts';
import { parentInWords } from '../run/parent-in-words.ts';
import { standings } from '../run/record.ts';
import { type Progress, progressOf as progressOfRows } from '../run/status.ts';
import { findResumePoint } from '../node/resume-point.ts';
import { isStuckRun } from '../run/stuck.ts';
import { UserError } from '../user-error.ts';
import { environmentOptions } from '../../envs/environment-options.ts';

/** A run in the list: what it says of itself, its size and every value that `--where` may ask for. */
export interface ListedRun {
  readonly facts: RunFacts;
  /** What the record says at the end of a completed run; of any other, what its rows tell. */
  readonly progress: Progress;
  /** The update that `leash resume` goes on from; undefined where the run is completed, goes on, or has no good checkpoint. */
  readonly resumesFrom: number | undefined;
  readonly bytes: number;
  /** Its own and those of its experiment. */
  readonly labels: RunLabels;
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
  tag: 'tags',
};

/** In place of a return. */
export const STUCK = 'stuck';

/** Runs of a folder, those that were asked for in the order asked for. */
export interface Listing {
  readonly shown: readonly ListedRun[];
  /** Shown or not. */
  readonly all: readonly ListedRun[];
}

/**
 * The runs below a folder.
 * @param tag those that it must have all
 * @param where conditions apart by commas, `objective=clip, return>0.5`; all must hold
 * @param sort by which value: figures from the greatest, words from A
 * @throws UserError for what is no condition, or no value of any run
 */
export function listRuns(
  root: string,
  {
    where = '',
    tag,
    sort,
    reverse = false,
  }: {
    readonly where?: string | undefined;
    readonly tag?: string | string[] | undefined;
    readonly sort?: string | undefined;
    readonly reverse?: boolean | undefined;
  },
): Listing {
  const all = findRuns([root], root).map(listed);
  const known = new Set(all.flatMap(({ values }) => [...values.keys()]));
  const conditions = parseConditions(where, known, all);
  const tags = tag === undefined ? [] : [tag].flat();
  for (const each of tags) requireTag(each);
  requireKnown(tags, all);
  const shown = all.filter(
    (run) => conditions.every((holds) => holds(run)) && tags.every((each) => run.labels.tags?.includes(each)),
  );
  if (sort !== undefined) sortBy(shown, resolveKey('--sort', sort, known));
  if (reverse) shown.reverse();
  return { shown, all };
}

const NOTHING_READ = { rows: [], problems: [] };

/**
 * Whether the rows of a run are as it left them when it was completed: nothing was written to them after its record, and
 * they go to its end. All that is listed of it is in its record then.
 */
function isAsItEnded({ path, status, record }: RunFacts): boolean {
  if (status !== 'completed' || record === undefined) return false;
  const [rows, end] = ['metrics.jsonl', 'run.json'].map((name) =>
    statSync(join(path, name), { throwIfNoEntry: false }),
  );
  if (!rows?.isFile() || end === undefined || rows.mtimeMs >= end.mtimeMs) return false;
  return lastUpdateOf(path) === record.updates;
}

function listed(path: string): ListedRun {
  const read = readFacts(path, environmentOptions);
  const { rows, problems } = isAsItEnded(read) ? NOTHING_READ : readRunRows(read);
  const facts = { ...read, problems: [...read.problems, ...problems] };
  const progress = progressOf(read, rows);
  const values = new Map<string, string | number>();
  for (const [key, text] of flatten(facts.config ?? {})) values.set(key, numeric(text));
  if (read.config?.environment.module !== undefined)
    values.set('environment.id', environmentName(read.config.environment));
  for (const [key, value] of Object.entries(progress.final ?? {})) {
    if (typeof value === 'number' || typeof value === 'string') values.set(key, numeric(String(value)));
  }
  for (const key of ['steps', 'seconds', 'episodes', 'engine'] as const) {
    const value = facts.record?.[key];
    if (value !== undefined) values.set(key, value);
  }
  if (isStuckRun(read.status, progress.final)) values.set('returnMeanLastTenth', STUCK);
  values.set('updates', progress.updates);
  const bytes = sizeOf(path);
  const labels = labelsOfRun(read);
  if (labels.tags !== undefined) values.set('tags', labels.tags.join(' '));
  if (facts.record?.parent) values.set('from', parentInWords(facts.record.parent));
  if (labels.note !== undefined) values.set('note', labels.note);
  values.set('name', facts.name).set('status', facts.status).set('size', bytes).set('path', path);
  const resumesFrom = resumableFrom(facts);
  if (resumesFrom !== undefined) values.set('resumesFrom', resumesFrom);
  return { facts, progress, resumesFrom, bytes, labels, values };
}

/** @throws UserError for a tag that no run has, with the nearest one */
function requireKnown(tags: readonly string[], runs: readonly ListedRun[]): void {
  const known = [...new Set(runs.flatMap(({ labels }) => labels.tags ?? []))];
  const unknown = tags.find((each) => !known.includes(each));
  if (unknown === undefined) return;
  const guess = nearest(unknown, known);
  throw new UserError(`--tag: no run has the tag ${unknown}${guess ? `; did you mean ${guess}?` : ''}`);
}

/** A completed run's figures are those of its record; any other's, what its rows tell. */
function progressOf({ status, record }: RunFacts, rows: readonly (MetricsRow | FitRow)[]): Progress {
  if (status === 'completed' && record !== undefined) return { updates: record.updates, final: record.final };
  const told = progressOfRows(rows);
  // The rows of leash fit have no figures of their own here.
  return { ...told, final: told.final ?? (told.updates > 0 ? record?.final : undefined) };
}

function resumableFrom({ path, status }: RunFacts): number | undefined {
  if (status === 'completed' || status === 'alive') return undefined;
  try {
    return findResumePoint(path, { environments: environmentOptions }).cut.update;
  } catch (cause) {
    // A system call's: what may not be read is nothing to go on from.
    if (cause instanceof UserError || (cause as NodeJS.ErrnoException).syscall !== undefined)
      return undefined;
    throw cause;
  }
}

function numeric(text: string): string | number {
  return text.trim() !== '' && !Number.isNaN(Number(text)) ? Number(text) : text;
}

/** Bytes of the files in a folder; what went away meanwhile, or may not be looked at, counts nothing. */
function sizeOf(path: string): number {
  const orNone = <T>(read: () => T, none: T): T => {
    try {
      return read();
    } catch {
      return none;
    }
  };
  return orNone(() => readdirSync(path, { withFileTypes: true }), []).reduce((sum, entry) => {
    const below = join(path, entry.name);
    return sum + (entry.isDirectory() ? sizeOf(below) : orNone(() => statSync(below).size, 0));
  }, 0);
}

/** @throws UserError naming the nearest key that a run has */
function resolveKey(flag: string, word: string, known: ReadonlySet<string>): string {
  const short = Object.hasOwn(SHORT, word) ? SHORT[word] : undefined;
  const key = [word, short ?? ''].find((each) => known.has(each));
  if (key !== undefined) return key;
  if (short !== undefined) return short;
  const guess = nearest(word, [...known, ...Object.keys(SHORT)]);
  throw new UserError(
    `${flag}: no run has ${JSON.stringify(word)}${guess ? `; did you mean ${guess}?` : ''}`,
  );
}

type Holds = (order: number) => boolean;

const OPERATORS: Readonly<Record<string, Holds>> = {
  '=': (order) => order === 0,
  '!=': (order) => order !== 0,
  '<': (order) => order < 0,
  '>': (order) => order > 0,
  '<=': (order) => order <= 0,
  '>=': (order) => order >= 0,
};

/** `objective=clip, return>0.5`: all must hold. A run without the value fulfils only `!=`. @throws UserError */
function parseConditions(
  text: string,
  known: ReadonlySet<string>,
  runs: readonly ListedRun[],
): ((run: ListedRun) => boolean)[] {
  if (text.trim() === '') return [];
  return text.split(',').map((part) => {
    const match = /^\s*([\w.-]+?)\s*(!=|<=|>=|=|<|>)\s*([^\s=<>!].*?)\s*$/.exec(part);
    if (match === null) {
      throw new UserError(
        `--where must be KEY OPERATOR VALUE with =, !=, <, >, <= or >=, several apart by commas; got ${JSON.stringify(part.trim())}`,
      );
    }
    const [, word, operator, wanted] = match;
    const key = resolveKey('--where', word, known);
    const against = numeric(wanted);
    if (operator === '=' || operator === '!=') requireWord(word, key, String(against), runs);
    const isStuck = against === STUCK && key === 'returnMeanLastTenth';
    if (typeof against === 'string' && !isStuck && isFigure(key, runs)) {
      const orStuck = runs.some(({ values }) => values.get(key) === STUCK) ? ` or ${STUCK}` : '';
      throw new UserError(
        `--where: ${word} is a number${orStuck} in every run, got ${JSON.stringify(wanted)}`,
      );
    }
    return ({ values, labels }) => {
      // A run has several, and is asked for by one of them.
      if (key === 'tags' && (operator === '=' || operator === '!='))
        return (labels.tags?.includes(wanted) === true) === (operator === '=');
      const value = values.get(key);
      return value === undefined ? operator === '!=' : OPERATORS[operator](order(value, against));
    };
  });
}

/** @throws UserError for what no run can have there, where a value is one of some words: a status, an objective */
function requireWord(word: string, key: string, wanted: string, runs: readonly ListedRun[]): void {
  const words = wordsOf(key);
  const there = runs.map(({ values }) => String(values.get(key)));
  if (words === undefined || words.includes(wanted) || there.includes(wanted)) return;
  const guess = nearest(wanted, words);
  throw new UserError(
    `--where: ${word} must be one of ${words.join(', ')}, got ${wanted}${guess ? `; did you mean ${guess}?` : ''}`,
  );
}

/** The words that stand there, where it is one of some. */
function wordsOf(key: string): readonly string[] | undefined {
  if (key === 'status') return standings;
  const field = schemaAt(configJsonSchema(), key.split('.'));
  if (field === undefined) return undefined;
  const kinds = alternatives(field).map((each) => {
    if (each.type === 'null') return ['null'];
    if (each.type === 'boolean') return ['true', 'false'];
    return each.const === undefined ? each.enum?.map(String) : [String(each.const)];
  });
  return kinds.some((each) => each === undefined)
    ? undefined
    : [...new Set(kinds.flatMap((each) => each ?? []))];
}

/** Whether some runs have a number there, and none a word but stuck. */
function isFigure(key: string, runs: readonly ListedRun[]): boolean {
  const values = runs.map((run) => run.values.get(key)).filter((value) => value !== undefined);
  return values.length > 0 && values.every((value) => typeof value === 'number' || value === STUCK);
}

/** Negative where a comes first; NaN where there is no order: of numbers that are none, of a number and a word. */
function order(a: string | number, b: string | number): number {
  if (typeof a !== typeof b) return Number.NaN;
  return a === b ? 0 : a < b ? -1 : a > b ? 1 : Number.NaN;
}

/** Figures from the greatest, then words from A; runs without the value last. */
function sortBy(runs: ListedRun[], key: string): void {
  runs.sort((a, b) => {
    const [left, right] = [a.values.get(key), b.values.get(key)];
    if (left === undefined || right === undefined)
      return Number(left === undefined) - Number(right === undefined);
    if (typeof left !== typeof right) return typeof left === 'number' ? -1 : 1;
    const ascending = order(left, right);
    return typeof left === 'number' && typeof right === 'number' ? -ascending : ascending;
  });
}
