import { cpSync, mkdirSync, mkdtempSync, readdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { configFile } from '../../src/cli/given-file.ts';
import { checkArguments } from '../../src/cli/mistakes.ts';
import type { Command } from '../../src/cli/command.ts';
import { configCheckCommand } from '../../src/cli/commands/config-check.ts';
import type { FileKind } from '../../src/config/file-kind.ts';
import type { Config } from '../../src/config/schema.ts';
import { runCommand } from './run-command.ts';

const root = process.cwd();
const folder = mkdtempSync(join(tmpdir(), 'leash-kinds-'));
const json = (value: unknown): string => JSON.stringify(value);
const safetensors = (): Buffer => {
  const header = Buffer.from('{"__metadata__":{}}');
  const size = Buffer.alloc(8);
  size.writeBigUInt64LE(BigInt(header.length));
  return Buffer.concat([size, header]);
};

const files: Record<string, string | Buffer> = {
  'config.json': json({ environment: { id: 'CartPole-v1' } }),
  'fit.json': json({ data: { file: 'x.csv' } }),
  'study.json': json({ base: 'config.json', configs: { a: {} } }),
  'sweep.json': json({ base: 'config.json', parameters: { 'trustRegion.delta': [1] } }),
  'schema.json': json({ $schema: 'https://json-schema.org/draft/2020-12/schema' }),
  'policy.safetensors': safetensors(),
  // Its content tells, not its name.
  'renamed.json': safetensors(),
  'exported.json': json({ format: 'leash-policy-json-1' }),
  'model.json': json({ modelTopology: {}, weightsManifest: [] }),
  'arrays.npz': Buffer.from('PK\x03\x04', 'latin1'),
  'pq.json': json({ p: [1, 0], q: [0, 1] }),
  'x.csv': 'a,b\n1,2\n',
  'report.json': json({ format: 'leash-report-1' }),
  'noise.bin': Buffer.from([1, 2, 3, 0, 4]),
  'world.ts': 'export default { id: "World" };\n',
};

beforeAll(() => {
  for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, name), content);
  mkdirSync(join(folder, 'runs/clip/seed-0'), { recursive: true });
  writeFileSync(join(folder, 'runs/clip/seed-0/run.json'), json({ status: 'completed', versions: {} }));
  writeFileSync(join(folder, 'runs/clip/seed-0/config.json'), files['config.json'] as string);
  writeFileSync(join(folder, 'runs/clip/seed-0/metrics.jsonl'), '{"update":1}\n');
  mkdirSync(join(folder, 'configs/studies'), { recursive: true });
  writeFileSync(join(folder, 'configs/own.json'), files['config.json'] as string);
  writeFileSync(join(folder, 'configs/studies/own-study.json'), files['study.json'] as string);
  mkdirSync(join(folder, 'empty'));
  process.chdir(folder);
});
afterAll(() => process.chdir(root));

const refusal = (word: string, takes: FileKind[]): Promise<string> =>
  configFile(word, takes).then(String, (error: Error) => error.message);

