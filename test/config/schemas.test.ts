import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { beforeAll, describe, expect, test } from 'vitest';
import { inspectFile } from '../../src/cli/inspected-file.ts';
import {
  publishedFile,
  type PublishedKind,
  publishedKinds,
  publishedSchemas,
} from '../../src/cli/published-schema.ts';

const root = new URL('../../', import.meta.url).pathname;
const configs = join(root, 'configs');
const folder = mkdtempSync(join(tmpdir(), 'leash-schemas-'));
const read = (path: string): unknown => JSON.parse(readFileSync(path, 'utf8'));

const ajv = new Ajv2020({ strict: false, allErrors: true });
const validate = Object.fromEntries(
  publishedKinds.map((kind) => [kind, ajv.compile(read(join(configs, publishedFile(kind))) as object)]),
) as Record<PublishedKind, ReturnType<typeof ajv.compile>>;

beforeAll(() => {
  mkdirSync(join(folder, 'data'));
  for (const file of [
    'cart-pole-clip-4x128.json',
    'cart-pole-trpo.json',
    'quickstart.json',
    'data/flowers.csv',
  ])
    copyFileSync(join(configs, file), join(folder, file));
});

test.each(publishedKinds)('configs/ has the schema that leash config schema --kind %s prints', (kind) => {
  expect(read(join(configs, publishedFile(kind)))).toEqual(
    JSON.parse(JSON.stringify(publishedSchemas[kind]())),
  );
});

const shipped = [configs, join(configs, 'studies')].flatMap((at) =>
  readdirSync(at)
    .filter((name) => /^(?!.*schema\.json$).*\.json$/.test(name))
    .map((name) => join(at, name)),
);

test.each(shipped)('%s names the schema of its kind, and passes it', (path) => {
  const { $schema, ...written } = read(path) as { $schema: string } & Record<string, unknown>;
  const kind: PublishedKind =
    'configs' in written ? 'study' : 'parameters' in written ? 'sweep' : 'data' in written ? 'fit' : 'config';
  expect(resolve(dirname(path), $schema)).toBe(join(configs, publishedFile(kind)));
  expect(validate[kind]({ $schema, ...written }), ajv.errorsText(validate[kind].errors)).toBe(true);
});

const env = { environment: { id: 'CartPole-v1' } };
const lake = { environment: { id: 'FrozenLake-v1' } };
const table = { features: ['length'], target: ['species'] };
const data = { file: 'data/flowers.csv', table };
const base = 'cart-pole-clip-4x128.json';
const parameters = { 'objective.clipRange': [0.1, 0.2] };

/** What both the command and the schema take. */
const right: Record<PublishedKind, object[]> = {
  config: [
    env,
    {
      ...env,
      $schema: './schema.json',
      objective: { kind: 'klPenalty', beta: 2, adapt: { rule: 'ziegler', horizon: 9 } },
    },
    { ...env, objective: { clipRange: { schedule: 'cosine', from: 0.2 } } },
    { ...env, checkpoint: { everyUpdates: 3, everySeconds: null } },
    { ...env, checkpoint: { everyUpdates: null, everySeconds: 2 } },
    {
      ...env,
      algorithm: 'trpo',
      ppo: { epochs: 4 },
      optimizer: { learningRate: 3e-4 },
      trustRegion: { stop: {} },
    },
    { ...env, engine: 'tfjs', tfjsBackend: 'cpu' },
    { environment: { id: 'CartPole-v1', normalizeObservations: true } },
    { environment: { id: 'GridWorld', options: { map: ['SG'] } } },
    { ...env, trustRegion: { stop: null }, evaluation: { every: 3 } },
  ],
  fit: [{ data }, { data: { ...data, text: null }, epochs: 3 }, { data: { file: 'x', text: {} } }],
  study: [
    { base, configs: { a: {} } },
    { configs: { a: { base, 'objective.clipRange': 0.1 }, 'b-2': { base: 'cart-pole-trpo.json' } } },
    {
      base,
      configs: { a: { 'environment.options.timeLimit': 100, 'optimizer.learningRate.from': 0.1 } },
      seeds: '0-3, 9',
    },
    { base, configs: { a: {} }, worlds: { w: {}, v: {} }, matchKl: { w: 0.1, v: 0.2 } },
    { base, set: { 'trustRegion.stop': null }, configs: { ä: { 'network.policy.hidden': [8] } }, seeds: 3 },
  ],
  sweep: [
    { base, parameters },
    { base, parameters: { 'objective.clipRange': { min: 0.1, max: 1, scale: 'log', points: 3 } }, seeds: 2 },
    {
      base,
      parameters: { 'objective.clipRange': { min: 0.1, max: 1 } },
      method: 'halton',
      samples: 4,
      seed: 1,
    },
    { base, parameters: { 'advantage.standardize': ['rollout', 'none'] }, halving: { leastSteps: 1000 } },
  ],
};

