import { closeSync, constants, fstatSync, openSync, readFileSync, readSync, statSync } from 'node:fs';
import { isUtf8 } from 'node:buffer';
import { join } from 'node:path';
import { nonFinite } from '../row/json.ts';
import { type Field, fieldsWhen, type MetricValue } from '../row/field.ts';
import { type EvaluationRow, evaluationFields } from '../row/evaluation.ts';
import { type FitRow, fitFields } from '../row/fit.ts';
import { type LedgerRow, ledgerFields } from '../row/ledger.ts';
import { metricFields, type MetricsRow } from '../row/metrics.ts';
import { type Timing, timingFields } from '../row/timing.ts';
import { shorten, UserError } from '../user-error.ts';

/** Rows that could be read, and what is wrong with the others: at most one line. */
export interface Rows<Row> {
  readonly rows: readonly Row[];
  /** What is wrong with the file, for who does not use the rest of it. */
  readonly damage: string | undefined;
  /** The same for who does. */
  readonly problems: readonly string[];
}

/** What a cell of a column may be. */
type Check = (value: MetricValue) => string | undefined;

const isNumber: Check = (value) => (typeof value === 'number' ? undefined : 'a number');
const isNumberOrNull: Check = (value) =>
  typeof value === 'number' || value === null ? undefined : 'a number or null';
const isFlag: Check = (value) => (typeof value === 'boolean' ? undefined : 'true or false');
const isWord: Check = (value) => (typeof value === 'string' ? undefined : 'a word');
const isWordOrNull: Check = (value) =>
  typeof value === 'string' || value === null ? undefined : 'a word or null';

/** By the unit of the column, and null where its table says when. */
function checkOf({ unit, nullWhen }: Field): Check {
  const isNullable = nullWhen !== undefined;
  if (unit === 'true or false') return isFlag;
  if (unit === 'word') return isNullable ? isWordOrNull : isWord;
  return isNullable ? isNumberOrNull : isNumber;
}

/** Columns by name, and which of them every row must have. */
interface Table {
  readonly checks: ReadonlyMap<string, Check>;
  readonly required: readonly string[];
  /** Whether cells of other names are figures of the environment. */
  readonly hasFigures: boolean;
}

function tableOf(fields: readonly Field[], required = fields, hasFigures = false): Table {
  return {
    checks: new Map(fields.map((each) => [each.name, checkOf(each)])),
    required: required.map(({ name }) => name),
    hasFigures,
  };
}

const trainTable = tableOf(metricFields, fieldsWhen<Field>(metricFields, undefined), true);
const fitTable = tableOf(fitFields);
const timingTable = tableOf(
  timingFields,
  timingFields.filter(({ name }) => name !== 'stepsPerSecond'),
);
const ledgerTable = tableOf(ledgerFields, fieldsWhen<Field>(ledgerFields, undefined));
const evaluationTable = tableOf(evaluationFields);

/** Bytes in which the last row of a file is looked for. */
const TAIL = 2 ** 16;

/** The update of the last row of a run's `metrics.jsonl`, which the rest of it is not read for; undefined where that is not whole. */
export function lastUpdateOf(run: string): number | undefined {
  let handle: number;
  try {
    handle = openSync(join(run, 'metrics.jsonl'), AT_ONCE);
  } catch {
    return undefined;
  }
  try {
    const { size } = fstatSync(handle);
    const tail = Buffer.alloc(Math.min(TAIL, size));
    const read = readSync(handle, tail, 0, tail.length, size - tail.length);
    const line = tail.subarray(0, read).toString('utf8').split('\n').at(-2) ?? '';
    const row = rowOf<MetricsRow | FitRow>(line, tableOfMetrics);
    return typeof row === 'string' ? undefined : row.update;
  } finally {
    closeSync(handle);
  }
}

/** A row of `leash fit` is told by what it fits. */
const tableOfMetrics = (row: object): Table => (Object.hasOwn(row, 'crossEntropy') ? fitTable : trainTable);

/** Whether a row is one of training, not of a fit. */
export function isOfTraining(row: MetricsRow | FitRow): row is MetricsRow {
  return !Object.hasOwn(row, 'crossEntropy');
}