test.each<[string, FileKind[], string]>([
  ['fit.json', ['config'], 'a config of leash fit, not a config; leash fit fit.json fits it'],
  ['study.json', ['config'], 'a study, not a config; leash compare study.json trains its configs'],
  [
    'sweep.json',
    ['config', 'study'],
    'a sweep, not a config or a study; leash sweep sweep.json trains its points',
  ],
  ['config.json', ['sweep'], 'a config, not a sweep; leash train config.json trains it'],
  ['config.json', ['fit'], 'a config, not a config of leash fit; leash train config.json trains it'],
  ['schema.json', ['config'], 'a JSON Schema, not a config; editors find it by "$schema" in a config'],
  [
    'policy.safetensors',
    ['config'],
    'a policy, not a config; leash evaluate policy.safetensors --env ID plays it',
  ],
  ['renamed.json', ['config'], 'a policy, not a config; leash evaluate renamed.json --env ID plays it'],
  [
    'exported.json',
    ['config'],
    'a policy that leash export wrote, not a config; leash import exported.json --out FILE makes a policy of it',
  ],
  [
    'model.json',
    ['fit'],
    'a TensorFlow.js model, not a config of leash fit; leash import model.json --out FILE makes a policy of it',
  ],
  [
    'arrays.npz',
    ['config'],
    'a model of another tool, not a config; leash import arrays.npz --out FILE makes a policy of it, or says how',
  ],
  ['pq.json', ['config'], 'a list of distributions, not a config; leash kl --file pq.json reads it'],
  ['x.csv', ['config'], 'a text, not a config; leash fit reads texts and tables as data.file of its config'],
  [
    'report.json',
    ['config'],
    'a file of a run or experiment, not a config; leash plot . and leash runs read its folder',
  ],
  [
    'world.ts',
    ['config'],
    'a file of code, not a config; leash train --env world.ts trains in the environment that it exports',
  ],
  ['noise.bin', ['config'], 'neither text (UTF-8) nor a model, not a config; no command reads it'],
  ['runs/clip/seed-0', ['config'], 'a run, not a config; leash evaluate runs/clip/seed-0 plays its policy'],
  ['runs/clip', ['config'], 'a folder of runs, not a config; leash plot runs/clip draws them'],
  [
    'runs/clip/seed-0/run.json',
    ['config'],
    'a file of a run or experiment, not a config; leash plot runs/clip/seed-0 and leash runs read its folder',
  ],
  [
    'runs/clip/seed-0/metrics.jsonl',
    ['sweep'],
    'a file of a run or experiment, not a sweep; leash plot runs/clip/seed-0 and leash runs read its folder',
  ],
  ['empty', ['config'], 'a folder without runs, not a config; name a file in it'],
])('%s, where %j is taken, is named with the command that takes it', async (word, takes, message) => {
  expect(await refusal(word, takes)).toBe(`${word} is ${message}`);
});

test('a .json that is no JSON is told by its reader, with the place', async () => {
  writeFileSync('comment.json', '// what for\n{ "steps": 640 }');
  expect(await configFile('comment.json', ['config'])).toBe('comment.json');
  const { readJsonFile } = await import('../../src/node/text-file.ts');
  expect(() => readJsonFile('comment.json', 'file')).toThrow(
    'comment.json:1:1: not valid JSON: expected a value, found a comment',
  );
});

test('the same of what a base leads to, or a file in the place of a command', async () => {
  writeFileSync('wrong.json', json({ base: 'sweep.json', configs: { a: {} } }));
  const { readStudy } = await import('../../src/experiment/study-file.ts');
  const { environmentOptions } = await import('../../envs/environment-options.ts');
  expect(() => readStudy('wrong.json', [], environmentOptions)).toThrow(
    'sweep.json is a sweep, not a config; leash sweep sweep.json trains its points',
  );
  await expect(checkArguments(['study.json'])).rejects.toThrow(
    'there is no command study.json, but a study of that name; leash compare study.json trains its configs',
  );
});

test.each([
  [
    'truth',
    { RUN: 'config.json' },
    'config.json is a config, not a run or a policy; leash train config.json',
  ],
  ['truth', { RUN: 'x.csv' }, 'x.csv is a text, not a run or a policy; leash fit reads'],
  [
    'clone',
    { EXPERT: 'study.json' },
    'study.json is a study, not a run or a policy; leash compare study.json',
  ],
  [
    'clone',
    { EXPERT: 'arrays.npz' },
    'arrays.npz is a model of another tool, not a run or a policy; leash import',
  ],
  ['envs', { ID: './sweep.json' }, './sweep.json is a sweep, not a file of code; leash sweep ./sweep.json'],
  ['envs', { ID: 'config.json' }, 'config.json is a config, not a file of code; leash train config.json'],
  [
    'check-env',
    { ID: './config.json' },
    './config.json is a config, not a file of code; leash train ./config.json',
  ],
])('leash %s of %j says so, too', async (name, given, message) => {
  const { commands } = await import('../../src/cli/commands/index.ts');
  await expect(runCommand(commands[name] as Command<never, never>, given as never)).rejects.toThrow(message);
});

