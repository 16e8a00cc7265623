import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeAll, expect, test, vi } from 'vitest';
import { compareCommand } from '../../src/cli/commands/compare.ts';
import { evaluateCommand } from '../../src/cli/commands/evaluate.ts';
import { exportCommand } from '../../src/cli/commands/export.ts';
import { ledgerCommand } from '../../src/cli/commands/ledger.ts';
import { plotCommand } from '../../src/cli/commands/plot.ts';
import { resumeCommand } from '../../src/cli/commands/resume.ts';
import { trainCommand } from '../../src/cli/commands/train.ts';
import { verifyCommand } from '../../src/cli/commands/verify.ts';
import { runCommand } from './run-command.ts';

const folder = mkdtempSync(join(tmpdir(), 'leash-given-'));
const runs = join(folder, 'runs');
const quiet = { quiet: true, threads: '1', runs };

beforeAll(async () => {
  const config = {
    steps: 512,
    engine: 'reference',
    environment: { id: 'FrozenLake-v1', options: { slippery: false } },
    rollout: { steps: 64 },
    network: { policy: { hidden: [] }, value: { hidden: [] } },
    trustRegion: { ledger: true },
  };
  const file = join(folder, 'lake.json');
  writeFileSync(file, JSON.stringify(config));
  for (const seed of ['0', '1', '2']) await runCommand(trainCommand, { CONFIG: file, seed, ...quiet });
  await runCommand(trainCommand, { CONFIG: file, name: 'only', ...quiet });
});

let out: string[] = [];
let err: string[] = [];
const listen = (): void => {
  [out, err] = [[], []];
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => out.push(String(text)) > 0);
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => err.push(String(text)) > 0);
};
afterEach(() => vi.restoreAllMocks());

const refusal = (run: Promise<unknown>): Promise<string> =>
  run.then(
    () => 'it was done',
    (error: Error) => error.message,
  );

test('every command that takes a run takes its name below --runs', async () => {
  listen();
  for (const RUN of ['only', 'only/seed-0', join(runs, 'only')]) {
    expect(await runCommand(evaluateCommand, { RUN, runs, episodes: '2' })).toBe(0);
    expect(await runCommand(ledgerCommand, { RUN, runs })).toBe(0);
    expect(await runCommand(plotCommand, { RUN: [RUN], runs })).toBe(0);
    const target = join(folder, 'policy.json');
    expect(await runCommand(exportCommand, { RUN, runs, format: 'json', out: target })).toBe(0);
    rmSync(target);
  }
});

test.each([
  ['evaluate', (RUN: string) => runCommand(evaluateCommand, { RUN, runs })],
  ['ledger', (RUN: string) => runCommand(ledgerCommand, { RUN, runs })],
  [
    'export',
    (RUN: string) => runCommand(exportCommand, { RUN, runs, format: 'json', out: join(folder, 'x') }),
  ],
  ['plot', (RUN: string) => runCommand(plotCommand, { RUN: [RUN], runs })],
  ['resume', (RUN: string) => runCommand(resumeCommand, { RUN, runs, quiet: true })],
])('leash %s of a run that is not there says where it was looked for, with the nearest', async (_, run) => {
  expect(await refusal(run('onyl'))).toBe(
    `no run at onyl; looked for ${join(process.cwd(), 'onyl')} and ${join(runs, 'onyl')}; did you mean only?`,
  );
  expect(await refusal(run(join(runs, 'only/seed-0/metrics.jsonl')))).toContain(
    'is a file of a run or experiment, not a run',
  );
});

test('ledger and export want one run of several', async () => {
  const message = `lake holds 3 runs; name one, such as ${runs}/lake/seed-0`;
  expect(await refusal(runCommand(ledgerCommand, { RUN: 'lake', runs }))).toBe(message);
  const said = { RUN: 'lake', runs, format: 'json', out: join(folder, 'x') };
  expect(await refusal(runCommand(exportCommand, said))).toBe(message);
});

