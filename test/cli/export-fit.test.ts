import { existsSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as ort from 'onnxruntime-web';
import { beforeAll, describe, expect, test } from 'vitest';
import { evaluateCommand } from '../../src/cli/commands/evaluate.ts';
import { exportCommand } from '../../src/cli/commands/export.ts';
import { importCommand } from '../../src/cli/commands/import.ts';
import { fitModel } from '../../src/fit/fit.ts';
import { loadDataset } from '../../src/fit/dataset.ts';
import { loadFit } from '../../src/fit/load.ts';
import { loadEngine } from '../../src/node/load-engine.ts';
import { importPolicy } from '../../src/exchange/import-policy.ts';
import { classifierGraphOf } from '../../src/exchange/policy-graph.ts';
import { readNpz } from '../../src/exchange/npz.ts';
import { readZip } from '../../src/exchange/zip.ts';
import { createRun } from '../../src/run/run-directory.ts';
import { runCommand } from './run-command.ts';

const folder = mkdtempSync(join(tmpdir(), 'leash-export-fit-'));
/** Features far from 0 and of other sizes, one that never changes: the sum of thirty 0.1 is not 3. */
const rows = Array.from({ length: 30 }, (_, i) => [100 + i, 0.001 * ((7 * i) % 11), 0.1]);
const kinds = rows.map((_, i) => (i % 3 === 0 ? 'rose' : i < 15 ? 'lily' : 'iris'));

let run: string;
let expected: Float64Array;

beforeAll(async () => {
  const table = rows.map((row, i) => [...row, kinds[i]].join(',')).join('\n');
  writeFileSync(join(folder, 'flowers.csv'), `a,b,c,kind\n${table}\n`);
  const file = join(folder, 'fit.json');
  const data = { file: 'flowers.csv', table: { features: ['a', 'b', 'c'], target: ['kind'] } };
  writeFileSync(file, JSON.stringify({ data, network: { hidden: [5] }, epochs: 20, engine: 'reference' }));
  const config = loadFit(file, []);
  const directory = createRun(folder, 'fit', config);
  const engine = await loadEngine(config.engine);
  const { logProbs } = await fitModel({ config, dataset: loadDataset(config, file), engine, directory });
  run = directory.path;
  expected = logProbs;
});

const exported = async (format: string, name = 'model.'): Promise<string> => {
  const out = join(folder, `${name}${format}`);
  expect(await runCommand(exportCommand, { RUN: run, format, out })).toBe(0);
  return out;
};

/** Largest difference of log Q, over all rows and classes. */
function distance(logits: readonly (readonly number[])[]): number {
  return Math.max(
    ...logits.flatMap((row, i) => {
      const sum = Math.log(row.reduce((total, z) => total + Math.exp(z), 0));
      return row.map((z, k) => Math.abs(z - sum - (expected[i * row.length + k] as number)));
    }),
  );
}

interface Layer {
  weight: number[][];
  bias: number[];
}

const forward = (layers: readonly Layer[], seen: readonly number[]): number[] =>
  layers.reduce((x: readonly number[], { weight, bias }, l) => {
    const z = bias.map((b, o) => x.reduce((sum, v, i) => sum + v * (weight[i]?.[o] ?? 0), b));
    return l === layers.length - 1 ? z : z.map(Math.tanh);
  }, seen) as number[];

describe('what leash fit came to, for other tools: it takes the columns as they stand in the table', () => {
  test('json', async () => {
    const model = JSON.parse(readFileSync(await exported('json'), 'utf8'));
    expect(model).toMatchObject({
      format: 'leash-model-json-1',
      head: 'categorical',
      activation: 'tanh',
      inputs: ['a', 'b', 'c'],
      classes: ['iris', 'lily', 'rose'],
    });
    expect(distance(rows.map((row) => forward(model.layers, row)))).toBeLessThan(1e-4);
  });

  test.each(['json', 'npz', 'tfjs'])('of %s leash makes no policy', async (format) => {
    const out = await exported(format, 'other.');
    const MODEL = format === 'tfjs' ? join(out, 'model.json') : out;
    const file = join(folder, 'policy.safetensors');
    const refusal = 'is a classifier that leash export wrote for other tools, not a';
    await expect(runCommand(importCommand, { MODEL, out: file })).rejects.toThrow(`${MODEL} ${refusal}`);
    expect(() => importPolicy(MODEL, {})).toThrow(`${MODEL} ${refusal} policy`);
    expect(existsSync(file)).toBe(false);
  });

  test('a column whose weights float32 does not hold is named', () => {
    const shape = { inputs: 2, hidden: [], outputs: 1, activation: 'tanh', logStd: 0 } as const;
    const graphOf = (mean: number, scale: number) =>
      classifierGraphOf(
        { shape, parameters: Float32Array.of(1, 1, 0) },
        [
          { name: 'a', mean: 0, scale: 1 },
          { name: 'b', mean, scale },
        ],
        ['x'],
      );
    expect(graphOf(1, 1e30).layers[0]?.bias[0]).toBe(-Math.fround(1e30));
    for (const [mean, scale] of [
      [1, 1e39],
      [1e20, 1e20],
    ] as const)
      expect(() => graphOf(mean, scale)).toThrow(
        `column b has mean ${mean} and standard deviation ${1 / scale}: float32 does not hold`,
      );
  });

  test('onnx', async () => {
    const bytes = readFileSync(await exported('onnx'));
    const session = await ort.InferenceSession.create(bytes);
    const observation = new ort.Tensor('float32', Float32Array.from(rows.flat()), [rows.length, 3]);
    const { logits } = await session.run({ observation });
    const values = logits?.data as Float32Array;
    expect(distance(rows.map((_, i) => [...values.slice(3 * i, 3 * i + 3)]))).toBeLessThan(1e-4);
    expect(bytes.includes('["iris","lily","rose"]')).toBe(true);
  });

  test('npz and tfjs', async () => {
    const { arrays, words } = readNpz(readZip(readFileSync(await exported('npz'))));
    expect(words.get('format')).toBe('leash-model-npz-1');
    expect(JSON.parse(words.get('classes') ?? '')).toEqual(['iris', 'lily', 'rose']);
    expect(arrays.get('hidden.0.weight')?.shape).toEqual([3, 5]);
    expect([...arrays.keys()].some((name) => name.startsWith('value'))).toBe(false);
    const model = JSON.parse(readFileSync(join(await exported('tfjs'), 'model.json'), 'utf8'));
    expect(model.userDefinedMetadata.leash.classes).toEqual(['iris', 'lily', 'rose']);
  });

  test('a damaged model is refused, and a model is no policy', async () => {
    const file = join(run, 'model.safetensors');
    const bytes = readFileSync(file);
    const flipped = Buffer.from(bytes);
    flipped[flipped.length - 2] = (flipped.at(-2) ?? 0) ^ 1;
    writeFileSync(file, flipped);
    const said = { RUN: run, format: 'json', out: join(folder, 'y') };
    await expect(runCommand(exportCommand, said)).rejects.toThrow('is not the model that its run ended with');
    writeFileSync(file, bytes);
    await expect(runCommand(exportCommand, { ...said, best: true })).rejects.toThrow(
      '--best is for a run of leash train',
    );
    await expect(runCommand(evaluateCommand, { RUN: file, env: 'CartPole-v1' })).rejects.toThrow(
      `${file} is what leash fit came to, no policy`,
    );
  });
});