/** What the command refuses and the schema does, too. */
const wrong: Record<PublishedKind, object[]> = {
  config: [
    {},
    { environment: {} },
    { environment: { id: 'CartPole-v1', module: 'schemas-world.mjs' } },
    { environment: { module: '' } },
    { environment: { module: 3 } },
    { environment: { id: 'CartPole' } },
    { environment: { id: 'CartPole-v1', copies: 0 } },
    { environment: { id: 'CartPole-v1', options: { slippery: true } } },
    { environment: { id: 'FrozenLake-v1', options: { slippery: 'yes' } } },
    { environment: { id: 'GridWorld' } },
    { environment: { id: 'FrozenLake-v1', normalizeObservations: true } },
    { ...env, sedd: 1 },
    { ...env, seed: -1 },
    { ...env, steps: 1.5 },
    { ...env, ppo: { epochs: '4' } },
    { ...env, objective: { kind: 'clp' } },
    { ...env, checkpoint: { everyUpdates: 3, everySeconds: 2 } },
    { ...env, objective: { beta: 1 } },
    { ...env, objective: { kind: 'klPenalty', clipRange: 0.1 } },
    { ...env, objective: { kind: 'surrogate', clipRange: 0.1 } },
    { ...env, objective: { kind: 'clip', adapt: {} } },
    { ...env, objective: { kind: 'klPenalty', adapt: { horizon: 10 } } },
    { ...env, objective: { kind: 'klPenalty', adapt: { rule: 'rllib', horizon: 10 } } },
    { ...env, optimizer: { learningRate: { schedule: 'linear' } } },
    { ...env, optimizer: { learningRate: { schedule: 'linear', from: 0 } } },
    { ...env, optimizer: { learningRate: 0 } },
    { ...env, trpo: { damping: 1 } },
    { ...env, algorithm: 'trpo', ppo: { epochs: 5 } },
    { ...env, algorithm: 'trpo', objective: { kind: 'surrogate' } },
    { ...env, algorithm: 'trpo', trustRegion: { stop: null } },
    { ...env, algorithm: 'trpo', trustRegion: { onOvershoot: 'rollback' } },
    { ...env, algorithm: 'npg', trpo: { lineSearch: { tries: 3 } } },
    { ...env, tfjsBackend: 'cpu' },
    { ...env, engine: 'wasm', tfjsBackend: 'node' },
    { ...env, network: { tfjs: { policy: 'a', value: 'b' } } },
    { ...env, engine: 'tfjs', network: { tfjs: { policy: 'a' } } },
    { ...env, network: { policy: { hidden: [1, 2, 3, 4, 5, 6, 7, 8, 9] } } },
    { ...lake, evaluation: { every: 0 } },
  ],
  fit: [
    { data: { file: 'data/flowers.csv' } },
    { data: { ...data, text: {} } },
    { data: { file: 'x', table: null, text: null } },
    { data: { table } },
    { data, epochs: 0 },
    { data, lr: 1 },
    { data: { file: 'x', table: { features: [], target: ['a'] } } },
  ],
  study: [
    { base, configs: {} },
    { configs: { a: {} } },
    { configs: { a: { base }, b: {} } },
    { base, configs: { 'a/b': {} } },
    { base, configs: { lock: {} } },
    { base, configs: { calibration: {} } },
    { base: 1, configs: { a: {} } },
    { base, configs: { a: { 'objective.clipRnge': 0.1 } } },
    { base, configs: { a: { 'objective.clipRange': 0 } } },
    { base, configs: { a: { seed: 3 } } },
    { base, set: { seed: 3 }, configs: { a: {} } },
    { base, set: { 'ppo.epochs': 0 }, configs: { a: {} } },
    { base, configs: { a: {} }, seeds: 0 },
    { base, configs: { a: {} }, matchKl: 0 },
    { base, configs: { a: {} }, worlds: { w: {} }, matchKl: { w: 0 } },
    { base, configs: { a: {} }, workers: 3 },
  ],
  sweep: [
    { base, parameters: {} },
    { parameters },
    { base, parameters: { 'objective.clipRange': [] } },
    { base, parameters: { 'objective.clipRange': [0] } },
    { base, parameters: { 'objective.clip': [0.1] } },
    { base, parameters: { seed: [1, 2] } },
    { base, parameters: { description: ['a', 'b'] } },
    { base, parameters: { 'objective.clipRange': { min: 0.1 } } },
    { base, parameters: { 'objective.clipRange': { min: 0, max: 1, scale: 'log' } } },
    { base, parameters: { 'objective.clipRange': { min: 0.1, max: 1, points: 1 } } },
    { base, parameters: { 'advantage.standardize': { min: 0, max: 1 } } },
    { base, parameters, samples: 3 },
    { base, parameters, seed: 3 },
    { base, parameters: { 'objective.clipRange': { min: 0.1, max: 1, points: 3 } }, method: 'random' },
    { base, parameters, method: 'sobol' },
    { base, parameters, halving: { leastSteps: 0 } },
    { base, parameters, halving: { factor: 3 } },
  ],
};

