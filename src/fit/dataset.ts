import { parseCsv, requireDistinctColumns } from '../formats/csv.ts';
import { nearest } from '../config/nearest.ts';
import { show } from '../config/problem.ts';
import { decimal } from '../config/decimal.ts';
import { pathBeside } from '../node/beside.ts';
import { readTextFile } from '../node/text-file.ts';
import { encodeContext } from '../sequence/context.ts';
import { shortLine, UserError } from '../user-error.ts';
import { preferenceDataset } from './preferences.ts';
import type { CheckSizes, Dataset } from './examples.ts';
import type { ModelInput } from './model-file.ts';
import type { FitConfig } from './schema.ts';

export type { CheckSizes, Dataset, DatasetSizes } from './examples.ts';

/** More would not fit where a fit like this makes sense. */
const MOST_NUMBERS = 50_000_000;

/**
 * Reads the data of a config.
 * @param configFile what `data.file` is relative to
 * @param check called before anything large is made
 * @param place where `data.file` is said, for messages
 * @throws UserError
 */
export function loadDataset(
  config: FitConfig,
  configFile: string,
  check: CheckSizes = () => {},
  place = configFile,
): Dataset {
  const { file, table, text, preferences } = config.data;
  const path = pathBeside(configFile, file);
  const content = readData(path, place);
  if (table !== null) return tableDataset(content, path, table, check);
  if (text !== null) return textDataset(content, path, text, check);
  if (preferences !== null) return preferenceDataset(content, path, preferences, check);
  throw new Error('the schema wants one of them');
}

/** @throws UserError that says what named the file, too */
function readData(path: string, place: string): string {
  try {
    return readTextFile(path, 'file');
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    throw new UserError(`data.file: ${error.message} (${place})`);
  }
}

/** @throws UserError for more numbers than a fit can hold */
function requireSize(path: string, count: number, width: number, what: string): void {
  if (count * width <= MOST_NUMBERS) return;
  throw new UserError(`${path} is too large: ${count} examples × ${width} ${what} exceed ${MOST_NUMBERS}`);
}

/** A table: features standardised, targets by class or by counts. */
export function tableDataset(
  content: string,
  path: string,
  { features, target }: NonNullable<FitConfig['data']['table']>,
  check: CheckSizes = () => {},
): Dataset {
  const sizes = { what: `data.file ${path}`, features: features.length, ...cellsOf(content) };
  // How many classes a column has is not known yet.
  check({ ...sizes, classes: Math.max(2, target.length) });
  const [header, ...rows] = parseCsv(content, path);
  const names = header?.cells ?? [];
  requireDistinctColumns(names, path);
  for (const [key, given] of Object.entries({ features, target })) {
    const twice = given.find((name, at) => given.indexOf(name) !== at);
    if (twice !== undefined)
      throw new UserError(`data.table.${key} names the column ${shortLine(twice)} twice (${path})`);
  }
  if (rows.length === 0) throw new UserError(`${path} must hold a line of column names and at least one row`);
  const column = (name: string): string[] => {
    const at = names.indexOf(name);
    if (at < 0) {
      const meant = nearest(name, names);
      const guess =
        meant === undefined
          ? `it has ${names.map(shortLine).join(', ')}`
          : `did you mean ${shortLine(meant)}?`;
      throw new UserError(`${path} has no column ${shortLine(name)}; ${guess}`);
    }
    return rows.map(({ line, cells }) => {
      if (cells.length === names.length) return cells[at] as string;
      throw new UserError(`${path}:${line}: a row must have ${names.length} cells, got ${cells.length}`);
    });
  };
  const numbers = (name: string, least: number): number[] =>
    column(name).map((cell, i) => {
      const value = decimal(cell);
      if (Number.isFinite(value) && value >= least) return value;
      const wanted = least === 0 ? 'a number ≥ 0' : 'a number';
      throw new UserError(
        `${path}:${rows[i]?.line}: ${shortLine(name)} must be ${wanted}, got ${show(cell)}`,
      );
    });
  const lines = Int32Array.from(rows, ({ line }) => line);
  const scaled = features.map((name) => {
    const column = standardized(numbers(name, -Infinity));
    if (column !== undefined) return { name, ...column };
    throw new UserError(
      `${path}: the numbers of column ${shortLine(name)} are too large to be brought to variance 1`,
    );
  });
  const inputs = interleave(scaled.map(({ values }) => values));
  const [only] = target;
  const isHard = target.length === 1 && only !== undefined;
  const { classes, targets } = isHard
    ? oneHot(column(only), path, (found) => check({ ...sizes, classes: found }))
    : {
        classes: target,
        targets: shares(
          target.map((name) => numbers(name, 0)),
          rows,
          path,
        ),
      };
  if (classes.length < 2)
    throw new UserError(
      `${path}: ${shortLine(only)} must have at least 2 classes, got ${classes.map(shortLine).join(', ')}`,
    );
  return {
    count: lines.length,
    inputsPerExample: 1,
    features: features.length,
    columns: scaled.map(({ name, mean, scale }) => ({ name, mean, scale })),
    classes,
    inputs,
    targets,
    weights: new Float64Array(lines.length).fill(1),
    nameOf: (example) => `of line ${lines[example]}`,
  };
}

