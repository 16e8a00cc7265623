import { parseCsv, requireDistinctColumns } from '../../formats/csv.ts';
import { requireKind } from '../../node/file-kind.ts';
import { readJsonFile } from '../../node/text-file.ts';
import { keysAsWritten } from '../../config/json.ts';
import { nearest } from '../../config/nearest.ts';
import { isTree, show } from '../../config/problem.ts';
import { readTextFile } from '../../node/text-file.ts';
import { decimal } from '../../config/decimal.ts';
import type { DiagonalGaussian } from '../../divergence/diagonal-gaussian.ts';
import { shortLine, UserError } from '../../user-error.ts';

/** Where `leash kl` gets its two distributions from. */
export interface DistributionFlags {
  /** Numbers with commas between them, or a file. */
  p?: string | undefined;
  q?: string | undefined;
  /** A file that holds both. */
  file?: string | undefined;
  labels?: string | undefined;
  gaussian?: boolean | undefined;
}

/** One distribution as it was written: probabilities, counts or logits, or means and standard deviations. */
export interface Written<T> {
  readonly values: T;
  /** As errors name it: `--p`, `bags.csv`. */
  readonly place: string;
}

/** P and Q as they were written, and what their outcomes (or dimensions) are called. */
export interface WrittenPair<T> {
  readonly labels: readonly string[];
  readonly p: Written<T>;
  readonly q: Written<T>;
}

/** Values with the labels that came with them, if any did. */
interface Labelled<T> extends Written<T> {
  readonly labels?: readonly string[] | undefined;
}

/**
 * Two lists of numbers of the same length, in the same order of outcomes.
 * @throws UserError naming entry, value and place
 */
export function readLists(flags: DistributionFlags): WrittenPair<readonly number[]> {
  return matched(...readBoth(flags));
}

/**
 * Two diagonal Gaussians: mean and standard deviation in turn, one pair a dimension, in the same order of dimensions.
 * @throws UserError
 */
export function readGaussians(flags: DistributionFlags): WrittenPair<DiagonalGaussian> {
  const [p, q, shared] = readBoth(flags);
  const pairs = matched(inPairs(p, 'p'), inPairs(q, 'q'), shared);
  const gaussian = ({ values, place }: Written<readonly Pair[]>): Written<DiagonalGaussian> => ({
    values: { mean: values.map(([mean]) => mean), std: values.map(([, std]) => std) },
    place,
  });
  return { labels: pairs.labels, p: gaussian(pairs.p), q: gaussian(pairs.q) };
}

type Pair = readonly [mean: number, std: number];

function inPairs({ values, labels, place }: Numbers, name: string): Labelled<readonly Pair[]> {
  if (values.length % 2 === 1)
    throw new UserError(
      `${name} must be pairs of mean and standard deviation, got ${values.length} numbers (${place})`,
    );
  const every = (offset: number): number[] => values.filter((_, i) => i % 2 === offset);
  const stds = every(1);
  return { values: every(0).map((mean, d): Pair => [mean, stds[d] as number]), labels, place };
}

/** Both in one order of outcomes, that of the labels where there are any. @throws UserError */
function matched<T>(
  p: Labelled<readonly T[]>,
  q: Labelled<readonly T[]>,
  shared: Written<readonly string[]> | undefined,
): WrittenPair<readonly T[]> {
  const labels = labelsOf(p, q, shared);
  return { labels, p: inOrder(p, 'p', labels), q: inOrder(q, 'q', labels) };
}

type Numbers = Labelled<readonly number[]>;

/** P, Q and the labels that `--labels` or a file of both gives them. */
function readBoth(flags: DistributionFlags): [Numbers, Numbers, Written<readonly string[]> | undefined] {
  const named = flags.labels === undefined ? undefined : split(flags.labels);
  const labels = named && { values: named, place: '--labels' };
  if (flags.file !== undefined) {
    if (flags.p !== undefined || flags.q !== undefined) {
      throw new UserError('--file holds both distributions: give it alone, or --p and --q');
    }
    const both = readFileOfBoth(flags.file, flags.gaussian ?? false);
    return [both.p, both.q, labels ?? both.labels];
  }
  const one = (name: 'p' | 'q'): Numbers => {
    const text = flags[name];
    if (text === undefined)
      throw new UserError(`--${name} is missing: leash kl needs --p and --q, or --file`);
    if (isFile(text)) return readFileOfOne(text, name, flags.gaussian ?? false);
    return {
      values: split(text).map((cell, i) => numberOf(cell, `${name}[${i}]`, `--${name}`)),
      place: `--${name}`,
    };
  };
  return [one('p'), one('q'), labels];
}

function isFile(text: string): boolean {
  return /\.(json|csv)$/i.test(text);
}

function split(text: string): string[] {
  return text.trim() === '' ? [] : text.split(',').map((cell) => cell.trim());
}