/** Two numbers are compared, or other files are read: only the command can refuse these. */
const beyond: Record<PublishedKind, object[]> = {
  config: [
    { ...env, ppo: { minibatchSize: 4096 } },
    { ...env, objective: { kind: 'klPenalty', beta: 1, adapt: { min: 2, max: 3 } } },
  ],
  fit: [],
  study: [
    { base: 'nowhere.json', configs: { a: {} } },
    { base, configs: { a: {} }, matchKl: { w: 0.1 } },
    { base, configs: { a: {} }, worlds: { w: {}, v: {} }, matchKl: { w: 0.1 } },
  ],
  sweep: [{ base, parameters: { 'objective.clipRange': { min: 1, max: 0.1 } } }],
};

const all = (files: Record<PublishedKind, object[]>): [PublishedKind, string][] =>
  publishedKinds.flatMap((kind) =>
    files[kind].map((file): [PublishedKind, string] => [kind, JSON.stringify(file)]),
  );

async function problemsOf(kind: PublishedKind, text: string): Promise<readonly string[]> {
  const file = join(folder, `${kind}.json`);
  writeFileSync(file, text);
  try {
    // A file of data that is not there is no matter of the config.
    const { problems } = await inspectFile(file, []);
    return problems.filter((each) => !each.startsWith('data.file must name a file'));
  } catch (error) {
    return [(error as Error).message];
  }
}

describe('the schemas and the command agree', () => {
  test.each(all(right))('%s %s is right', async (kind, text) => {
    expect(await problemsOf(kind, text)).toEqual([]);
    expect(validate[kind](JSON.parse(text)), ajv.errorsText(validate[kind].errors)).toBe(true);
  });

  test('on more than 40 wrong files', () => expect(all(wrong).length).toBeGreaterThan(40));

  test.each(all(wrong))('%s %s is wrong', async (kind, text) => {
    expect((await problemsOf(kind, text)).length).toBeGreaterThan(0);
    expect(validate[kind](JSON.parse(text))).toBe(false);
  });

  test.each(all(beyond))('%s %s is wrong, which a schema cannot say', async (kind, text) => {
    expect((await problemsOf(kind, text)).length).toBeGreaterThan(0);
    expect(validate[kind](JSON.parse(text)), ajv.errorsText(validate[kind].errors)).toBe(true);
  });
});
