import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterEach, expect, test, vi } from 'vitest';
import { temporaryFolder, writeRun } from '../plot/runs-on-disk.ts';
import { runsExportCommand } from '../../src/cli/commands/runs-export.ts';
import { runsListCommand } from '../../src/cli/commands/runs-list.ts';
import { runCommand } from './run-command.ts';

afterEach(() => {
  vi.restoreAllMocks();
});

async function printed(command: () => Promise<number>): Promise<string> {
  const chunks: string[] = [];
  vi.spyOn(process.stdout, 'write').mockImplementation((chunk) => {
    chunks.push(String(chunk));
    return true;
  });
  expect(await command()).toBe(0);
  return chunks.join('');
}

function root(): string {
  const folder = temporaryFolder();
  writeRun(folder, { name: 'clip', seed: 0, final: { returnMeanLastTenth: 0.5 } });
  writeRun(folder, { name: 'clip', seed: 2, final: { returnMeanLastTenth: 0.7 } });
  writeRun(folder, { name: 'clip', seed: 10, status: 'running', final: { returnMeanLastTenth: null } });
  const config = { objective: { kind: 'klPenalty' } };
  writeRun(folder, { name: 'penalty', config, final: { returnMeanLastTenth: 0.6 } });
  return folder;
}

/** NAME/seed-N of each line between the head and the sum. */
function listed(text: string): string[] {
  return text
    .trimEnd()
    .split('\n')
    .slice(1, -1)
    .map((line) => line.split(/\s+/)[0].split('/').slice(-2).join('/'));
}

test('runs are listed in natural order with their status and size', async () => {
  const text = await printed(() => runCommand(runsListCommand, { runs: root() }));
  expect(listed(text)).toEqual(['clip/seed-0', 'clip/seed-2', 'clip/seed-10', 'penalty/seed-0']);
  expect(text).toMatch(/seed-10 +CartPole-v1 +clip +alive +5\/5 +0\.5 /);
  expect(text).toMatch(/\n4 runs, \d+ kB\n$/);
});

test('one run is a run', async () => {
  const folder = temporaryFolder();
  writeRun(folder, { name: 'alone' });
  expect(await printed(() => runCommand(runsListCommand, { runs: folder }))).toMatch(/\n1 run, \d+ kB\n$/);
});

test('what dead means stands below a list with such a run', async () => {
  const folder = temporaryFolder();
  writeRun(folder, { name: 'whole' });
  const list = () => printed(() => runCommand(runsListCommand, { runs: folder }));
  expect(await list()).not.toContain('dead');
  vi.restoreAllMocks();
  writeRun(folder, { name: 'killed', status: 'dead' });
  expect(await list()).toMatch(
    /\n2 runs, \d+ kB\ndead: its process ended without a word: killed, out of memory, or a second Ctrl-C\n$/,
  );
});

test('a completed run in whose last tenth no episode ended is stuck; in JSON its return is null', async () => {
  const folder = temporaryFolder();
  writeRun(folder, { name: 'walks', final: { returnMeanLastTenth: null } });
  expect(await printed(() => runCommand(runsListCommand, { runs: folder }))).toMatch(
    /completed +5\/5 +stuck /,
  );
  vi.restoreAllMocks();
  const [run] = JSON.parse(await printed(() => runCommand(runsListCommand, { runs: folder, json: true })));
  expect(run.final.returnMeanLastTenth).toBe(null);

  const listing = (given: object) => async () =>
    listed(await printed(() => runCommand(runsListCommand, { runs: folder, ...given })));
  // Of none that is stuck it is true, too.
  const none = root();
  expect(await listing({ runs: none, where: 'return=stuck' })()).toEqual([]);
  writeRun(folder, { name: 'arrives', final: { returnMeanLastTenth: 0.5 } });
  expect(await listing({ where: 'return=stuck' })()).toEqual(['walks/seed-0']);
  for (const where of ['return!=stuck', 'return>0', 'return<=0.5'])
    expect(await listing({ where })()).toEqual(['arrives/seed-0']);
  expect(await listing({ sort: 'return' })()).toEqual(['arrives/seed-0', 'walks/seed-0']);
  await expect(listing({ where: 'return=late' })()).rejects.toThrow(
    '--where: return is a number or stuck in every run, got "late"',
  );
});

