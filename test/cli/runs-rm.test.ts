import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join, relative } from 'node:path';
import { PassThrough } from 'node:stream';
import { stripVTControlCharacters } from 'node:util';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { openExperiment } from '../../src/experiment/experiment-directory.ts';
import { createRun } from '../../src/run/run-directory.ts';
import { ordinaryRow, temporaryFolder, writeRun } from '../plot/runs-on-disk.ts';
import { runsRmCommand } from '../../src/cli/commands/runs-rm.ts';
import { runCommand } from './run-command.ts';

afterEach(() => {
  vi.restoreAllMocks();
});

async function printed(command: () => Promise<number>): Promise<string> {
  const write = vi.spyOn(process.stdout, 'write').mockReturnValue(true);
  try {
    expect(await command()).toBe(0);
    return write.mock.calls.map(([text]) => String(text)).join('');
  } finally {
    write.mockRestore();
  }
}

const rm = (runs: string, ...RUN: string[]): Promise<string> =>
  printed(() => runCommand(runsRmCommand, { RUN, runs, yes: true }));

/** Every file below a folder with its text. */
function contents(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort()
    .map((file) => `${file}: ${readFileSync(file, 'utf8')}`);
}

function root(): string {
  const folder = temporaryFolder();
  for (const seed of [0, 2, 10]) writeRun(folder, { name: 'clip', seed });
  writeRun(folder, { name: 'penalty' });
  return folder;
}

/** An experiment as it stands when it has ended. */
function writeExperiment(runs: string): string {
  const experiment = openExperiment(runs, 'study');
  for (const label of ['a', 'b', join('calibration', 'a@0.2')]) writeRun(experiment.path, { name: label });
  experiment.writeReport('report.json', '{}\n');
  experiment.writeReport('report.html', '<html>');
  experiment.release();
  return experiment.path;
}

test('what goes is printed before it goes, and the folder of its seeds goes with the last', async () => {
  const runs = root();
  const [clip, penalty] = [join(runs, 'clip'), join(runs, 'penalty')];
  expect(await rm(runs, 'clip', penalty)).toMatch(
    new RegExp(
      `^${clip}/seed-0\n${clip}/seed-2\n${clip}/seed-10\n${penalty}/seed-0\ndeleted 4 runs, \\d+ kB\n$`,
    ),
  );
  expect(readdirSync(runs)).toEqual([]);
});

test('it asks, and refuses where nobody can answer, having said what it would delete', async () => {
  const runs = root();
  const write = vi.spyOn(process.stdout, 'write').mockReturnValue(true);
  await expect(runCommand(runsRmCommand, { RUN: ['penalty'], runs })).rejects.toThrow(
    /^this would delete 1 run, \d kB; say --yes where nobody can be asked$/,
  );
  expect(write.mock.calls.join('')).toBe(`${join(runs, 'penalty', 'seed-0')}\n`);
  expect(existsSync(join(runs, 'penalty', 'seed-0', 'metrics.jsonl'))).toBe(true);
});

test('what is named twice goes once, however it is spelled', async () => {
  const runs = root();
  const from = relative('.', runs);
  const spelled = [
    'clip/seed-0',
    './clip/seed-0/',
    `${runs}/clip/seed-0`,
    `${runs}//clip/./seed-0`,
    'penalty',
  ];
  expect(await rm(from, ...spelled)).toMatch(
    new RegExp(`^${from}/clip/seed-0\n${from}/penalty/seed-0\ndeleted 2 runs, \\d+ kB\n$`),
  );
  expect(readdirSync(join(runs, 'clip')).sort()).toEqual(['seed-10', 'seed-2']);
});

/** Runs a command before a terminal of which such keys are pressed at once. @returns its exit code, and what it printed */
async function atTerminal(keys: string, command: () => Promise<number>): Promise<[number, string]> {
  const input = Object.assign(new PassThrough(), { isTTY: true });
  const output = Object.assign(new PassThrough(), { isTTY: true, columns: 200 });
  vi.spyOn(process, 'stdin', 'get').mockReturnValue(input as unknown as typeof process.stdin);
  vi.spyOn(process, 'stdout', 'get').mockReturnValue(output as unknown as typeof process.stdout);
  try {
    input.write(keys);
    const exitCode = await command();
    return [exitCode, stripVTControlCharacters(String(output.read()))];
  } finally {
    vi.restoreAllMocks();
  }
}