/**
 * The rows of a run's `metrics.jsonl`, each checked: one that is no row, lacks a column, has another type in one, stands
 * out of order or beyond the updates that its `run.json` plans is left out and named.
 * @param isGrowing the run goes on: its last line may be half written
 */
export function readMetrics(run: string, isGrowing: boolean): Rows<MetricsRow | FitRow> {
  return readRows(join(run, 'metrics.jsonl'), tableOfMetrics, isGrowing, inOrder(spanWritten(run)));
}

/** The same line by line. */
export function takeMetrics(span: () => Span): RowTaker<MetricsRow | FitRow> {
  return new RowTaker(tableOfMetrics, inOrder(span));
}

/** The updates that a run can have. */
export interface Span {
  /** Of a branch: after which its rows begin. */
  readonly parent?: { readonly update: number } | undefined;
  /** Undefined where nobody knows. */
  readonly updatesPlanned?: number | undefined;
}

/** Updates that may be missing before a row: a curve has a place for each. */
const LARGEST_GAP = 1_000_000;

/** What is wrong with the update of a row, after those before it. */
function inOrder(span: () => Span): (row: MetricsRow | FitRow) => string | undefined {
  let last = 0;
  return ({ update }) => {
    if (!Number.isSafeInteger(update) || update <= last)
      return last === 0
        ? `update must be an integer ≥ 1, got ${update}`
        : `update ${update} stands after update ${last}`;
    const { updatesPlanned = Number.POSITIVE_INFINITY, parent } = span();
    if (update > updatesPlanned)
      return `update ${update} is beyond the ${updatesPlanned} that run.json plans`;
    const before = last === 0 ? (parent?.update ?? 0) : last;
    if (update - before > LARGEST_GAP)
      return `update ${update} stands more than ${LARGEST_GAP} after update ${before}`;
    last = update;
    return undefined;
  };
}

/** What the `run.json` of a run says of it, be the rest of that damaged. */
function spanWritten(run: string): () => Span {
  const file = join(run, 'run.json');
  let span: Span = {};
  try {
    if (statSync(file).isFile()) span = spanOf(JSON.parse(readFileSync(file, 'utf8')));
  } catch {
    // Who reads the record says that it is damaged or missing.
  }
  return () => span;
}

