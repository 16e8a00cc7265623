import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Dataset, loadDataset, tableDataset, textDataset } from '../../src/fit/dataset.ts';
import { type FitRow, fitFields } from '../../src/row/fit.ts';
import { type Fit, fitModel } from '../../src/fit/fit.ts';
import { loadFit } from '../../src/fit/load.ts';
import { loadEngine } from '../../src/node/load-engine.ts';
import { parseAssignment } from '../../src/config/load.ts';
import { parametersSha256 } from '../../src/node/policy.ts';
import { decodePolicy } from '../../src/run/policy-file.ts';
import { createRun } from '../../src/run/run-directory.ts';
import { loadRun } from '../../src/node/read-run.ts';
import { makeFlowers } from './flowers.ts';

const configs = new URL('../../configs/', import.meta.url).pathname;
const files = readdirSync(configs).filter((file) => /^fit-(?!schema).*\.json$/.test(file));

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'leash-fit-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

async function run(
  file: string,
  name: string,
  ...set: string[]
): Promise<Fit & { rows: FitRow[]; path: string; text: string }> {
  const config = loadFit(join(configs, file), set.map(parseAssignment));
  const dataset = loadDataset(config, join(configs, file));
  const engine = await loadEngine(config.engine);
  const directory = createRun(folder, name, config);
  const done = await fitModel({ config, dataset, engine, directory });
  const text = readFileSync(join(directory.path, 'metrics.jsonl'), 'utf8');
  const rows = text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as FitRow);
  return { ...done, rows, path: directory.path, text };
}

describe.each(files)('%s', (file) => {
  it('is fitted so that H(P,Q) and KL(P‖Q) fall together, H(P) apart in every epoch', async () => {
    const { rows, record } = await run(file, `curves-${file}`);
    expect(rows).toHaveLength(record.updatesPlanned);
    expect(rows.map(({ update }) => update)).toEqual(rows.map((_, i) => i + 1));
    for (const { crossEntropy, entropyOfTarget, kl } of rows) {
      expect(entropyOfTarget).toBe(rows[0]?.entropyOfTarget);
      expect(crossEntropy - kl).toBeCloseTo(entropyOfTarget, 12);
    }
    expect(record.final.kl).toBeLessThan(0.25 * record.initial.kl);
    expect(record.final.accuracy).toBeGreaterThan(0.9 * record.bestAccuracy);
    expect(Object.keys(rows[0] ?? {})).toEqual(fitFields.map(({ name }) => name));
  });

  it('gives the same bytes again, and others with another seed', async () => {
    const short = ['epochs=3'];
    const [a, b] = [await run(file, `a-${file}`, ...short), await run(file, `b-${file}`, ...short)];
    expect(b.text).toBe(a.text);
    expect(b.record.parametersSha256).toBe(a.record.parametersSha256);
    const other = await run(file, `c-${file}`, ...short, 'seed=1');
    expect(other.text).not.toBe(a.text);
  });

  it('agrees between the wasm and the reference engine to float32 rounding', async () => {
    const [wasm, reference] = [
      await run(file, `wasm-${file}`, 'epochs=3', 'engine=wasm'),
      await run(file, `reference-${file}`, 'epochs=3', 'engine=reference'),
    ];
    wasm.rows.forEach(({ crossEntropy, gradientNorm }, i) => {
      expect(reference.rows[i]?.crossEntropy).toBeCloseTo(crossEntropy, 5);
      expect(reference.rows[i]?.gradientNorm).toBeCloseTo(gradientNorm, 5);
    });
  });

  it('says what it is for and names the schema', () => {
    const { description, $schema } = loadFit(join(configs, file), []);
    expect(description).not.toBe('');
    expect($schema).toBe('./fit-schema.json');
  });
});

it('hard targets have no entropy, votes and next words have', async () => {
  const entropy = async (file: string): Promise<number> =>
    (await run(file, `entropy-${file}`, 'epochs=1')).record.final.entropyOfTarget;
  expect(await entropy('fit-flowers.json')).toBe(0);
  expect(await entropy('fit-flowers-votes.json')).toBeGreaterThan(0.2);
  expect(await entropy('fit-next-word.json')).toBeGreaterThan(0.9);
});

