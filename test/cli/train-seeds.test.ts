import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, expect, it, vi } from 'vitest';
import { trainCommand } from '../../src/cli/commands/train.ts';
import { describeFailure } from '../../src/cli/failure.ts';
import type { Listen } from '../../src/cli/signals.ts';
import { ownerHere } from '../../src/run/owner.ts';
import { runCommand, type Said } from './run-command.ts';

const folder = mkdtempSync(join(tmpdir(), 'leash-seeds-'));
afterAll(() => rmSync(folder, { recursive: true }));
const CONFIG = join(folder, 'bandit.json');
writeFileSync(
  CONFIG,
  JSON.stringify({
    steps: 640,
    environment: { id: 'BernoulliBandit', copies: 4 },
    rollout: { steps: 16 },
    network: { policy: { hidden: [] }, value: { hidden: [] } },
    ppo: { epochs: 2, minibatchSize: 32 },
  }),
);

let printed = '';
beforeEach(() => {
  printed = '';
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    printed += String(text);
    return true;
  });
});
afterEach(() => vi.restoreAllMocks());

const leash = (place: string, said: Partial<Said<typeof trainCommand>>, listen?: Listen): Promise<number> =>
  runCommand(trainCommand, { CONFIG, runs: join(folder, place), ...said }, listen);
const refusalOf = async (place: string, said: Partial<Said<typeof trainCommand>>): Promise<string> => {
  const { text, exitCode } = await leash(place, said).then(
    () => ({ text: 'done', exitCode: 0 }),
    describeFailure,
  );
  expect(exitCode).toBe(2);
  return text.replaceAll(folder, 'FOLDER');
};
const seedsIn = (place: string): string[] => readdirSync(join(folder, place, 'bandit')).sort();
const rowsOf = (place: string, seed: number): string =>
  readFileSync(join(folder, place, 'bandit', `seed-${seed}`, 'metrics.jsonl'), 'utf8');

it('trains a run a seed with the bytes of each alone, and ends with a line a seed', async () => {
  expect(await leash('five', { seeds: '3' })).toBe(0);
  expect(seedsIn('five')).toEqual(['seed-0', 'seed-1', 'seed-2']);
  const lines = printed.split('\n');
  for (const seed of [0, 1, 2])
    expect(lines.find((line) => line.startsWith(`${seed}  `))).toMatch(/completed .* 0\.02 +\d+ of 10 *$/);
  expect(printed).toMatch(
    /return {3}mean over the last tenth of training 0\.\d+, 95% interval .* over 3 seeds/,
  );
  expect(lines.find((line) => line.startsWith('seed'))).toMatch(/ KL largest +δ +updates outside δ$/);
  expect(printed).toContain('3 of 3 completed');
  await leash('alone', { seed: '2', quiet: true });
  expect(rowsOf('five', 2)).toBe(rowsOf('alone', 2));
});

it('a seed in whose last tenth no episode ended is stuck, and so is the mean with it in', async () => {
  const lake = {
    environment: {
      ...{ id: 'GridWorld', copies: 4 },
      options: { map: ['S......G'], stepCost: 0.01, timeLimit: 100_000 },
    },
    ...{ steps: 25_600, rollout: { steps: 32 }, ppo: { minibatchSize: 32, epochs: 4 } },
    network: { policy: { hidden: [] }, value: { hidden: [] } },
    ...{ trustRegion: { stop: null }, optimizer: { learningRate: 0.3 } },
  };
  const file = join(folder, 'lake.json');
  writeFileSync(file, JSON.stringify(lake));
  expect(await leash('stuck', { CONFIG: file, seeds: '1,3' })).toBe(0);
  expect(printed).toMatch(/\n1 +completed +stuck /);
  expect(printed).toMatch(/\n3 +completed +0\.93 /);
  expect(printed).toContain('mean over the last tenth of training stuck (1 of 2): no episode ended in it\n');
  printed = '';
  expect(await leash('stuck', { CONFIG: file, seeds: '1,3', json: true, replace: true })).toBe(0);
  expect(JSON.parse(printed).returns).toEqual({
    ...{ mean: null, low: null, high: null, samples: 2, stuck: 1, equal: 0, by: 'order' },
  });
});

it('seeds that come to the same return have an interval by what it can be, or none', async () => {
  const told = async (environment: object): Promise<string> => {
    const file = join(folder, 'equal.json');
    const config = JSON.parse(readFileSync(CONFIG, 'utf8'));
    writeFileSync(file, JSON.stringify({ ...config, environment: { ...environment, copies: 4 } }));
    printed = '';
    await leash('equal', { CONFIG: file, seeds: '3', replace: true });
    return /mean over the last tenth of training (.*)/.exec(printed)?.[1] ?? printed;
  };
  // Of three uniforms the least is below 0.708 in 97.5%: 1 − 0.025^(1/3).
  expect(await told({ id: 'GridWorld', options: { map: ['SG'] } })).toMatch(
    /^1, 95% interval 0\.\d+ to 1 over 3 seeds/,
  );
  expect(await told({ id: 'GaussianBandit', options: { means: [0.7, 0.7], sd: 0 } })).toMatch(/^0\.7 over/);
});

