import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { ReportData } from '../../src/experiment/report-data.ts';
import { compareCommand } from '../../src/cli/commands/compare.ts';
import { sweepCommand } from '../../src/cli/commands/sweep.ts';
import { runCommand } from '../cli/run-command.ts';

const written = new URL('../fixtures/experiment-0.1.0', import.meta.url).pathname;
const config = (name: string): string => join(written, 'configs', `${name}.json`);

/** Path → content of every file of a run, `seed-N/…`: none of them changes where no run is made again. */
function runFiles(folder: string): Map<string, string> {
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).sort();
  const ofRuns = files.filter((path) => path.includes('seed-') && statSync(join(folder, path)).isFile());
  return new Map(ofRuns.map((path) => [path, readFileSync(join(folder, path), 'latin1')]));
}

describe('an experiment of leash 0.1.0 goes on', () => {
  let runs: string;
  let stdout: string;
  beforeEach(() => {
    runs = mkdtempSync(join(tmpdir(), 'leash-continued-'));
    cpSync(written, runs, { recursive: true });
    stdout = '';
    vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
      stdout += String(text);
      return true;
    });
  });
  afterEach(() => void vi.restoreAllMocks());

  const reportOf = (name: string): ReportData =>
    JSON.parse(readFileSync(join(runs, name, 'report.json'), 'utf8')) as ReportData;

  it.each([
    {
      name: 'compare',
      command: () =>
        runCommand(compareCommand, {
          CONFIG: [config('clip'), config('surrogate')],
          seeds: '3',
          runs,
          name: 'compare',
        }),
    },
    {
      name: 'matched',
      command: () =>
        runCommand(compareCommand, {
          CONFIG: [config('arm')],
          seeds: '2',
          runs,
          name: 'matched',
          matchKl: '0.004',
        }),
    },
    {
      name: 'sweep',
      command: () => runCommand(sweepCommand, { FILE: config('rates'), runs, name: 'sweep' }),
    },
  ])(
    '$name: no run is made again, and the report comes out with the returns it had',
    async ({ name, command }) => {
      const before = runFiles(join(runs, name));
      const old = reportOf(name);
      expect(await command()).toBe(0);
      expect(runFiles(join(runs, name))).toEqual(before);
      expect(stdout).not.toContain('to make');
      expect(stdout).toContain('verdict');
      expect(readFileSync(join(runs, name, 'report.html'), 'utf8')).toContain('<svg');
      const finals = ({ configs }: ReportData) => configs.flatMap(({ final }) => final.perSeed);
      expect(finals(reportOf(name))).toEqual(finals(old).map((value) => expect.closeTo(value as number, 9)));
    },
  );

  const compare = () =>
    runCommand(compareCommand, {
      CONFIG: [config('clip'), config('surrogate')],
      seeds: '3',
      runs,
      name: 'compare',
      workers: '1',
    });
  const file = (path: string): string => join(runs, 'compare', path);
  const cut = (path: string): void =>
    writeFileSync(file(path), readFileSync(file(path), 'utf8').slice(0, -40));

  it('with a setting less, keys in another order, other words and white space it is the same config', async () => {
    const change = (path: string, how: (written: Record<string, object>) => object): void =>
      writeFileSync(file(path), JSON.stringify(how(JSON.parse(readFileSync(file(path), 'utf8')))));
    change('clip/seed-0/config.json', ({ loss: _, ...rest }) => rest);
    change('clip/seed-1/config.json', (whole) => Object.fromEntries(Object.entries(whole).reverse()));
    change('clip/seed-2/config.json', (whole) => ({ ...whole, description: 'Other words.' }));
    const before = runFiles(join(runs, 'compare'));
    expect(await compare()).toBe(0);
    expect(runFiles(join(runs, 'compare'))).toEqual(before);
  });

  it.each([
    [
      'running',
      'dead after update 6 (its process ended without a word: killed, out of memory, or a second Ctrl-C)',
    ],
    ['interrupted', 'interrupted after update 6'],
    ['failed', 'failed after update 6'],
  ])('a run that is %s: it is made again, and how it ended is said', async (status, end) => {
    const record = JSON.parse(readFileSync(file('clip/seed-1/run.json'), 'utf8'));
    writeFileSync(file('clip/seed-1/run.json'), JSON.stringify({ ...record, status }));
    let stderr = '';
    vi.spyOn(process.stderr, 'write').mockImplementation((text) => {
      stderr += String(text);
      return true;
    });
    expect(await compare()).toBe(0);
    expect(stderr).toBe(`${file('clip/seed-1')}: ${end}; the run is made again\n`);
    expect(JSON.parse(readFileSync(file('clip/seed-1/run.json'), 'utf8')).status).toBe('completed');
  });

  it.each([
    ['clip/seed-0/config.json', cut],
    ['clip/seed-1/run.json', cut],
    ['clip/seed-2/metrics.jsonl', cut],
    ['surrogate/seed-0/config.json', (path: string) => rmSync(file(path))],
    ['surrogate/seed-1/config.json', (path: string) => writeFileSync(file(path), '{"environment": 3}')],
    ['surrogate/seed-2/run.json', (path: string) => writeFileSync(file(path), '[[[')],
    ['clip/seed-0/policy.safetensors', (path: string) => rmSync(file(path))],
    [
      'surrogate/seed-2/metrics.jsonl',
      (path: string) =>
        writeFileSync(file(path), readFileSync(file(path), 'utf8').replace('"k1":', '"k1":"x","k0":')),
    ],
  ])('a damaged %s: that run is made again, and named', async (path, damage) => {
    damage(path);
    const run = path.split('/').slice(0, 2).join('/');
    let stderr = '';
    vi.spyOn(process.stderr, 'write').mockImplementation((text) => {
      stderr += String(text);
      return true;
    });
    const before = runFiles(join(runs, 'compare'));
    expect(await compare()).toBe(0);
    expect(stdout).toContain('1 run to make, 5 are there already');
    expect(stderr).toMatch(/^.*; the run is made again\n$/);
    expect(stderr).not.toContain('the rest is used');
    expect(stderr).toContain(run);
    const changed = [...runFiles(join(runs, 'compare'))].filter(([name, text]) => before.get(name) !== text);
    expect(changed.map(([name]) => name).filter((name) => !name.startsWith(`${run}/`))).toEqual([]);
    const made = readFileSync(file(`${run}/config.json`), 'utf8');
    expect(JSON.parse(made)).toMatchObject({ steps: 480 });
  });

  it('a config that really differs is refused, naming where, and nothing is removed', async () => {
    const path = file('surrogate/seed-1/config.json');
    const other = JSON.parse(readFileSync(path, 'utf8'));
    other.advantage.gamma = 0.5;
    writeFileSync(path, JSON.stringify(other));
    const before = runFiles(join(runs, 'compare'));
    await expect(compare()).rejects.toThrow(
      `${file('surrogate/seed-1')} holds a run of another config (it differs in advantage.gamma); choose another --name`,
    );
    writeFileSync(path, JSON.stringify({ ...other, advantage: { gamma: 0.99 }, future: 1 }));
    await expect(compare()).rejects.toThrow('it differs in future is not a setting');
    before.delete('surrogate/seed-1/config.json');
    const after = runFiles(join(runs, 'compare'));
    after.delete('surrogate/seed-1/config.json');
    expect(after).toEqual(before);
  });
});