const FRACTION = /^([+-]?[\d.]+)\/([\d.]+)$/;
const NOT_FINITE = /^(NaN|[+-]?Infinity)$/;

/** A number or a fraction such as 1/3. */
function numberOf(value: unknown, entry: string, place: string): number {
  if (typeof value === 'number') return value;
  const text = typeof value === 'string' ? value.trim() : '';
  const fraction = FRACTION.exec(text);
  const number = fraction ? decimal(fraction[1] as string) / decimal(fraction[2] as string) : decimal(text);
  if (NOT_FINITE.test(text)) return Number(text);
  if (!Number.isNaN(number)) return number;
  const hint = place.startsWith('--') && /^[^\d]/.test(text) ? '; a file ends in .json or .csv' : '';
  const got = text === '' && typeof value === 'string' ? 'nothing' : show(value);
  throw new UserError(`${entry} must be a number, got ${got} (${place}${hint})`);
}

/** Whose labels count: `--labels` or the file's before P's and Q's own; numbers from 0 where there are none. */
function labelsOf(
  p: Labelled<readonly unknown[]>,
  q: Labelled<readonly unknown[]>,
  shared: Written<readonly string[]> | undefined,
): readonly string[] {
  const own = p.labels ?? q.labels;
  const length = Math.max(p.values.length, q.values.length);
  const labels = shared?.values ?? own;
  if (labels === undefined) return Array.from({ length }, (_, i) => String(i));
  if (own === undefined || shared !== undefined)
    requireLabels(labels, p.values.length, shared?.place ?? p.place);
  requireFilled(labels, shared?.place ?? p.place);
  const first = new Map(labels.toReversed().map((label, i) => [label, labels.length - 1 - i]));
  const twice = labels.find((label, i) => first.get(label) !== i);
  if (twice !== undefined)
    throw new UserError(`the label ${shortLine(twice)} is given twice (${shared?.place ?? p.place})`);
  return labels;
}

function requireLabels(labels: readonly string[], length: number, place: string): void {
  if (labels.length === length) return;
  throw new UserError(
    `labels must be as many as the entries of p, ${length}, got ${labels.length} (${place})`,
  );
}

function requireFilled(labels: readonly string[], place: string): void {
  const empty = labels.findIndex((label) => label.trim() === '');
  if (empty >= 0) throw new UserError(`labels[${empty}] must not be empty (${place})`);
}

/** The values in the order of the labels, where they came with labels of their own. */
function inOrder<T>(
  given: Labelled<readonly T[]>,
  name: string,
  labels: readonly string[],
): Written<readonly T[]> {
  const own = given.labels;
  if (own === undefined) return given;
  const at = new Map(own.map((label, i) => [label, i]));
  const known = new Set(labels);
  const unknown = own.find((label) => !known.has(label));
  if (unknown !== undefined) {
    const meant = nearest(unknown, labels);
    const guess =
      meant === undefined
        ? `the labels are ${labels.map(shortLine).join(', ')}`
        : `did you mean ${shortLine(meant)}?`;
    throw new UserError(`${name} has the unknown label ${shortLine(unknown)}; ${guess} (${given.place})`);
  }
  const missing = labels.find((label) => !at.has(label));
  if (missing !== undefined)
    throw new UserError(`${name} has no entry for the label ${shortLine(missing)} (${given.place})`);
  return {
    values: labels.map((label) => given.values[at.get(label) as number] as T),
    place: given.place,
  };
}

function isCsv(file: string): boolean {
  return file.toLowerCase().endsWith('.csv');
}

/** A file of one distribution: a JSON array or object, or a CSV of one column, or of labels and one column. */
function readFileOfOne(file: string, name: string, isGaussian: boolean): Numbers {
  requireKind(file, ['distributions', 'text']);
  if (!isCsv(file)) return numbersOfJson(readJsonFile(file, 'file'), name, file, isGaussian);
  const width = isGaussian ? 2 : 1;
  const rows = parseCsv(readTextFile(file, 'file'), file);
  const isNumber = (cell: string | undefined): boolean =>
    cell !== undefined && /^[+-]?[\d.]|^NaN|^[+-]?Inf/.test(cell);
  const columns = rows.at(-1)?.cells.length ?? 0;
  if (rows.length > 0 && !isNumber(rows[0]?.cells.at(-1)) && rows.length > 1) rows.shift();
  if (rows.length === 0) throw new UserError(`${file} holds no rows`);
  if (columns !== width && columns !== width + 1) {
    const wanted = isGaussian ? 'mean and standard deviation' : 'one column of numbers';
    throw new UserError(
      `${file} must have ${wanted}, with a column of labels before or not; it has ${columns} columns`,
    );
  }
  const values = rows.flatMap(({ line, cells }, i) => {
    if (cells.length !== columns) throw uneven(file, line, columns, cells.length);
    return cells.slice(-width).map((cell) => numberOf(cell, `${name}[${i}]`, `${file}:${line}`));
  });
  return {
    values,
    place: file,
    labels: columns > width ? rows.map(({ cells }) => cells[0] as string) : undefined,
  };
}

