import { nearest } from '../config/nearest.ts';
import { show } from '../config/problem.ts';
import { parseCsv } from '../formats/csv.ts';
import { encodeContext } from '../sequence/context.ts';
import { wordsOf } from '../sequence/words.ts';
import { UserError } from '../user-error.ts';
import type { CheckSizes, Dataset } from './examples.ts';
import type { FitConfig } from './schema.ts';

type PreferenceOptions = NonNullable<FitConfig['data']['preferences']>;

/** What a file of preferences has columns for. */
const COLUMNS = ['prompt', 'chosen', 'rejected'] as const;

/**
 * Pairs of answers to a prompt, of which one was preferred, for a Bradley–Terry model: P(a over b) = σ(r(a) − r(b)), a
 * softmax over the two rewards [Bradley & Terry 1952; arXiv 2305.18290, eq. 1 and 2]. Each pair that occurs is one example,
 * weighted by how often it does; its target is the share of the times that each of the two was chosen, so that the
 * entropy of the targets is that of the annotators' disagreement.
 */
export function preferenceDataset(
  content: string,
  path: string,
  { context, vocabulary }: PreferenceOptions,
  check: CheckSizes = () => {},
): Dataset {
  const [header, ...rows] = parseCsv(content, path);
  if (header?.cells.join() !== COLUMNS.join())
    throw new UserError(
      `${path} must begin with the line ${COLUMNS.join()}, got ${show(header?.cells.join() ?? '')}`,
    );
  if (rows.length === 0) throw new UserError(`${path} must hold at least one pair`);
  const twice = vocabulary.find((token, i) => vocabulary.indexOf(token) !== i);
  if (twice !== undefined)
    throw new UserError(`data.preferences.vocabulary must have every token once, got ${show(twice)} twice`);
  const index = new Map(vocabulary.map((token, v) => [token, v]));
  const tokensOf = (text: string, line: number): number[] =>
    wordsOf(text).map((word) => {
      const token = index.get(word);
      if (token !== undefined) return token;
      const meant = nearest(word, vocabulary);
      const guess = meant === undefined ? '' : `; did you mean ${show(meant)}?`;
      throw new UserError(
        `${path}:${line}: ${show(word)} is no token of data.preferences.vocabulary${guess}`,
      );
    });
  const pairs = new Map<string, { line: number; answers: number[][]; words: string[]; chosen: number[] }>();
  for (const { line, cells } of rows) {
    if (cells.length !== COLUMNS.length)
      throw new UserError(`${path}:${line}: a row must have ${COLUMNS.length} cells, got ${cells.length}`);
    const [prompt = '', chosen = '', rejected = ''] = cells.map((cell) => wordsOf(cell).join(' '));
    if (chosen === rejected)
      throw new UserError(`${path}:${line}: chosen and rejected are the same answer, ${show(chosen)}`);
    const words = [chosen, rejected].sort();
    const key = [prompt, ...words].join('\n');
    const known = pairs.get(key);
    const pair = known ?? {
      line,
      words: [prompt, ...words],
      answers: words.map((answer) => tokensOf(`${prompt} ${answer}`, line)),
      chosen: [0, 0],
    };
    pair.chosen[words.indexOf(chosen)] = (pair.chosen[words.indexOf(chosen)] ?? 0) + 1;
    pairs.set(key, pair);
  }
  const examples = [...pairs.values()];
  const features = context * vocabulary.length;
  check({
    what: `data.file ${path}`,
    count: examples.length,
    features: 2 * features,
    classes: 2,
    cells: 3 * rows.length,
  });
  const inputs = new Float32Array(examples.length * 2 * features);
  const targets = new Float64Array(examples.length * 2);
  const weights = new Float64Array(examples.length);
  examples.forEach(({ answers, chosen }, i) => {
    const [first = 0, second = 0] = chosen;
    answers.forEach((tokens, a) => {
      const at = (2 * i + a) * features;
      encodeContext(tokens, tokens.length, context, vocabulary.length, inputs.subarray(at, at + features));
    });
    targets.set([first / (first + second), second / (first + second)], 2 * i);
    weights[i] = ((first + second) * examples.length) / rows.length;
  });
  return {
    count: examples.length,
    inputsPerExample: 2,
    features,
    columns: [],
    classes: ['first', 'second'],
    inputs,
    targets,
    weights,
    nameOf(example) {
      const [prompt, first, second] = examples[example]?.words ?? [];
      return `of “${first}” and “${second}” after “${prompt}”`;
    },
  };
}