/** Mean 0 and population standard deviation 1; a constant column becomes 0. Undefined where the variance overflows. */
function standardized(
  values: readonly number[],
): { values: number[]; mean: number; scale: number } | undefined {
  const [first] = values;
  // The mean of equal numbers, rounded, may be another than each of them.
  if (values.every((x) => x === first)) return { values: values.map(() => 0), mean: first, scale: 0 };
  const mean = values.reduce((sum, x) => sum + x, 0) / values.length;
  const variance = values.reduce((sum, x) => sum + (x - mean) * (x - mean), 0) / values.length;
  if (!Number.isFinite(variance)) return undefined;
  const scale = variance === 0 ? 0 : 1 / Math.sqrt(variance);
  return { values: values.map((x) => (x - mean) * scale), mean, scale };
}

/** Columns → rows, one after the other. */
function interleave(columns: readonly (readonly number[])[]): Float32Array {
  const width = columns.length;
  const rows = new Float32Array(width * (columns[0]?.length ?? 0));
  columns.forEach((column, at) => {
    column.forEach((value, i) => {
      rows[i * width + at] = value;
    });
  });
  return rows;
}

/** Cells and rows of a table at most: some of its commas and line breaks may stand in quotes. */
function cellsOf(content: string): { cells: number; count: number } {
  let [cells, count] = [1, 0];
  for (let i = 0; i < content.length; i++) {
    const character = content[i];
    if (character === '\n') count += 1;
    if (character === '\n' || character === ',') cells += 1;
  }
  return { cells, count };
}

function oneHot(
  labels: readonly string[],
  path: string,
  check: (classes: number) => void,
): { classes: string[]; targets: Float64Array } {
  const classes = [...new Set(labels)].sort();
  check(classes.length);
  requireSize(path, labels.length, classes.length, 'classes');
  const index = new Map(classes.map((label, k) => [label, k]));
  const targets = new Float64Array(labels.length * classes.length);
  labels.forEach((label, i) => {
    targets[i * classes.length + (index.get(label) as number)] = 1;
  });
  return { classes, targets };
}

/** Each row of counts divided by its sum. */
function shares(
  columns: readonly (readonly number[])[],
  rows: readonly { readonly line: number }[],
  path: string,
): Float64Array {
  const targets = new Float64Array(rows.length * columns.length);
  rows.forEach(({ line }, i) => {
    const sum = columns.reduce((total, each) => total + (each[i] as number), 0);
    if (sum === 0) throw new UserError(`${path}:${line}: the counts of the classes must not all be 0`);
    if (sum === Infinity)
      throw new UserError(`${path}:${line}: the counts of the classes are too large to add up`);
    columns.forEach((each, k) => {
      targets[i * columns.length + k] = (each[i] as number) / sum;
    });
  });
  return targets;
}

type TextOptions = NonNullable<FitConfig['data']['text']>;

