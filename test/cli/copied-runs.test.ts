import { cpSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { compareCommand } from '../../src/cli/commands/compare.ts';
import { evaluateCommand } from '../../src/cli/commands/evaluate.ts';
import { plotCommand } from '../../src/cli/commands/plot.ts';
import { runsExportCommand } from '../../src/cli/commands/runs-export.ts';
import { runsListCommand } from '../../src/cli/commands/runs-list.ts';
import { describeFailure } from '../../src/cli/failure.ts';
import { verdictOf } from '../../src/dashboard/verdict.ts';
import { findRuns } from '../../src/plot/read-runs.ts';
import { environmentOptions } from '../../envs/environment-options.ts';
import { temporaryFolder, writeRun } from '../plot/runs-on-disk.ts';
import { runCommand } from './run-command.ts';

let root: string;
let printed = '';
beforeEach(() => {
  root = temporaryFolder();
  printed = '';
  for (const stream of ['stdout', 'stderr'] as const)
    vi.spyOn(process[stream], 'write').mockImplementation((text) => {
      printed += String(text);
      return true;
    });
  for (const seed of [0, 1, 2]) writeRun(root, { name: 'a', seed });
  return () => void vi.restoreAllMocks();
});

const copy = (from: string, to: string): void =>
  cpSync(join(root, from), join(root, to), { recursive: true });
/** Exit code and what is said, `ROOT` for the folder. */
const said = async (running: Promise<number>): Promise<[number, string]> => {
  const { exitCode, text } = await running.then(
    (code) => ({ exitCode: code, text: printed }),
    (cause) => describeFailure(cause),
  );
  return [exitCode, text.replaceAll(root, 'ROOT')];
};
const plot = (RUN: string[], over: { groupBy?: string } = {}): Promise<[number, string]> =>
  said(runCommand(plotCommand, { RUN, runs: root, out: join(root, 'a.svg'), ...over }));
const exported = (RUN: string[]): Promise<[number, string]> =>
  said(runCommand(runsExportCommand, { RUN, runs: root, csv: join(root, 'a.csv') }));

describe('a copy of a seed beside it is no further seed', () => {
  const refused = (what = 'ROOT/a/seed-0 and ROOT/a/seed-0-old are both seed 0 of one config') => [
    2,
    `leash: ${what}, which counts once; move one of them away`,
  ];
  beforeEach(() => copy('a/seed-0', 'a/seed-0-old'));

  it('for evaluate, plot, compare and the verdict of the dashboard', async () => {
    writeRun(root, { name: 'b' });
    for (const RUN of ['a', 'a@3'])
      expect(await said(runCommand(evaluateCommand, { RUN, runs: root }))).toEqual(refused());
    expect(await plot(['a'])).toEqual(refused());
    expect(await said(runCommand(compareCommand, { CONFIG: ['a', 'b'], runs: root }))).toEqual(refused());
    await expect(verdictOf([join(root, 'a'), join(root, 'b')], root, environmentOptions)).rejects.toThrow(
      `${join(root, 'a/seed-0')} and ${join(root, 'a/seed-0-old')} are both seed 0 of one config`,
    );
  });

  it('nor in a table, where their rows could not be told apart', async () => {
    expect(await exported(['a'])).toEqual([
      2,
      'leash: --csv: ROOT/a/seed-0 and ROOT/a/seed-0-old would both be run a, seed 0; export them apart',
    ]);
    expect(await exported(['a/seed-0-old', 'a/seed-1'])).toEqual([0, 'ROOT/a.csv: 2 runs, 10 rows\n']);
  });

  it('under the name of another seed either, whatever is kept of it besides', async () => {
    copy('a/seed-1', 'c/seed-1');
    copy('a/seed-1', 'c/seed-3');
    const file = join(root, 'c/seed-3/config.json');
    const config = JSON.parse(readFileSync(file, 'utf8'));
    writeFileSync(file, JSON.stringify({ ...config, description: 'Once more.', checkpoint: null }));
    const what = 'ROOT/c/seed-1 and ROOT/c/seed-3 are both seed 1 of one config';
    expect(await plot(['c'])).toEqual(refused(what));
    expect(await said(runCommand(evaluateCommand, { RUN: 'c', runs: root }))).toEqual(refused(what));
  });

  it('but stays in the list of runs', async () => {
    expect(await said(runCommand(runsListCommand, { runs: root }))).toEqual([0, expect.any(String)]);
    expect(printed).toContain('a/seed-0-old');
    expect(printed).toContain('4 runs');
  });

  it('and is plotted run by run', async () => {
    expect(await plot(['a'], { groupBy: 'seed' })).toMatchObject([0, expect.any(String)]);
  });
});

it('runs that were trained under two names are two curves, and no two seeds of one', async () => {
  for (const seed of [0, 1]) writeRun(root, { name: 'b', seed });
  expect(await plot(['a', 'b'])).toMatchObject([0, expect.any(String)]);
  expect(await exported(['a', 'b'])).toMatchObject([0, expect.any(String)]);
  expect(await plot(['a', 'b'], { groupBy: 'environment.id' })).toEqual([
    2,
    'leash: ROOT/a/seed-0 and ROOT/b/seed-0 are both seed 0 of one config, which counts once; move one of them away',
  ]);
});

it('runs of one seed whose configs, files or beginnings differ are samples of their own', async () => {
  writeRun(root, { name: 'b', config: { optimizer: { learningRate: 0.01 } } });
  for (const [name, more] of [
    ['branch', { parent: { run: 'a/seed-0', update: 2, sha256: 'f'.repeat(64) } }],
    ['file', { module: { id: 'Mine', sha256: 'f'.repeat(64) } }],
  ] as const) {
    const file = join(writeRun(root, { name }), 'run.json');
    writeFileSync(file, JSON.stringify({ ...JSON.parse(readFileSync(file, 'utf8')), ...more }));
  }
  for (const name of ['b', 'branch', 'file'])
    expect(await plot(['a', name], { groupBy: 'objective.kind' })).toMatchObject([0, expect.any(String)]);
});

it('a run that is named by several paths, or by a link, is there once', () => {
  mkdirSync(join(root, 'elsewhere'));
  symlinkSync(join(root, 'a'), join(root, 'elsewhere/linked'));
  const named = [join(root, 'a'), `${root}/./a`, 'a/seed-1', join(root, 'elsewhere/linked')];
  expect(findRuns(named, root)).toEqual([0, 1, 2].map((seed) => join(root, `a/seed-${seed}`)));
});