function uneven(file: string, line: number, wanted: number, got: number): UserError {
  return new UserError(`${file}:${line}: a row must have ${wanted} cells, got ${got}`);
}

function numbersOfJson(value: unknown, name: string, place: string, isGaussian: boolean): Numbers {
  if (isTree(value) && isGaussian) {
    const [mean, std] = ['mean', 'std'].map((key) => [value[key] ?? []].flat());
    if (mean === undefined || std === undefined || mean.length !== std.length || mean.length === 0) {
      throw new UserError(
        `${name} must have "mean" and "std" of the same length, got ${show(value)} (${place})`,
      );
    }
    const pairs = mean.flatMap((_, d) => [
      numberOf(mean[d], `${name}.mean[${d}]`, place),
      numberOf(std[d], `${name}.std[${d}]`, place),
    ]);
    return { values: pairs, place };
  }
  if (!Array.isArray(value) && !isTree(value)) {
    throw new UserError(
      `${name} must be an array of numbers or an object of them, got ${show(value)} (${place})`,
    );
  }
  const labels = isTree(value) ? keysAsWritten(value) : undefined;
  const given = isTree(value) ? keysAsWritten(value).map((key) => value[key]) : value;
  return { values: given.map((each, i) => numberOf(each, `${name}[${i}]`, place)), place, labels };
}

interface Both {
  readonly p: Numbers;
  readonly q: Numbers;
  readonly labels?: Written<readonly string[]> | undefined;
}

/** `{"p": …, "q": …, "labels": […]}`, or a CSV with the columns p and q (pMean, pStd, qMean, qStd), label if any. */
function readFileOfBoth(file: string, isGaussian: boolean): Both {
  if (!isFile(file)) throw new UserError(`--file must end in .json or .csv, got ${file}`);
  requireKind(file, ['distributions', 'text']);
  if (isCsv(file)) return readCsvOfBoth(readTextFile(file, 'file'), file, isGaussian);
  const tree = readJsonFile(file, 'file');
  if (!isTree(tree)) throw new UserError(`${file} must hold an object with "p" and "q", got ${show(tree)}`);
  for (const key of Object.keys(tree)) {
    if (!['p', 'q', 'labels'].includes(key))
      throw new UserError(`${file} has "${shortLine(key)}"; it may have p, q and labels`);
  }
  for (const name of ['p', 'q'])
    if (tree[name] === undefined) throw new UserError(`${file} has no "${name}"`);
  const { labels } = tree;
  if (labels !== undefined && !(Array.isArray(labels) && labels.every((each) => typeof each === 'string'))) {
    throw new UserError(`labels must be an array of texts, got ${show(labels)} (${file})`);
  }
  return {
    p: numbersOfJson(tree.p, 'p', file, isGaussian),
    q: numbersOfJson(tree.q, 'q', file, isGaussian),
    labels: labels && { values: labels as string[], place: file },
  };
}

function readCsvOfBoth(text: string, file: string, isGaussian: boolean): Both {
  const [header, ...rows] = parseCsv(text, file);
  const names = header?.cells ?? [];
  const wanted = isGaussian ? ['pMean', 'pStd', 'qMean', 'qStd'] : ['p', 'q'];
  const missing = wanted.find((name) => !names.includes(name));
  if (missing !== undefined) {
    const got = names.map(shortLine).join(',') || 'nothing';
    throw new UserError(
      `${file} must start with a line of column names, such as label,${wanted.join(',')}; got ${got}`,
    );
  }
  requireDistinctColumns(names, file);
  const unknown = names.find((name) => name !== 'label' && !wanted.includes(name));
  if (unknown !== undefined)
    throw new UserError(
      `${file} has the unknown column ${shortLine(unknown)}; it may have label, ${wanted.join(', ')}`,
    );
  const column = (name: string): string[] =>
    rows.map(({ line, cells }) => {
      if (cells.length !== names.length) throw uneven(file, line, names.length, cells.length);
      return cells[names.indexOf(name)] as string;
    });
  const one = (name: 'p' | 'q'): Numbers => {
    const columns = wanted.filter((each) => each.startsWith(name)).map(column);
    const values = rows.flatMap(({ line }, i) =>
      columns.map((cells) => numberOf(cells[i], `${name}[${i}]`, `${file}:${line}`)),
    );
    return { values, place: file };
  };
  const labels = names.includes('label') ? { values: column('label'), place: file } : undefined;
  return { p: one('p'), q: one('q'), labels };
}