function spanOf(written: unknown): Span {
  const { updatesPlanned, parent } = (written ?? {}) as { updatesPlanned?: unknown; parent?: unknown };
  const update = (parent as { update?: unknown } | null | undefined)?.update;
  return {
    updatesPlanned: isCount(updatesPlanned) ? updatesPlanned : undefined,
    parent: isCount(update) ? { update } : undefined,
  };
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

/** To read, without waiting for whoever writes to it where it is a named pipe. */
export const AT_ONCE = constants.O_RDONLY | constants.O_NONBLOCK;

/** The rows of a run's `ledger.jsonl`, likewise. @throws UserError when the run has none */
export function readLedger(run: string, isGrowing: boolean): Rows<LedgerRow> {
  const found = readRows(join(run, 'ledger.jsonl'), () => ledgerTable, isGrowing, stepsInOrder());
  if (found.rows.length === 0 && found.isMissing)
    throw new UserError(`${run} has no ledger.jsonl; train it with --set trustRegion.ledger=true`);
  return found;
}

/** The same line by line. */
export function takeLedger(): RowTaker<LedgerRow> {
  return new RowTaker(() => ledgerTable, stepsInOrder());
}

/** What is wrong with a step, after those before it. */
function stepsInOrder(): (row: LedgerRow) => string | undefined {
  let last = { update: 0, gradientStep: 0 };
  return ({ update, gradientStep, delta }) => {
    if (!Number.isSafeInteger(update) || !Number.isSafeInteger(gradientStep) || gradientStep < 1)
      return `update and gradientStep must be integers ≥ 1, got ${update} and ${gradientStep}`;
    // Everything is held against it, and drawn beside it.
    if (!Number.isFinite(delta)) return `delta must be finite, got ${delta}`;
    const isNext = update > last.update || (update === last.update && gradientStep > last.gradientStep);
    if (!isNext)
      return `step ${gradientStep} of update ${update} stands after step ${last.gradientStep} of ${last.update}`;
    last = { update, gradientStep };
    return undefined;
  };
}

/** The rows of a run's `evaluations.jsonl`, likewise; none where it was trained without. */
export function readEvaluations(run: string, isGrowing: boolean): Rows<EvaluationRow> {
  let last = 0;
  const found = readRows<EvaluationRow>(
    join(run, 'evaluations.jsonl'),
    () => evaluationTable,
    isGrowing,
    ({ update }) => {
      if (!Number.isSafeInteger(update) || update <= last)
        return `update must be an integer > ${last}, got ${update}`;
      last = update;
      return undefined;
    },
  );
  return found.isMissing ? { rows: [], damage: undefined, problems: [] } : found;
}

/** The rows of a run's `timing.jsonl`, likewise. */
export function readTimings(run: string, isGrowing: boolean): Rows<Timing> {
  return readRows<Timing>(join(run, 'timing.jsonl'), () => timingTable, isGrowing, clockInOrder());
}

/** The same line by line. */
export function takeTimings(): RowTaker<Timing> {
  return new RowTaker(() => timingTable, clockInOrder());
}

/** What is wrong with a row of the clock, after those before it: neither updates nor seconds go back. */
function clockInOrder(): (row: Timing) => string | undefined {
  let last = { update: 0, seconds: 0 };
  return ({ update, seconds }) => {
    if (!Number.isSafeInteger(update) || update <= last.update)
      return `update must be an integer > ${last.update}, got ${update}`;
    if (!(Number.isFinite(seconds) && seconds >= last.seconds))
      return `seconds must be ≥ ${last.seconds}, those of update ${last.update}, got ${seconds}`;
    last = { update, seconds };
    return undefined;
  };
}

function readRows<Row extends object>(
  file: string,
  tableFor: (row: object) => Table,
  isGrowing: boolean,
  problemOf: (row: Row) => string | undefined,
): Rows<Row> & { isMissing: boolean } {
  const rows: Row[] = [];
  const taker = new RowTaker(tableFor, problemOf);
  const isMissing = !forEachLine(file, (line, isWhole) => {
    const row = taker.take(line, isWhole || !isGrowing);
    if (row !== undefined) rows.push(row);
  });
  if (isMissing) {
    const damage = `${file} cannot be read`;
    return { rows, damage, problems: [damage], isMissing };
  }
  const damage = taker.damage(file);
  return { rows, damage, problems: damage === undefined ? [] : [`${damage}; the rest is used`], isMissing };
}

/** Takes the lines of a file one after the other: which are rows, and what is wrong with the others. */
export class RowTaker<Row extends object> {
  private number = 0;
  private readonly left = { count: 0, lines: [] as number[], first: '' };
  private readonly tableFor: (row: object) => Table;
  private readonly problemOf: (row: Row) => string | undefined;

  constructor(tableFor: (row: object) => Table, problemOf: (row: Row) => string | undefined) {
    this.tableFor = tableFor;
    this.problemOf = problemOf;
  }

  /** @param isDone whether nothing more is going to be written to the line */
  take(line: string, isDone = true): Row | undefined {
    this.number += 1;
    if (line === '') return undefined;
    const row = rowOf<Row>(line, this.tableFor);
    const problem = typeof row === 'string' ? row : this.problemOf(row);
    if (typeof row !== 'string' && problem === undefined) return row;
    if (!isDone) return undefined;
    this.left.count += 1;
    this.left.first ||= `line ${this.number}: ${problem}`;
    if (this.left.lines.length < 5) this.left.lines.push(this.number);
    return undefined;
  }

  /** What was no row, in one line. */
  damage(file: string): string | undefined {
    return this.left.count === 0 ? undefined : `${file}: ${describe(this.left)}`;
  }
}

function describe({
  count,
  lines,
  first,
}: {
  count: number;
  lines: readonly number[];
  first: string;
}): string {
  if (count === 1) return `1 row left out (${first})`;
  const more = count > lines.length ? ', …' : '';
  return `${count} rows left out (lines ${lines.join(', ')}${more}; ${first})`;
}

/** No row is it. */
const NOT_UTF8 = '\ufffd';

/** No figures, the same for all rows without. */
const NO_FIGURES: MetricsRow['figures'] = Object.freeze({});

/** A line as a row, the strings that stand for NaN and ±Infinity as numbers again; or what is wrong with it. */
function rowOf<Row>(line: string, tableFor: (row: object) => Table): Row | string {
  let row: Record<string, unknown>;
  if (line === NOT_UTF8) return 'it is not UTF-8 text';
  try {
    row = JSON.parse(line);
  } catch {
    return 'it is no JSON';
  }
  if (typeof row !== 'object' || row === null || Array.isArray(row)) return 'it is no object';
  const { checks, required, hasFigures } = tableFor(row);
  for (const name of required) if (!Object.hasOwn(row, name)) return `it has no ${name}`;
  const others: string[] = [];
  for (const name of Object.keys(row)) {
    const cell = row[name];
    if (typeof cell === 'object' && cell !== null)
      return `${show(name)} must be one value, got an ${Array.isArray(cell) ? 'array' : 'object'}`;
    const check = checks.get(name);
    const number = typeof cell === 'string' && check !== isWord ? nonFinite(cell) : undefined;
    if (number !== undefined) row[name] = number;
    const wanted = check?.(number ?? (cell as MetricValue));
    if (wanted !== undefined) return `${name} must be ${wanted}, got ${show(cell)}`;
    if (check === undefined) others.push(name);
  }
  if (!hasFigures) return row as Row;
  if (others.length === 0) return Object.assign(row, { figures: NO_FIGURES }) as Row;
  return apart(row, others) as Row;
}

/** Takes the cells of these names out of a row, and puts them under `figures`. */
function apart(row: Record<string, unknown>, names: readonly string[]): object {
  const figures: Record<string, unknown> = {};
  for (const name of names) figures[name] = row[name];
  // From the last on: V8 takes the property that came last off an object for nothing, any other makes it a dictionary.
  for (const name of names.toReversed()) delete row[name];
  row.figures = figures;
  return row;
}

function show(value: unknown): string {
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  const short = shorten(text, 40);
  return typeof value === 'string' ? JSON.stringify(short) : short;
}

/** Without the end of the line; `NOT_UTF8` where it is no text. */
function textOf(bytes: Buffer): string {
  return isUtf8(bytes) ? bytes.toString('utf8').trimEnd() : NOT_UTF8;
}

/** Longer is no row. */
const LONGEST_LINE = 2 ** 20;
/** Bytes that are read at once. */
export const CHUNK = 2 ** 20;

/** The lines of bytes that come piece by piece, each without its end; one that is too long as `…`. */
export class Lines {
  private rest: Buffer = Buffer.alloc(0);
  private isTooLong = false;

  /** @param piece may be overwritten afterwards */
  push(piece: Buffer, take: (line: string) => void): void {
    const bytes = this.rest.length === 0 ? piece : Buffer.concat([this.rest, piece]);
    let from = 0;
    for (let end = bytes.indexOf(10); end >= 0; end = bytes.indexOf(10, from)) {
      take(this.isTooLong ? '…' : textOf(bytes.subarray(from, end)));
      this.isTooLong = false;
      from = end + 1;
    }
    this.rest = Buffer.from(bytes.subarray(from));
    if (this.rest.length <= LONGEST_LINE) return;
    this.isTooLong = true;
    this.rest = Buffer.alloc(0);
  }

  /** What has no end yet; undefined: nothing. */
  unfinished(): string | undefined {
    if (this.isTooLong) return '…';
    return this.rest.length === 0 ? undefined : textOf(this.rest);
  }
}

/**
 * Line by line: a file of any size is read in little memory.
 * @param take gets every line without its end, and whether it had one; one that is too long as `…`
 * @returns false when there is no such file
 */
function forEachLine(file: string, take: (line: string, isWhole: boolean) => void): boolean {
  let handle: number;
  try {
    handle = openSync(file, AT_ONCE);
  } catch {
    return false;
  }
  try {
    if (!fstatSync(handle).isFile()) return false;
    const chunk = Buffer.allocUnsafe(CHUNK);
    const lines = new Lines();
    for (;;) {
      const read = readSync(handle, chunk);
      lines.push(chunk.subarray(0, read), (line) => take(line, true));
      if (read > 0) continue;
      const last = lines.unfinished();
      if (last !== undefined) take(last, false);
      return true;
    }
  } finally {
    closeSync(handle);
  }
}
