import { dirname, join } from 'node:path';
import { parseCsv, requireDistinctColumns } from '../formats/csv.ts';
import { nearest } from '../config/nearest.ts';
import { readTextFile } from '../config/text-file.ts';
import { UserError } from '../user-error.ts';
import type { FitConfig } from './schema.ts';

/** Examples to fit: of each what the model sees and the distribution it should give. */
export interface Dataset {
  /** N: examples. */
  readonly count: number;
  /** D: width of one input. */
  readonly features: number;
  /** Names of the K classes. */
  readonly classes: readonly string[];
  /** [N, D] */
  readonly inputs: Float32Array;
  /** P [N, K]: rows that sum to 1. */
  readonly targets: Float64Array;
  /** [N]: how often an example counts; mean 1. */
  readonly weights: Float64Array;
  /** Of which example: `after “the”`, `of line 5`. */
  nameOf(example: number): string;
}

/** More would not fit where a fit like this makes sense. */
const MOST_NUMBERS = 50_000_000;

/** Reads the data of a config. @param configFile what `data.file` is relative to @throws UserError */
export function loadDataset(config: FitConfig, configFile: string): Dataset {
  const { file, table, text } = config.data;
  const path = join(dirname(configFile), file);
  const content = readData(path, configFile);
  if (table !== null) return tableDataset(content, path, table);
  if (text !== null) return textDataset(content, path, text);
  throw new Error('the schema wants either table or text');
}

/** @throws UserError that says which config named the file, too */
function readData(path: string, configFile: string): string {
  try {
    return readTextFile(path, 'file');
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    throw new UserError(`data.file: ${error.message} (${configFile})`);
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
): Dataset {
  const [header, ...rows] = parseCsv(content, path);
  const names = header?.cells ?? [];
  requireDistinctColumns(names, path);
  for (const [key, given] of Object.entries({ features, target })) {
    const twice = given.find((name, at) => given.indexOf(name) !== at);
    if (twice !== undefined)
      throw new UserError(`data.table.${key} names the column ${twice} twice (${path})`);
  }
  if (rows.length === 0) throw new UserError(`${path} must hold a line of column names and at least one row`);
  const column = (name: string): string[] => {
    const at = names.indexOf(name);
    if (at < 0) {
      const meant = nearest(name, names);
      const guess = meant === undefined ? `it has ${names.join(', ')}` : `did you mean ${meant}?`;
      throw new UserError(`${path} has no column ${name}; ${guess}`);
    }
    return rows.map(({ line, cells }) => {
      if (cells.length === names.length) return cells[at] as string;
      throw new UserError(`${path}:${line}: a row must have ${names.length} cells, got ${cells.length}`);
    });
  };
  const numbers = (name: string, least: number): number[] =>
    column(name).map((cell, i) => {
      const value = cell === '' ? Number.NaN : Number(cell);
      if (Number.isFinite(value) && value >= least) return value;
      const wanted = least === 0 ? 'a number ≥ 0' : 'a number';
      throw new UserError(`${path}:${rows[i]?.line}: ${name} must be ${wanted}, got ${JSON.stringify(cell)}`);
    });
  const inputs = interleave(
    features.map((name) => {
      const values = standardized(numbers(name, -Infinity));
      if (values !== undefined) return values;
      throw new UserError(`${path}: the numbers of column ${name} are too large to be brought to variance 1`);
    }),
  );
  const [only] = target;
  const isHard = target.length === 1 && only !== undefined;
  const { classes, targets } = isHard
    ? oneHot(column(only), path)
    : {
        classes: target,
        targets: shares(
          target.map((name) => numbers(name, 0)),
          rows,
          path,
        ),
      };
  if (classes.length < 2)
    throw new UserError(`${path}: ${only} must have at least 2 classes, got ${classes.join(', ')}`);
  return {
    count: rows.length,
    features: features.length,
    classes,
    inputs: Float32Array.from(inputs),
    targets,
    weights: new Float64Array(rows.length).fill(1),
    nameOf: (example) => `of line ${rows[example]?.line}`,
  };
}

/** Mean 0 and population standard deviation 1; a constant column becomes 0. Undefined where the variance overflows. */
function standardized(values: readonly number[]): number[] | undefined {
  const mean = values.reduce((sum, x) => sum + x, 0) / values.length;
  const variance = values.reduce((sum, x) => sum + (x - mean) * (x - mean), 0) / values.length;
  if (!Number.isFinite(variance)) return undefined;
  const scale = variance === 0 ? 0 : 1 / Math.sqrt(variance);
  return values.map((x) => (x - mean) * scale);
}

/** Columns → rows, one after the other. */
function interleave(columns: readonly (readonly number[])[]): number[] {
  return (columns[0] ?? []).flatMap((_, i) => columns.map((each) => each[i] as number));
}

function oneHot(labels: readonly string[], path: string): { classes: string[]; targets: Float64Array } {
  const classes = [...new Set(labels)].sort();
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

/**
 * A text: every context that occurs is one example, weighted by how often it does; its target is the empirical
 * distribution of the token after it, so that the entropy of the targets is that of the text itself given
 * `context` tokens.
 */
export function textDataset(
  content: string,
  path: string,
  { tokens: kind, context }: NonNullable<FitConfig['data']['text']>,
): Dataset {
  const tokens = kind === 'words' ? (content.toLowerCase().match(/[\p{L}\p{M}’']+/gu) ?? []) : [...content];
  const classes = [...new Set(tokens)].sort();
  if (tokens.length <= context || classes.length < 2) {
    throw new UserError(`${path} must hold more than ${context} ${kind}, and at least 2 different ones`);
  }
  const index = new Map(classes.map((token, k) => [token, k]));
  const sequence = tokens.map((token) => index.get(token) as number);
  const counts = new Map<string, Float64Array>();
  for (let t = context; t < sequence.length; t++) {
    const key = sequence.slice(t - context, t).join(' ');
    if (!counts.has(key)) requireSize(path, counts.size + 1, classes.length, 'classes');
    const following = counts.get(key) ?? new Float64Array(classes.length);
    following[sequence[t] as number] += 1;
    counts.set(key, following);
  }
  const contexts = [...counts.keys()].map((key) => key.split(' ').map(Number));
  const features = context * classes.length;
  requireSize(path, contexts.length, features, 'inputs');
  const inputs = new Float32Array(contexts.length * features);
  contexts.forEach((each, i) => {
    each.forEach((token, position) => {
      inputs[i * features + position * classes.length + token] = 1;
    });
  });
  const totals = [...counts.values()].map((following) => following.reduce((sum, each) => sum + each, 0));
  const occurrences = tokens.length - context;
  const targets = new Float64Array(contexts.length * classes.length);
  [...counts.values()].forEach((following, i) => {
    targets.set(
      following.map((each) => each / (totals[i] as number)),
      i * classes.length,
    );
  });
  return {
    count: contexts.length,
    features,
    classes,
    inputs,
    targets,
    weights: Float64Array.from(totals, (total) => (total * contexts.length) / occurrences),
    nameOf: (example) =>
      `after “${(contexts[example] ?? []).map((token) => classes[token]).join(kind === 'words' ? ' ' : '')}”`,
  };
}