test('--where refuses a word that no run can have there, where it is one of some', async () => {
  const runs = root();
  const where = (condition: string) => runCommand(runsListCommand, { runs, where: condition });
  await expect(where('status=compleetd')).rejects.toThrow(
    '--where: status must be one of alive, completed, interrupted, failed, dead, got compleetd; did you mean completed?',
  );
  await expect(where('objective!=clipp')).rejects.toThrow(
    /^--where: objective must be one of clip, .*, got clipp; did you mean clip\?$/,
  );
  await expect(where('engine=gpu')).rejects.toThrow(
    '--where: engine must be one of auto, wasm, tfjs, reference, got gpu',
  );
  expect(listed(await printed(() => where('status=dead')))).toEqual([]);
});

test('--where compares settings and figures, and all conditions must hold', async () => {
  const runs = root();
  const where = async (condition: string) =>
    listed(await printed(() => runCommand(runsListCommand, { runs, where: condition })));
  expect(await where('objective=klPenalty')).toEqual(['penalty/seed-0']);
  expect(await where('objective=clip, return>=0.5, seed<2')).toEqual(['clip/seed-0']);
  expect(await where('return!=0.5')).toEqual(['clip/seed-2', 'penalty/seed-0']);
  expect(await where('status=alive')).toEqual(['clip/seed-10']);
  expect(await where('optimizer.learningRate<1e-9')).toEqual([]);
});

test('--sort puts great figures and early words first, runs without a value last', async () => {
  const runs = root();
  const sorted = async (sort: string, reverse?: boolean) =>
    listed(await printed(() => runCommand(runsListCommand, { runs, sort, reverse })));
  expect(await sorted('return')).toEqual(['clip/seed-2', 'penalty/seed-0', 'clip/seed-0', 'clip/seed-10']);
  expect((await sorted('objective', true))[0]).toBe('penalty/seed-0');
  // A word that every object has is no column.
  await expect(sorted('toString')).rejects.toThrow('--sort: no run has "toString"');
});

test('wrong conditions and keys are named', async () => {
  const runs = root();
  for (const slip of ['return>>1', 'return=>1', 'return==1', 'return<', 'return'])
    await expect(runCommand(runsListCommand, { runs, where: slip })).rejects.toThrow(
      `--where must be KEY OPERATOR VALUE with =, !=, <, >, <= or >=, several apart by commas; got "${slip}"`,
    );
  await expect(runCommand(runsListCommand, { runs, where: 'objektive=clip' })).rejects.toThrow(
    '--where: no run has "objektive"; did you mean objective?',
  );
  await expect(runCommand(runsListCommand, { runs, where: 'return' })).rejects.toThrow(
    '--where must be KEY OPERATOR VALUE with =, !=, <, >, <= or >=, several apart by commas; got "return"',
  );
  for (const where of ['return>abc', 'return=clip', 'seed!=none'])
    await expect(runCommand(runsListCommand, { runs, where })).rejects.toThrow(
      /^--where: \w+ is a number in every run, got "\w+"$/,
    );
  await expect(runCommand(runsListCommand, { runs, sort: 'retur' })).rejects.toThrow(
    '--sort: no run has "retur"; did you mean return?',
  );
  for (const RUN of [[''], ['clip', ' ']]) {
    await expect(runCommand(runsExportCommand, { RUN, runs, csv: join(runs, 'x.csv') })).rejects.toThrow(
      'RUN must name a run or a folder of runs, got ""',
    );
  }
  await expect(runCommand(runsListCommand, { runs: '/nowhere/at/all' })).rejects.toThrow(
    'no run at /nowhere/at/all',
  );
});