test.each([
  ['y, Enter', 'y\r', 0, /\[y\/N\] y\r?\ndeleted 1 run, \d kB\n$/],
  ['n, Enter', 'n\r', 0, /\[y\/N\] n\r?\nnothing deleted\n$/],
  ['Ctrl-C', '\x03', 130, /\[y\/N\] \nnothing deleted\n$/],
  ['y, Ctrl-C', 'y\x03', 130, /\[y\/N\] y\nnothing deleted\n$/],
  ['Ctrl-D', '\x04', 0, /\[y\/N\] \nnothing deleted\n$/],
])('what it asks is answered with %s', async (_, keys, code, said) => {
  const runs = root();
  const answered = await atTerminal(keys, () => runCommand(runsRmCommand, { RUN: ['penalty'], runs }));
  expect(answered).toEqual([code, expect.stringMatching(said)]);
  expect(existsSync(join(runs, 'penalty'))).toBe(!answered[1].includes('deleted 1 run'));
});

test('files that leash did not write stay, with their folder, and are named', async () => {
  const runs = root();
  const seed = join(runs, 'clip', 'seed-0');
  writeFileSync(join(seed, 'thesis.tex'), 'mine');
  mkdirSync(join(seed, 'ledger.jsonl'));
  writeFileSync(join(runs, 'clip', 'notes.txt'), 'mine');
  mkdirSync(join(runs, 'clip', 'pictures', 'more'), { recursive: true });
  writeFileSync(join(runs, 'clip', 'pictures', 'more', 'a.png'), 'mine');
  writeFileSync(join(seed, 'policy.safetensors.tmp'), 'half');
  const said = await rm(runs, 'clip');
  for (const name of ['notes.txt', 'pictures', 'seed-0/thesis.tex', 'seed-0/ledger.jsonl']) {
    expect(said).toContain(`${join(runs, 'clip', name)} stays: it is not leash's\n`);
  }
  expect(readdirSync(join(runs, 'clip')).sort()).toEqual(['notes.txt', 'pictures', 'seed-0']);
  expect(readdirSync(seed).sort()).toEqual(['ledger.jsonl', 'thesis.tex']);
});

test('a path takes one line, and gives a terminal no orders', async () => {
  const runs = root();
  const name = 'a\x1b[2J\nb';
  writeFileSync(join(runs, 'penalty', name), 'mine');
  expect(await rm(runs, 'penalty')).toContain("a\\x1b[2J b stays: it is not leash's\n");
  expect(readdirSync(join(runs, 'penalty'))).toEqual([name]);
});

test('an experiment goes with its marker, its locks, its reports and its calibration', async () => {
  const runs = root();
  const study = writeExperiment(runs);
  writeFileSync(join(study, 'lock'), '4194304\n');
  writeFileSync(join(study, 'report.json.tmp'), 'half');
  mkdirSync(join(study, 'c'));
  expect(await rm(runs, 'study')).toMatch(/\ndeleted 1 experiment, 3 runs, \d+ kB\n$/);
  expect(existsSync(study)).toBe(false);
});

test('a note in an experiment’s folder stays', async () => {
  const runs = root();
  const study = writeExperiment(runs);
  writeFileSync(join(study, 'calibration', 'note'), 'mine');
  expect(await rm(runs, 'study')).toContain(`${join(study, 'calibration', 'note')} stays`);
  expect(contents(study)).toEqual([`${join(study, 'calibration', 'note')}: mine`]);
});

test('a run may be taken out of an experiment that nobody works in', async () => {
  const runs = root();
  const study = writeExperiment(runs);
  await rm(runs, 'study/a');
  expect(existsSync(join(study, 'a'))).toBe(false);
  expect(existsSync(join(study, 'b', 'seed-0', 'run.json'))).toBe(true);
  openExperiment(runs, 'study').release();
});