it.each<[Partial<Said<typeof trainCommand>>, string[]]>([
  [{ seeds: '2', seed: '7' }, ['seed-7', 'seed-8']],
  [{ seeds: '2', set: 'seed=4' }, ['seed-4', 'seed-5']],
  [{ seeds: '3-4,9' }, ['seed-3', 'seed-4', 'seed-9']],
])('takes the seeds of %j', async (said, expected) => {
  const place = `seeds-${JSON.stringify(said).replaceAll(/\W/g, '')}`;
  await leash(place, { ...said, json: true });
  expect(seedsIn(place)).toEqual(expected);
  const { path, runs, returns } = JSON.parse(printed);
  expect(path).toBe(join(folder, place, 'bandit'));
  expect(runs.map((run: { path: string; status: string }) => [run.path, run.status])).toEqual(
    expected.map((name) => [join(path, name), 'completed']),
  );
  expect(returns.samples).toBe(expected.length);
});

it.each<[string, Partial<Said<typeof trainCommand>>, string]>([
  [
    'seeds that are none',
    { seeds: 'x' },
    '--seeds must be a count (10), a range (0-9) or a list (1,4,7): 1 to 10000 seeds in [0, 4294967295], got "x"',
  ],
  [
    'a list from a seed on',
    { seeds: '1,4', seed: '3' },
    '--seed 3 goes with a count, as --seeds 5 (3 to 7); --seeds 1,4 names the seeds itself',
  ],
  [
    'seeds beyond the greatest',
    { seeds: '2', seed: '4294967295' },
    '--seeds 2 from --seed 4294967295 on ends at 4294967296; the greatest seed is 4294967295',
  ],
  [
    'two threads a run',
    { seeds: '2', threads: '2' },
    '--threads 2 is for one seed: with --seeds every run has one thread, and --workers says how many go at once',
  ],
  ['workers of one run', { workers: '2' }, '--workers goes with --seeds: one run has no workers'],
  ['no workers', { seeds: '2', workers: '0' }, '--workers must be an integer in [1, 1024], got 0'],
])('refuses %s in one line before anything is made', async (name, said, line) => {
  expect(await refusalOf(`no ${name}`, said)).toBe(`leash: ${line}`);
  expect(existsSync(join(folder, `no ${name}`))).toBe(false);
});

it('makes none where one is there, and with --replace all anew', async () => {
  await leash('again', { seed: '1', quiet: true });
  expect(await refusalOf('again', { seeds: '2' })).toContain(
    'leash: FOLDER/again/bandit/seed-1 is there already, completed after update 10; say --replace',
  );
  expect(seedsIn('again')).toEqual(['seed-1']);
  expect(await leash('again', { seeds: '2', replace: true, steps: '320' })).toBe(0);
  expect(seedsIn('again')).toEqual(['seed-0', 'seed-1']);
  expect(rowsOf('again', 1).trim().split('\n')).toHaveLength(5);
  // One that goes on is not replaced, and the other stays what it is.
  const alive = join(folder, 'again', 'bandit', 'seed-5');
  mkdirSync(alive);
  writeFileSync(join(alive, 'owner.json'), JSON.stringify(ownerHere('leash-run-1')));
  expect(await refusalOf('again', { seeds: '0-1,5', replace: true })).toContain(
    `seed-5 is alive: process ${process.pid} is at work in it`,
  );
  expect(rowsOf('again', 1).trim().split('\n')).toHaveLength(5);
});

it('a failed seed is told in the table, does not stop the others, and makes the exit code 1', async () => {
  const wild = { environment: { id: 'Pendulum-v1', copies: 8 }, rollout: { steps: 64 }, steps: 5120 };
  const file = join(folder, 'wild.json');
  writeFileSync(
    file,
    JSON.stringify({
      ...wild,
      optimizer: { learningRate: 10, maxGradientNorm: null },
      trustRegion: { stop: null },
      objective: { kind: 'surrogate' },
      ppo: { epochs: 20 },
    }),
  );
  expect(await leash('wild', { CONFIG: file, seeds: '2' })).toBe(1);
  expect(printed).toMatch(/failed {3}seed 0: .*update \d+.*not finite|failed {3}seed 0: /);
  expect(printed).toContain('0 of 2 completed');
});

it('after a signal runs that have not begun do not, and the table says so', async () => {
  const controller = new AbortController();
  controller.abort();
  const listen: Listen = () => ({
    signal: controller.signal,
    exitCode: () => 130,
    onLostStream: () => () => {},
    stopListening: () => {},
  });
  expect(await leash('stopped', { seeds: '2' }, listen)).toBe(130);
  expect(printed).toMatch(/^0 +not begun/m);
  expect(printed).toContain('0 of 2 completed');
});