test('event files stand below their folder, whatever a run is called, each in one of its own', async () => {
  const around = temporaryFolder();
  for (const place of ['runs', 'other']) writeRun(join(around, place), { name: 'v' });
  mkdirSync(join(around, 'p'));
  const cwd = vi.spyOn(process, 'cwd').mockReturnValue(join(around, 'p'));
  const tensorboard = join(around, 'p', 'tb');
  const RUN = [join(around, 'runs', 'v'), join(around, 'other', 'v')];
  await printed(() => runCommand(runsExportCommand, { RUN, runs: 'runs', tensorboard }));
  cwd.mockRestore();
  const files = readdirSync(around, { recursive: true, encoding: 'utf8' });
  const events = files.filter((file) => file.includes('tfevents'));
  expect(events).toHaveLength(2);
  for (const file of events) expect(file).toMatch(/^p\/tb\/.*\/v\/seed-0\/events/);
  const named = (name: string): string => {
    const folder = join(around, 'named');
    writeRun(folder, { name: 'v' });
    const record = join(folder, 'v', 'seed-0', 'run.json');
    writeFileSync(record, JSON.stringify({ ...JSON.parse(readFileSync(record, 'utf8')), name }));
    return folder;
  };
  const escaping = { RUN: [named('../../escaped')], runs: 'runs', tensorboard: join(around, 'x', 'y') };
  await printed(() => runCommand(runsExportCommand, escaping));
  expect(existsSync(join(around, 'escaped'))).toBe(false);
});

test('event files are written all or not at all', async () => {
  const runs = root();
  const tensorboard = join(runs, 'tensorboard');
  const RUN = ['clip', 'penalty'];
  const file = (run: string): string =>
    join(tensorboard, run, 'seed-0', 'events.out.tfevents.1767225600.leash');
  mkdirSync(dirname(file('penalty')), { recursive: true });
  writeFileSync(file('penalty'), 'mine');
  await expect(runCommand(runsExportCommand, { RUN, runs, tensorboard })).rejects.toThrow(
    `--tensorboard ${file('penalty')} is there already and no earlier output of this kind`,
  );
  expect(readdirSync(tensorboard, { recursive: true }).sort()).toEqual([
    ...['penalty', 'penalty/seed-0', 'penalty/seed-0/events.out.tfevents.1767225600.leash'],
  ]);
  rmSync(file('penalty'));
  await printed(() => runCommand(runsExportCommand, { RUN, runs, tensorboard }));
  expect([file('clip'), file('penalty')].map((path) => existsSync(path))).toEqual([true, true]);
});

test('export writes one table or event files, and one of them must be named', async () => {
  const runs = root();
  const csv = join(runs, 'x.csv');
  expect(await printed(() => runCommand(runsExportCommand, { RUN: ['clip'], runs, csv }))).toBe(
    `${csv}: 3 runs, 15 rows\n`,
  );
  expect(readFileSync(csv, 'utf8').split('\n')).toHaveLength(17);
  const tensorboard = join(runs, 'tensorboard');
  await printed(() => runCommand(runsExportCommand, { RUN: ['penalty'], runs, tensorboard }));
  expect(existsSync(join(tensorboard, 'penalty', 'seed-0', 'events.out.tfevents.1767225600.leash'))).toBe(
    true,
  );
  const inRun = join(runs, 'penalty', 'seed-0');
  await expect(runCommand(runsExportCommand, { RUN: ['penalty'], runs, tensorboard: inRun })).rejects.toThrow(
    `--tensorboard ${inRun} is in the folder of the run`,
  );
  const both = 'runs export needs --csv FILE or --tensorboard DIR, one of them';
  await expect(runCommand(runsExportCommand, { RUN: ['clip'], runs })).rejects.toThrow(both);
  await expect(runCommand(runsExportCommand, { RUN: ['clip'], runs, csv, tensorboard })).rejects.toThrow(
    both,
  );
  const nowhere = join(runs, 'no', 'x.csv');
  await expect(runCommand(runsExportCommand, { RUN: ['clip'], runs, csv: nowhere })).rejects.toThrow(
    `--csv ${nowhere}: cannot write there (ENOENT)`,
  );
});