it('the base model that ships is what its config comes to, a policy of its tokens', async () => {
  const shipped = readFileSync(join(configs, 'models/capitals-base.safetensors'));
  const { path, record } = await run('fit-capitals.json', 'base');
  expect(readFileSync(join(path, 'policy.safetensors')).equals(shipped)).toBe(true);
  const stored = decodePolicy(shipped, 'it');
  expect(record.parametersSha256).toBe(parametersSha256(stored));
  expect(stored.value).toBeUndefined();
  expect(stored.tokens?.slice(-2)).toEqual(['Kyoto', 'Cheese']);
  expect(record.final.kl).toBeLessThan(3e-4);
});

it('a fit of a table writes no policy', async () => {
  const { path } = await run('fit-flowers.json', 'table', 'epochs=1');
  expect(readdirSync(path)).not.toContain('policy.safetensors');
});

it('a fit is no policy that could be evaluated', async () => {
  const { path } = await run('fit-flowers.json', 'no-policy', 'epochs=1');
  expect(() => loadRun(path)).toThrow(`${path} is a run of leash fit: it holds no policy`);
  const words = await run('fit-next-word.json', 'words', 'epochs=1');
  expect(() => loadRun(words.path)).toThrow(
    `${words.path} is a run of leash fit, which has no environment; its policy is the file ${words.path}/policy.safetensors: network.initialWeights of a TokenTask takes it, leash evaluate with --config FILE`,
  );
});

it('an aborted fit ends as interrupted with the rows it has', async () => {
  const config = loadFit(join(configs, 'fit-flowers.json'), []);
  const dataset = loadDataset(config, join(configs, 'fit-flowers.json'));
  const directory = createRun(folder, 'aborted', config);
  const controller = new AbortController();
  const onEpoch = ({ update }: FitRow): void => {
    if (update === 2) controller.abort();
  };
  const engine = await loadEngine('reference');
  const { record } = await fitModel({
    config,
    dataset,
    engine,
    directory,
    signal: controller.signal,
    onEpoch,
  });
  expect([record.status, record.updates]).toEqual(['interrupted', 2]);
});

const TEXT = { tokens: 'words', context: 1, lines: false, vocabulary: null } as const;