test('evaluate of a folder of seeds is one table: what each run alone gives, and the seeds as samples', async () => {
  const findings = async (RUN: string) => {
    listen();
    await runCommand(evaluateCommand, { RUN, runs, episodes: '20', sampled: true, json: true });
    vi.restoreAllMocks();
    return JSON.parse(out.join(''));
  };
  const alone = await Promise.resolve(['0', '1', '2']).then(async (seeds) => {
    const found = [];
    for (const seed of seeds) found.push(await findings(`lake/seed-${seed}`));
    return found;
  });
  const all = await findings('lake');
  expect(all.runs).toEqual(alone);
  expect(all.problems).toEqual([]);
  const [summary, ...others] = all.configs;
  expect(others).toEqual([]);
  expect(summary.path).toBe(join(runs, 'lake'));
  expect(summary.returns.samples).toBe(3);
  const mean = alone.reduce((sum, each) => sum + each.returns.mean, 0) / 3;
  expect(summary.returns.mean).toBeCloseTo(mean, 12);
  expect(summary.returns.low).toBeGreaterThanOrEqual(0);
  expect(summary.returns.high).toBeLessThanOrEqual(1);

  listen();
  expect(await runCommand(evaluateCommand, { RUN: 'lake', runs, episodes: '20' })).toBe(0);
  const text = out.join('');
  expect(text).toMatch(/^episodes 20 of FrozenLake-v1 with the likeliest actions, seed 0, of each of 3 runs/);
  for (const seed of [0, 1, 2]) expect(text).toContain(`lake/seed-${seed}`);
  // Trained for a moment, none of them gets there.
  expect(text).toMatch(/mean 0, 95% interval 0 to 0\.\d+ over the 3 runs of lake \(3 equal\)\n/);
  vi.restoreAllMocks();
  expect(await refusal(runCommand(evaluateCommand, { RUN: 'lake', runs, render: true }))).toBe(
    `--render shows one policy, these are 3; name one, such as ${runs}/lake/seed-0`,
  );
});

test('a run of the folder that cannot be evaluated is named, the others are shown, and the exit code is 1', async () => {
  const file = join(runs, 'lake/seed-1/policy.safetensors');
  const bytes = readFileSync(file);
  writeFileSync(file, bytes.subarray(0, 40));
  listen();
  expect(await runCommand(evaluateCommand, { RUN: 'lake', runs, episodes: '2' })).toBe(1);
  writeFileSync(file, bytes);
  expect(err).toHaveLength(1);
  expect(err[0]).toContain(file);
  expect(out.join('')).toContain('of each of 2 runs');
});

test('a run whose own name ends in @ and a number is reached by it, by path and by name; none is made anew', async () => {
  const named = { CONFIG: join(folder, 'lake.json'), name: 'only@8', ...quiet };
  expect(await refusal(runCommand(trainCommand, named))).toBe(
    '--name must be a folder name without @ and a number at its end (RUN@UPDATE is a run after an update), got "only@8"',
  );
  expect(
    await refusal(runCommand(compareCommand, { ...named, CONFIG: [named.CONFIG], seeds: '1' })),
  ).toContain('without @ and a number at its end');
  // The run of before, beside one of the other name that has that update.
  cpSync(join(runs, 'lake/seed-2'), join(runs, 'only@8/seed-2'), { recursive: true });
  for (const RUN of ['only@8', join(runs, 'only@8')]) {
    listen();
    expect(await runCommand(evaluateCommand, { RUN, runs, episodes: '2', json: true })).toBe(0);
    expect(JSON.parse(out.join(''))).toMatchObject({ run: join(runs, 'only@8/seed-2') });
    const out8 = { RUN, runs, format: 'json', out: join(folder, 'only8.json') };
    expect(await runCommand(exportCommand, out8)).toBe(0);
    rmSync(out8.out);
    listen();
    expect(await runCommand(verifyCommand, { RUN, runs, json: true })).toBe(0);
    expect(JSON.parse(out.join(''))[0].path).toBe(join(runs, 'only@8/seed-2'));
  }
  expect(await runCommand(trainCommand, { ...named, seed: '2', resume: true })).toBe(0);
});
