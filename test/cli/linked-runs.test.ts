import { renameSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { compareCommand } from '../../src/cli/commands/compare.ts';
import { plotCommand } from '../../src/cli/commands/plot.ts';
import { runsListCommand } from '../../src/cli/commands/runs-list.ts';
import { findRuns } from '../../src/plot/read-runs.ts';
import { temporaryFolder, writeRun } from '../plot/runs-on-disk.ts';
import { runCommand } from './run-command.ts';

let root: string;
let elsewhere: string;
let printed: { stdout: string; stderr: string };
beforeEach(() => {
  root = temporaryFolder();
  elsewhere = temporaryFolder();
  printed = { stdout: '', stderr: '' };
  for (const stream of ['stdout', 'stderr'] as const)
    vi.spyOn(process[stream], 'write').mockImplementation((text) => {
      printed[stream] += String(text);
      return true;
    });
  for (const seed of [0, 1, 2]) writeRun(root, { name: 'a', seed });
  return () => void vi.restoreAllMocks();
});

const at = (name: string): string => join(root, name);
const found = (...given: string[]): string[] =>
  findRuns(given.map(at), root).map((path) => path.slice(root.length + 1));

describe('a link to a folder', () => {
  beforeEach(() => {
    renameSync(at('a/seed-1'), join(elsewhere, 'seed-1'));
    symlinkSync(join(elsewhere, 'seed-1'), at('a/seed-1'));
  });

  it('is the folder: a run that was moved to another disk counts', async () => {
    expect(found('a')).toEqual(['a/seed-0', 'a/seed-1', 'a/seed-2']);
    expect(await runCommand(runsListCommand, { runs: root })).toBe(0);
    expect(printed.stdout).toMatch(/\n3 runs, \d/);
    for (const seed of [0, 1, 2]) writeRun(root, { name: 'b', seed });
    expect(await runCommand(compareCommand, { CONFIG: ['a', 'b'], runs: root })).toBe(0);
    expect(printed.stdout).toMatch(/\na +3\/3 /);
  });

  it('is there once, by the shortest way, however many lead there, and none goes round in circles', () => {
    symlinkSync('a', at('again'));
    symlinkSync('.', at('here'));
    symlinkSync(root, at('a/up'));
    expect(found('.').sort()).toEqual(['a/seed-0', 'a/seed-1', 'a/seed-2']);
    expect(found('again')).toEqual(['again/seed-0', 'again/seed-1', 'again/seed-2']);
  });
});

it('a link to nothing is named as a damaged run, one to a file is none', async () => {
  symlinkSync('nowhere', at('a/seed-3'));
  writeFileSync(at('file'), '');
  symlinkSync('../file', at('a/seed-4'));
  expect(found('a')).toEqual(['a/seed-0', 'a/seed-1', 'a/seed-2', 'a/seed-3']);
  expect(await runCommand(runsListCommand, { runs: root })).toBe(0);
  expect(printed.stdout).toMatch(/\n4 runs, 1 damaged, /);
  expect(await runCommand(plotCommand, { RUN: ['a'], runs: root, out: at('a.svg') })).toBe(0);
  expect(printed.stderr).toContain(
    `${at('a/seed-3')} is left out: there is no file ${at('a/seed-3/config.json')}`,
  );
});