describe('a killed or damaged run can be removed, and made again', () => {
  const damages: [string, (path: string) => void][] = [
    ['with nothing but its owner', (path) => only(path, ['owner.json'])],
    [
      'with its owner cut short',
      (path) => writeFileSync(join(path, 'owner.json'), '{"format":"leash-run-1","le'),
    ],
    ['with an empty owner', (path) => writeFileSync(join(path, 'owner.json'), '')],
    [
      'with no owner that can be read, nor a record, nor a config',
      (path) => {
        writeFileSync(join(path, 'owner.json'), '{"lea');
        writeFileSync(join(path, 'config.json'), '{"se');
        rmSync(join(path, 'run.json'));
      },
    ],
    ['with an empty run.json', (path) => writeFileSync(join(path, 'run.json'), '')],
    ['with an empty config.json', (path) => writeFileSync(join(path, 'config.json'), '')],
    ['without rows', (path) => rmSync(join(path, 'metrics.jsonl'))],
    ['of leash 0.1.0', (path) => rmSync(join(path, 'owner.json'))],
  ];
  function only(path: string, kept: string[]): void {
    for (const name of readdirSync(path)) if (!kept.includes(name)) rmSync(join(path, name));
  }
  test.each(damages)('%s', async (_, damage) => {
    const runs = temporaryFolder();
    const path = writeRun(runs, { name: 'a', status: 'dead' });
    damage(path);
    await rm(runs, 'a');
    expect(readdirSync(runs)).toEqual([]);
    createRun(runs, 'a', { seed: 0 }).close();
  });

  test('killed before it had its name', async () => {
    const runs = temporaryFolder();
    mkdirSync(join(runs, 'a', '.seed-0.0123456789abcdef.tmp'), { recursive: true });
    await rm(runs, 'a');
    expect(readdirSync(runs)).toEqual([]);
  });

  test('however damaged, in an experiment', async () => {
    const runs = temporaryFolder();
    const study = writeExperiment(runs);
    only(join(study, 'a', 'seed-0'), ['metrics.jsonl']);
    writeFileSync(join(study, 'experiment.json'), '');
    await rm(runs, 'study');
    expect(readdirSync(runs)).toEqual([]);
  });
});