test('nor is it a policy to begin from', async () => {
  const { readTrainingInputs } = await import('../../src/node/read-inputs.ts');
  const begin = (initialWeights: string) => (): unknown =>
    readTrainingInputs({ network: { initialWeights, tfjs: null }, reference: null } as Config);
  expect(begin('config.json')).toThrow(
    'network.initialWeights: config.json is a config, not a run or a policy; leash train config.json trains it',
  );
  expect(begin('exported.json')).toThrow(
    'a policy that leash export wrote, not a run or a policy; leash import',
  );
});

test('a folder of one seed is its run; of several, one is to be named', async () => {
  expect(await configFile('runs/clip', ['config', 'run'])).toBe('runs/clip/seed-0');
  cpSync('runs/clip', 'runs/two', { recursive: true });
  cpSync('runs/clip/seed-0', 'runs/two/seed-1', { recursive: true });
  expect(await refusal('runs/two', ['config', 'run'])).toBe(
    'runs/two holds 2 runs; name one, such as runs/two/seed-0',
  );
});

test('a name alone is a file here, in configs, in configs/studies or among those of leash', async () => {
  expect(await configFile('config', ['config'])).toBe('config.json');
  expect(await configFile('own', ['config'])).toBe('configs/own.json');
  expect(await configFile('own-study', ['study'])).toBe('configs/studies/own-study.json');
  for (const word of ['quickstart', 'quickstart.json', 'configs/quickstart.json'])
    expect(await configFile(word, ['config'])).toBe(join(root, 'configs/quickstart.json'));
  expect(await configFile('delta-sweep', ['sweep'])).toBe(join(root, 'configs/studies/delta-sweep.json'));
});

test.each([
  ['quikstart', 'looked for quikstart.json and quikstart in', 'did you mean quickstart?'],
  ['configs/ownn.json', 'looked for configs/ownn.json in', 'did you mean own?'],
  ['cart-pole-clp.json', 'looked for cart-pole-clp.json in', 'did you mean cart-pole-clip?'],
])('%s is nowhere: where it was looked for, and the nearest', async (word, where, guess) => {
  const message = await refusal(word, ['config']);
  expect(message).toContain(`there is no config ${word}; ${where} ${process.cwd()}`);
  expect(message).toContain(`${root}/configs; ${guess}`);
});

test('config check passes on all that leash ships, and lists all that is wrong with each kind', async () => {
  cpSync(join(root, 'configs'), join(folder, 'shipped'), { recursive: true });
  const shipped = ['shipped', 'shipped/studies'].flatMap((at) =>
    readdirSync(at)
      .filter((name) => name.endsWith('.json'))
      .map((name) => `${at}/${name}`),
  );
  expect(await runCommand(configCheckCommand, { FILE: shipped })).toBe(0);
  const lines: string[] = [];
  const errors = vi.spyOn(process.stderr, 'write').mockImplementation((text) => lines.push(String(text)) > 0);
  writeFileSync('2.json', json({ base: 'nothing.json', configs: { a: {}, '/': {} } }));
  writeFileSync('3.json', json({ base: 'config.json', parameters: { 'ppo.epochs': [0, 1001] } }));
  writeFileSync(
    '4.json',
    json({ data: { file: 'x.csv', table: { features: ['a'], target: ['b'] } }, epochs: 0, lr: 1 }),
  );
  writeFileSync(
    '5.json',
    json({ environment: { id: 'CartPole-v1' }, network: { initialWeights: 'no.safetensors' } }),
  );
  try {
    expect(await runCommand(configCheckCommand, { FILE: ['2.json', '3.json', '4.json', '5.json'] })).toBe(2);
  } finally {
    errors.mockRestore();
  }
  expect(lines.map((line) => line.trim())).toEqual([
    `leash: base: there is no config file nothing.json; looked for ${process.cwd()}/nothing.json (2.json)`,
    expect.stringContaining("a config's label names the folder of its runs"),
    'leash: ppo.epochs must be an integer in [1, 1000], got 0 (3.json parameters ppo.epochs)',
    'leash: ppo.epochs must be an integer in [1, 1000], got 1001 (3.json parameters ppo.epochs)',
    'leash: epochs must be an integer in [1, 1000000], got 0 (4.json)',
    'leash: lr is not a setting; did you mean optimizer.learningRate? (4.json)',
    'leash: network.initialWeights must name a file that is there, got "no.safetensors" (5.json)',
  ]);
});
