import { readFileSync, renameSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { environmentOptions } from '../../envs/environment-options.ts';
import { trainCommand } from '../../src/cli/commands/train.ts';
import { type Dashboard, startDashboard } from '../../src/dashboard/server.ts';
import type { ToldPolicy } from '../../src/dashboard/wire.ts';
import type { ToldEpisode } from '../../src/rollout/told-episode.ts';
import { readRows } from '../../src/node/read-run.ts';
import { runCommand } from '../cli/run-command.ts';
import { temporaryFolder, writeRun } from '../plot/runs-on-disk.ts';
import { everything, get } from './listener.ts';

const root = temporaryFolder();
let dashboard: Dashboard;

async function train(name: string, config: string, steps: number, ...set: string[]): Promise<void> {
  const said = {
    CONFIG: `configs/${config}.json`,
    name,
    steps: String(steps),
    set,
    runs: root,
    threads: '1',
    quiet: true,
  };
  expect(await runCommand(trainCommand, said)).toBe(0);
}

beforeAll(async () => {
  await train(
    'lake',
    'quickstart',
    4096,
    'snapshots.everyUpdates=1',
    'groundTruth=true',
    'environment.options.slippery=true',
  );
  await train('pole', 'cart-pole-clip-4x128', 2048);
  await train('pendulum', 'pendulum-clip', 8192);
  await train('arms', 'bandit-bernoulli-clip', 1024);
  writeRun(root, { name: 'none' });
  const code = writeRun(root, { name: 'code' });
  const config = JSON.parse(readFileSync(join(code, 'config.json'), 'utf8')) as { environment: object };
  writeFileSync(
    join(code, 'config.json'),
    JSON.stringify({ ...config, environment: { ...config.environment, id: 'gym:CartPole-v1' } }),
  );
  writeFileSync(join(code, 'policy.safetensors'), '');
  const large = join(writeRun(root, { name: 'large' }), 'policy.safetensors');
  writeFileSync(large, '');
  truncateSync(large, 2 ** 30);
  dashboard = await startDashboard({ root, host: '127.0.0.1', port: 0, environments: environmentOptions });
  while ((await everything(dashboard.address)).runs.length < 7)
    await new Promise((resolve) => setTimeout(resolve, 20));
});
afterAll(() => dashboard.close());

async function told<T>(path: string): Promise<T> {
  const { status, text } = await get(dashboard.address, path);
  expect(status, text).toBe(200);
  return JSON.parse(text) as T;
}

const policy = (run: string, update?: number): Promise<ToldPolicy> =>
  told(`/policy?run=${run}/seed-0${update === undefined ? '' : `&update=${update}`}`);

describe('a policy of a table', () => {
  it('has a distribution in every state, and KL from the one before as rows have it', async () => {
    const rows = readRows(join(root, 'lake/seed-0'));
    for (const update of [2, 5, 8]) {
      const [before, now] = [await policy('lake', update - 1), await policy('lake', update)];
      expect(now.updates).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
      const { table } = now;
      if (table === undefined || before.table === undefined || table.kl === null) throw new Error('no table');
      expect([table.actions, table.grid?.rows, table.grid?.columns]).toEqual([
        ['left', 'down', 'right', 'up'],
        4,
        4,
      ]);
      for (const own of table.probabilities) expect(own.reduce((a, b) => a + b, 0)).toBeCloseTo(1, 12);
      const [p, q] = [before.table.probabilities, table.probabilities];
      const kl = p.map((own, state) =>
        own.reduce((sum, each, a) => sum + each * Math.log(each / q[state][a]), 0),
      );
      table.kl.forEach((each, state) => void expect(each).toBeCloseTo(kl[state], 12));
      const row = rows[update - 1];
      expect(Math.max(...table.kl)).toBeCloseTo(row.klOldNewStateMax ?? Number.NaN, 10);
      const visits = before.table.visits ?? [];
      const weighted = table.kl.reduce((sum, each, state) => sum + each * visits[state], 0);
      expect(weighted / visits.reduce((a, b) => a + b, 0)).toBeCloseTo(row.klOldNewVisited ?? Number.NaN, 10);
    }
  });

  it('says where nothing is chosen, and the last policy where none is asked for', async () => {
    const { update, table, isDrawn } = await policy('lake');
    expect([update, isDrawn]).toEqual([8, true]);
    const letters = table?.grid?.cells.filter((_, state) => table.chooses[state]);
    expect([...new Set(letters)].sort()).toEqual(['F', 'S']);
    expect((await policy('lake', 99)).update).toBe(8);
    expect((await policy('lake', 1)).table).toMatchObject({ before: null, kl: null });
  });

  it('need not be a map', async () => {
    const { table } = await policy('arms');
    expect(table?.grid).toBeNull();
    expect(table?.probabilities[0].length).toBeGreaterThan(1);
  });
});

describe('an episode', () => {
  const episode = (run: string, more = ''): Promise<ToldEpisode> => told(`/episode?run=${run}/seed-0${more}`);

  it('is played to its end, with a picture and what was chosen from at each step; the same seed is the same again', async () => {
    const { actions, steps, drawings, head, before } = await episode('pole', '&seed=3');
    expect([actions, head]).toEqual([['left', 'right'], 'categorical']);
    expect(drawings).toHaveLength(steps.length);
    expect(steps[0]).toEqual({ done: '', distribution: [], earned: 0 });
    const last = steps.at(-1);
    expect(last?.earned).toBe(steps.length - 1);
    for (const { done, distribution } of steps.slice(1)) {
      expect(distribution[0] + distribution[1]).toBeCloseTo(1, 12);
      // Greedy: the likelier one.
      expect(done).toBe(distribution[0] >= distribution[1] ? 'left' : 'right');
    }
    expect(await episode('pole', '&seed=3')).toEqual({ seed: 3, actions, steps, drawings, head, before });
    expect((await episode('pole', '&seed=4')).steps).not.toEqual(steps);
    const sampled = (await episode('pole', '&seed=3&mode=sampled')).steps.slice(1);
    expect(
      sampled.some(
        ({ done, distribution }) => done !== (distribution[0] >= distribution[1] ? 'left' : 'right'),
      ),
    ).toBe(true);
  });

  it('of real actions has means and standard deviations', async () => {
    const { head, steps, actions, bounds } = await episode('pendulum');
    expect([head, actions.length, steps.length, bounds]).toEqual(['diagonalGaussian', 1, 201, [[-2, 2]]]);
    for (const { distribution } of steps.slice(1)) expect(distribution[1]).toBeGreaterThan(0);
  });

  it('says in each state what the policy before would have chosen from, and the KL both ways', async () => {
    const { before, steps } = await episode('lake', '&update=5&seed=1');
    expect(before).toBe(4);
    const kl = (p: readonly number[], q: readonly number[]): number =>
      p.reduce((sum, each, a) => sum + each * Math.log(each / q[a]), 0);
    for (const { distribution, before: was } of steps.slice(1)) {
      if (was === undefined) throw new Error('there is no policy before');
      expect(was.distribution).not.toEqual(distribution);
      expect(was.klTo).toBeCloseTo(kl(was.distribution, distribution), 12);
      expect(was.klFrom).toBeCloseTo(kl(distribution, was.distribution), 12);
    }
    // It is the one that the policy of its own update tells of.
    expect((await episode('lake', '&update=4&seed=1')).steps[1].distribution).toEqual(
      steps[1].before?.distribution,
    );
    const first = await episode('lake', '&update=1&seed=1');
    expect([first.before, first.steps[1].before]).toEqual([null, undefined]);
  });
});

it('refuses what it cannot or must not open, in one line', async () => {
  const refusal = async (query: string): Promise<[number, string]> => {
    const { status, text } = await get(dashboard.address, query);
    return [status, (JSON.parse(text) as { problem: string }).problem];
  };
  expect(await refusal('/policy?run=none/seed-0')).toEqual([
    404,
    expect.stringContaining('none/seed-0 has no policy yet'),
  ]);
  expect(await refusal('/episode?run=lake/seed-0&seed=x')).toEqual([
    400,
    'seed must be a whole number ≥ 0, got "x"',
  ]);
  // Another's code is not run because somebody looks at a page.
  expect(await refusal('/policy?run=code/seed-0')).toEqual([400, expect.stringContaining('runs Python')]);
  expect(await refusal('/episode?run=large/seed-0')).toEqual([
    400,
    expect.stringContaining('too large for a page'),
  ]);
  const file = join(root, 'lake/seed-0/snapshots/update-3.safetensors');
  renameSync(file, `${file}.aside`);
  symlinkSync(`${file}.aside`, file);
  expect(await refusal('/policy?run=lake/seed-0&update=3')).toEqual([
    400,
    expect.stringContaining('is no file of its own'),
  ]);
  rmSync(file);
  writeFileSync(file, 'damaged');
  expect(await refusal('/policy?run=lake/seed-0&update=3')).toEqual([
    400,
    expect.stringContaining('update-3.safetensors'),
  ]);
});