/** One after the other: all at once a long text's characters would take 36 bytes each. */
function* tokensOf(content: string, kind: TextOptions['tokens']): Generator<string> {
  if (kind === 'characters') yield* content;
  else if (kind === 'spaced') for (const [token] of content.matchAll(/\S+/g)) yield token;
  else for (const [word] of content.toLowerCase().matchAll(/[\p{L}\p{M}\p{N}’']+/gu)) yield word;
}

/** Each token's number. @param most tokens there can be */
function sequenceOf(tokens: Iterable<string>, most: number, index: ReadonlyMap<string, number>): Int32Array {
  const sequence = new Int32Array(most);
  let length = 0;
  for (const token of tokens) sequence[length++] = index.get(token) as number;
  return sequence.subarray(0, length);
}

/** One input a token and place: `house, 2 before` is 1 where it stands two tokens before the next. */
function oneHotColumns(classes: readonly string[], context: number): ModelInput[] {
  return Array.from({ length: context }, (_, at) => context - at).flatMap((before) =>
    classes.map((token) => ({ name: `${token}, ${before} before`, mean: 0, scale: 1 })),
  );
}

/** The classes of a text: those that are given, or what it is made of. @throws UserError for a token that is none of them */
function classesOf(content: string, path: string, { tokens: kind, vocabulary }: TextOptions): string[] {
  const found = new Set(tokensOf(content, kind));
  if (vocabulary === null) return [...found].sort();
  const twice = vocabulary.find((token, i) => vocabulary.indexOf(token) !== i);
  if (twice !== undefined)
    throw new UserError(`data.text.vocabulary must have every token once, got ${show(twice)} twice`);
  const known = new Set(vocabulary);
  const other = [...found].find((token) => !known.has(token));
  if (other !== undefined)
    throw new UserError(`${path} has the token ${show(other)}, which data.text.vocabulary has not`);
  return vocabulary;
}

/**
 * A text: every context that occurs is one example, weighted by how often it does; its target is the empirical
 * distribution of the token after it, so that the entropy of the targets is that of the text itself given
 * `context` tokens. Where lines are sequences of their own, the contexts of their first tokens are shorter.
 */
export function textDataset(
  content: string,
  path: string,
  options: TextOptions,
  check: CheckSizes = () => {},
): Dataset {
  const { tokens: kind, context, lines } = options;
  const classes = classesOf(content, path, options);
  const index = new Map(classes.map((token, k) => [token, k]));
  const sequences = (lines ? content.split(/\r?\n/) : [content]).map((text) =>
    sequenceOf(tokensOf(text, kind), text.length, index),
  );
  const first = lines ? 0 : context;
  const occurrences = sequences.reduce((sum, { length }) => sum + Math.max(0, length - first), 0);
  if (occurrences === 0 || classes.length < 2) {
    throw new UserError(`${path} must hold more than ${first} ${NAMES[kind]}, and at least 2 different ones`);
  }
  const examples = new Map<string, number>();
  const exampleAt = new Int32Array(occurrences);
  let at = 0;
  forEachNext(sequences, first, (sequence, t) => {
    const key = sequence.subarray(Math.max(0, t - context), t).join(' ');
    const example = examples.get(key) ?? examples.size;
    if (example === examples.size) {
      requireSize(path, example + 1, classes.length, 'classes');
      examples.set(key, example);
    }
    exampleAt[at++] = example;
  });
  const contexts = [...examples.keys()].map((key) => (key === '' ? [] : key.split(' ').map(Number)));
  const features = context * classes.length;
  requireSize(path, contexts.length, features, 'inputs');
  check({
    what: `data.file ${path}`,
    count: contexts.length,
    features,
    classes: classes.length,
    cells: 0,
  });
  const inputs = new Float32Array(contexts.length * features);
  contexts.forEach((each, i) => {
    const row = inputs.subarray(i * features, (i + 1) * features);
    encodeContext(each, each.length, context, classes.length, row);
  });
  const targets = new Float64Array(contexts.length * classes.length);
  const totals = new Float64Array(contexts.length);
  at = 0;
  forEachNext(sequences, first, (sequence, t) => {
    const example = exampleAt[at++];
    targets[example * classes.length + sequence[t]] += 1;
    totals[example] += 1;
  });
  for (let k = 0; k < targets.length; k++) targets[k] /= totals[Math.floor(k / classes.length)];
  return {
    count: contexts.length,
    inputsPerExample: 1,
    features,
    columns: oneHotColumns(classes, context),
    classes,
    inputs,
    targets,
    weights: Float64Array.from(totals, (total) => (total * contexts.length) / occurrences),
    nameOf: (example) =>
      `after “${(contexts[example] ?? []).map((token) => classes[token]).join(kind === 'characters' ? '' : ' ')}”`,
  };
}

/** What messages call several tokens. */
const NAMES: Readonly<Record<TextOptions['tokens'], string>> = {
  words: 'words',
  characters: 'characters',
  spaced: 'tokens',
};

/** Visits every token that is a target: the t-th of a sequence, from the first-th on. */
function forEachNext(
  sequences: readonly Int32Array[],
  first: number,
  visit: (sequence: Int32Array, t: number) => void,
): void {
  for (const sequence of sequences) for (let t = first; t < sequence.length; t++) visit(sequence, t);
}