describe('nothing at all is deleted where an argument', () => {
  const refused: [string, (runs: string) => string, RegExp][] = [
    ['is empty', () => '', /^runs rm "": names nothing \(a variable that is not set\?\)$/],
    ['is blank', () => ' \t', /names nothing/],
    ['is .', () => '.', /name the run or its folder, without \. or \.\./],
    ['is ./', () => './', /name the run or its folder, without/],
    ['is ..', () => '..', /name the run or its folder, without/],
    ['has .. in it', (runs) => `${runs}/clip/../penalty`, /name the run or its folder, without/],
    ['is the root', (runs) => runs, /is the folder of all runs; name what is in it/],
    ['is the root with a slash', (runs) => `${runs}/`, /is the folder of all runs; name what is in it/],
    ['is elsewhere', (runs) => `${runs}-elsewhere/a`, /is not below --runs/],
    ['is not there', () => 'never', /"never": there is no such run/],
    ['is a file', (runs) => `${runs}/clip/seed-0/run.json`, /run\.json is no folder/],
    ['is behind a file', (runs) => `${runs}/clip/seed-0/run.json/x`, /there is no such run/],
    ['is a project with files of these names', () => 'proj', /^no run of leash at .*proj: nothing in it has/],
    ['holds one', () => 'projects', /^no run of leash at .*projects: nothing in it has/],
    ['is a link to a run', () => 'link', /link is a symbolic link; nothing is deleted through one/],
    ['leads through a link', () => 'links/a', /links is a symbolic link; nothing is deleted through one/],
  ];
  function prepared(): string {
    const runs = root();
    writeRun(`${runs}-elsewhere`, { name: 'a' });
    for (const project of [join(runs, 'proj'), join(runs, 'projects', 'one', 'seed-0')]) {
      mkdirSync(project, { recursive: true });
      for (const name of ['config.json', 'metrics.jsonl', 'run.json', 'owner.json', 'thesis.tex']) {
        writeFileSync(join(project, name), '{"name":"a","seed":0}');
      }
    }
    symlinkSync(join(runs, 'clip', 'seed-0'), join(runs, 'link'));
    symlinkSync(`${runs}-elsewhere`, join(runs, 'links'));
    return runs;
  }
  test.each(refused)('%s', async (_, argument, message) => {
    const runs = prepared();
    const before = [...contents(runs), ...contents(`${runs}-elsewhere`)];
    // The good argument before it must not go either.
    await expect(
      runCommand(runsRmCommand, { RUN: ['penalty', argument(runs)], runs, yes: true }),
    ).rejects.toMatchObject({
      name: 'UserError',
      exitCode: 2,
      message: expect.stringMatching(message),
    });
    expect([...contents(runs), ...contents(`${runs}-elsewhere`)]).toEqual(before);
  });

  test('or --runs is empty', async () => {
    await expect(runCommand(runsRmCommand, { RUN: ['clip'], runs: '', yes: true })).rejects.toThrow(
      '--runs must name a folder, got ""',
    );
  });

  test('is a run that goes on', async () => {
    const runs = root();
    const run = createRun(runs, 'alive', { seed: 0 });
    await expect(
      runCommand(runsRmCommand, { RUN: ['clip', 'alive'], runs, yes: true }),
    ).rejects.toMatchObject({
      exitCode: 1,
      message: `${run.path} is alive: process ${process.pid} is at work in it; nothing was deleted`,
    });
    expect(existsSync(join(runs, 'clip', 'seed-0'))).toBe(true);
    run.appendRow(ordinaryRow(1));
    run.close();
  });

  test('is an experiment that goes on, or a part of one', async () => {
    const runs = root();
    writeExperiment(runs);
    const experiment = openExperiment(runs, 'study');
    const message = `process ${process.pid} is at work in ${experiment.path}; wait for it, or choose another --name; nothing was deleted`;
    for (const argument of ['study', 'study/a', 'study/a/seed-0']) {
      await expect(runCommand(runsRmCommand, { RUN: [argument], runs, yes: true })).rejects.toThrow(message);
    }
    expect(existsSync(join(experiment.path, 'a', 'seed-0'))).toBe(true);
    experiment.release();
  });
});

test('links inside a folder are neither followed nor deleted', async () => {
  const runs = root();
  const elsewhere = writeRun(`${runs}-elsewhere`, { name: 'a' });
  symlinkSync(elsewhere, join(runs, 'clip', 'seed-1'));
  const rows = join(runs, 'clip', 'seed-0', 'metrics.jsonl');
  rmSync(rows);
  symlinkSync(join(elsewhere, 'metrics.jsonl'), rows);
  const before = contents(`${runs}-elsewhere`);
  const said = await rm(runs, 'clip');
  expect(said).toContain(`${join(runs, 'clip', 'seed-1')} stays`);
  expect(said).toContain(`${rows} stays`);
  expect(contents(`${runs}-elsewhere`)).toEqual(before);
  expect(readdirSync(join(runs, 'clip')).sort()).toEqual(['seed-0', 'seed-1']);
});

test('a run that was copied is still a run', async () => {
  const runs = root();
  cpSync(join(runs, 'clip', 'seed-0'), join(runs, 'kept', 'best'), { recursive: true });
  await rm(runs, 'kept');
  expect(existsSync(join(runs, 'kept'))).toBe(false);
});

test.each([
  ['clop', 'clip'],
  ['clip/sed-2', 'clip/seed-2'],
  ['penality/seed-0', 'penalty'],
  ['no/such/thing', undefined],
])('%s is not there: the nearest that is, %s', async (word, meant) => {
  const runs = root();
  const message = await rm(runs, word).then(
    () => '',
    ({ message }: Error) => message,
  );
  expect(message).toContain(`there is no such run; looked for ${process.cwd()}/${word} and ${runs}/${word}`);
  expect(/did you mean (\S+)\?$/.exec(message)?.[1]).toBe(meant);
});