describe('data', () => {
  it('configs/data/flowers.csv is what test/fit/flowers.ts makes', () => {
    expect(readFileSync(join(configs, 'data/flowers.csv'), 'utf8')).toBe(makeFlowers());
  });

  it('a text becomes one example a context, weighted by how often it comes', () => {
    const { count, classes, targets, weights, inputs, nameOf } = textDataset('A b a C, a b!', 'x', TEXT);
    expect(classes).toEqual(['a', 'b', 'c']);
    expect(Array.from({ length: count }, (_, i) => nameOf(i))).toEqual([
      'after “a”',
      'after “b”',
      'after “c”',
    ]);
    // a is followed by b, c, b; b by a; c by a.
    expect([...targets].map((p) => Number(p.toFixed(4)))).toEqual([0, 0.6667, 0.3333, 1, 0, 0, 1, 0, 0]);
    expect([...inputs]).toEqual([1, 0, 0, 0, 1, 0, 0, 0, 1]);
    expect([...weights].map((w) => Number(w.toFixed(4)))).toEqual([1.8, 0.6, 0.6]);
  });

  it('words may have digits, or be numbers', () => {
    const { classes } = textDataset('Year 1999, w17: ٣ and x²’s year', 'x', TEXT);
    expect(classes).toEqual(['1999', 'and', 'w17', 'x²’s', 'year', '٣']);
  });

  it('characters with a longer context have one block of inputs for each position', () => {
    const { features, classes, nameOf, inputs } = textDataset('abca', 'x', {
      ...TEXT,
      tokens: 'characters',
      context: 2,
    });
    expect([features, classes.length, nameOf(0), nameOf(1)]).toEqual([6, 3, 'after “ab”', 'after “bc”']);
    expect([...inputs.subarray(0, 6)]).toEqual([1, 0, 0, 0, 1, 0]);
  });

  it('lines of their own begin with nothing before them, and nothing goes from one to the next', () => {
    const { count, classes, targets, weights, inputs, nameOf } = textDataset('b A\r\n\nb c\n', 'x', {
      tokens: 'spaced',
      context: 2,
      lines: true,
      vocabulary: ['c', 'b', 'A'],
    });
    expect(classes).toEqual(['c', 'b', 'A']);
    expect(Array.from({ length: count }, (_, i) => nameOf(i))).toEqual(['after “”', 'after “b”']);
    expect([...targets]).toEqual([0, 1, 0, 0.5, 0, 0.5]);
    expect([...weights]).toEqual([1, 1]);
    expect([...inputs]).toEqual([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0]);
  });

  it('features are standardised, counts become shares', () => {
    const table = tableDataset('x,a,b\n1,3,1\n3,0,2\n', 'x', { features: ['x'], target: ['a', 'b'] });
    expect([...table.inputs]).toEqual([-1, 1]);
    expect([...table.targets]).toEqual([0.75, 0.25, 0, 1]);
  });

  const read = (content: string, target = ['kind']): Dataset =>
    tableDataset(content, 'x.csv', { features: ['x'], target });
  it.each<[() => unknown, string]>([
    [() => read('x,kind\n1,a\nz,b\n'), 'x.csv:3: x must be a number, got "z"'],
    [() => read('x,kind\n1,a\n,b\n'), 'x.csv:3: x must be a number, got ""'],
    [() => read('x,kind\n1,a\n2\n'), 'x.csv:3: a row must have 2 cells, got 1'],
    [() => read('y,kind\n1,a\n2,b\n'), 'x.csv has no column x; it has y, kind'],
    [() => read('x,kinds\n1,a\n2,b\n'), 'x.csv has no column kind; did you mean kinds?'],
    [() => read('x,kind\n1,a\n2,a\n'), 'x.csv: kind must have at least 2 classes, got a'],
    [() => read('x,kind\n'), 'x.csv must hold a line of column names and at least one row'],
    [() => read('x,a,b\n1,-1,2\n', ['a', 'b']), 'x.csv:2: a must be a number ≥ 0, got "-1"'],
    [() => read('x,a,b\n1,0,0\n', ['a', 'b']), 'x.csv:2: the counts of the classes must not all be 0'],
    [
      () => textDataset('one one', 'x.txt', TEXT),
      'x.txt must hold more than 1 words, and at least 2 different ones',
    ],
    [
      () => textDataset('one two', 'x.txt', { ...TEXT, vocabulary: ['one', 'too'] }),
      'x.txt has the token "two", which data.text.vocabulary has not',
    ],
    [
      () => textDataset('one two', 'x.txt', { ...TEXT, vocabulary: ['one', 'two', 'one'] }),
      'data.text.vocabulary must have every token once, got "one" twice',
    ],
    [
      () => textDataset('\n \n', 'x.txt', { ...TEXT, lines: true, tokens: 'spaced' }),
      'x.txt must hold more than 0 tokens, and at least 2 different ones',
    ],
  ])('a mistake is named with its line: %s', (action, message) => {
    expect(action).toThrow(message);
  });
});

const page = readFileSync(new URL('../../docs/metrics.md', import.meta.url), 'utf8');

it.each(fitFields.map((f) => [f.name, f] as const))('docs/metrics.md defines %s as the code does', (_, f) => {
  expect(page).toContain(`| \`${f.name}\` | ${f.unit} | ${f.meaning} |`);
});

describe('configs of fits', () => {
  const load = (content: object, ...set: string[]): unknown => {
    const file = join(
      folder,
      `${createHash('sha256')
        .update(JSON.stringify([content, set]))
        .digest('hex')}.json`,
    );
    writeFileSync(file, JSON.stringify(content));
    return loadFit(file, set.map(parseAssignment));
  };
  const data = { file: 'x.csv', table: { features: ['x'], target: ['kind'] } };
  it.each<[object, string[], string | RegExp]>([
    [{ data: { file: 'x.csv' } }, [], 'data must have either table, text or preferences'],
    [{ data: { ...data, text: {} } }, [], 'data must have either table, text or preferences'],
    [{ data, epochs: 0 }, [], /^epochs must be an integer in \[1, 1000000\], got 0/],
    [{ data, epoch: 5 }, [], /^epoch is not a setting; did you mean epochs\?/],
    [
      { data },
      ['optimizer.learningRate=-1'],
      /^optimizer\.learningRate must be in \(0, 10\], got -1 \(--set/,
    ],
    [{}, [], /^data must be an object, but is missing/],
  ])('%j %j is answered by one line', (content, set, message) => {
    expect(() => load(content, ...set)).toThrow(message);
  });

  it('a data file that is not there is named', () => {
    const config = load({ data }) as Parameters<typeof loadDataset>[0];
    expect(() => loadDataset(config, 'configs/here.json')).toThrow(
      `data.file: there is no file configs/x.csv; looked for ${resolve('configs/x.csv')} (configs/here.json)`,
    );
  });
});
