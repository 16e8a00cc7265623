import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { environmentOptions } from '../../envs/environment-options.ts';
import { parseAssignment } from '../../src/config/load.ts';
import { readStudy } from '../../src/experiment/study-file.ts';
import { readSweep } from '../../src/experiment/sweep-file.ts';
import { loadConfig, readRunConfig } from '../../src/node/load-config.ts';
import { trainCommand } from '../../src/cli/commands/train.ts';
import { fitCommand } from '../../src/cli/commands/fit.ts';
import { runCommand } from './run-command.ts';

const root = process.cwd();
const above = mkdtempSync(join(tmpdir(), 'leash-paths-'));
const clone = join(above, 'clone');
const json = (value: unknown): string => JSON.stringify(value);
const small = {
  steps: 64,
  engine: 'reference',
  environment: { id: 'FrozenLake-v1' },
  rollout: { steps: 16 },
  network: { policy: { hidden: [] }, value: { hidden: [] } },
  ppo: { minibatchSize: 64 },
};

beforeAll(async () => {
  mkdirSync(join(clone, 'configs/below'), { recursive: true });
  process.chdir(clone);
  writeFileSync('configs/base.json', json(small));
  await runCommand(trainCommand, { CONFIG: 'configs/base.json', name: 'start', threads: '1', quiet: true });
  copyFileSync('runs/start/seed-0/policy.safetensors', 'configs/start.safetensors');
  const withWeights = { ...small, network: { ...small.network, initialWeights: 'start.safetensors' } };
  writeFileSync('configs/on.json', json(withWeights));
});
afterAll(() => process.chdir(root));

const weightsOf = (file: string, ...set: string[]): string | null =>
  loadConfig(file, set.map(parseAssignment), environmentOptions).config.network.initialWeights;

test('a path starts from its file, what --set says from the working folder, an absolute one from the root', () => {
  expect(weightsOf('configs/on.json')).toBe('configs/start.safetensors');
  expect(weightsOf('configs/on.json', 'network.initialWeights=configs/start.safetensors')).toBe(
    'configs/start.safetensors',
  );
  expect(weightsOf('configs/on.json', 'network.initialWeights=null')).toBe(null);
  expect(weightsOf('configs/base.json', `network.initialWeights=${clone}/x`)).toBe(`${clone}/x`);
  process.chdir('configs/below');
  expect(weightsOf('../on.json')).toBe('../start.safetensors');
  process.chdir(clone);
});

test('studies and sweeps: base, also an absolute one, and settings that are paths', () => {
  const base = join(clone, 'configs/on.json');
  const set = { 'network.initialWeights': '../start.safetensors' };
  writeFileSync(
    'configs/below/study.json',
    json({ configs: { a: { base }, b: { base: '../base.json', ...set } } }),
  );
  const { contestants } = readStudy('configs/below/study.json', [], environmentOptions);
  expect(contestants.map(({ config }) => config.network.initialWeights)).toEqual([
    'configs/start.safetensors',
    'configs/start.safetensors',
  ]);
  writeFileSync('configs/below/sweep.json', json({ base, set, parameters: { 'trustRegion.delta': [1, 2] } }));
  const sweep = readSweep('configs/below/sweep.json', [], environmentOptions);
  expect(sweep.contestants.map(({ config }) => config.network.initialWeights)).toEqual([
    'configs/start.safetensors',
    'configs/start.safetensors',
  ]);
});

test('a path from the working folder, as leash 0.1.0 had them, is refused with what it should be', () => {
  const old = { ...small, network: { ...small.network, initialWeights: 'configs/start.safetensors' } };
  writeFileSync('configs/old.json', json(old));
  expect(() => weightsOf('configs/old.json')).toThrow(
    'network.initialWeights must be a path from where its file stands, as of leash 0.2.0, got "configs/start.safetensors", which is there from the working folder: say "start.safetensors" (configs/old.json)',
  );
});

test('a run records paths from its folder: they lead on when the clone has moved', async () => {
  await runCommand(trainCommand, { CONFIG: 'configs/on.json', threads: '1', quiet: true });
  writeFileSync('configs/flowers.csv', 'x,kind\n1,a\n2,b\n3,a\n');
  const fit = { data: { file: 'flowers.csv', table: { features: ['x'], target: ['kind'] } }, epochs: 2 };
  writeFileSync('configs/fit.json', json(fit));
  await runCommand(fitCommand, { CONFIG: 'configs/fit.json', quiet: true });
  await runCommand(fitCommand, {
    CONFIG: 'configs/fit.json',
    set: 'data.file=configs/flowers.csv',
    name: 'said',
    quiet: true,
  });
  const recorded = (run: string) => JSON.parse(readFileSync(`runs/${run}/seed-0/config.json`, 'utf8'));
  expect(recorded('on').network.initialWeights).toBe('../../../configs/start.safetensors');
  expect(recorded('fit').data.file).toBe('../../../configs/flowers.csv');
  expect(recorded('said').data.file).toBe(`${clone}/configs/flowers.csv`);
  const moved = join(above, 'moved');
  renameSync(clone, moved);
  process.chdir(moved);
  expect(readRunConfig('runs/on/seed-0/config.json').network.initialWeights).toBe(
    'configs/start.safetensors',
  );
  // The record is itself a config: it trains again.
  await runCommand(trainCommand, {
    CONFIG: 'runs/on/seed-0/config.json',
    name: 'again',
    threads: '1',
    quiet: true,
  });
  const rows = (run: string) => readFileSync(`runs/${run}/seed-0/metrics.jsonl`, 'utf8');
  expect(rows('again')).toBe(rows('on'));
  renameSync(moved, clone);
  process.chdir(clone);
});

test('a run of leash 0.1.0, whose paths started from the working folder, is read as it was meant', () => {
  const file = 'runs/on/seed-0/config.json';
  const written = JSON.parse(readFileSync(file, 'utf8'));
  written.network.initialWeights = 'configs/start.safetensors';
  writeFileSync(file, json(written));
  expect(readRunConfig(file).network.initialWeights).toBe('configs/start.safetensors');
});
