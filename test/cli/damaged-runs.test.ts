import {
  appendFileSync,
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, test, vi } from 'vitest';
import { encodeJson } from '../../src/row/json.ts';
import { evaluateCommand } from '../../src/cli/commands/evaluate.ts';
import { ledgerCommand } from '../../src/cli/commands/ledger.ts';
import { plotCommand } from '../../src/cli/commands/plot.ts';
import { runsExportCommand } from '../../src/cli/commands/runs-export.ts';
import { runsListCommand } from '../../src/cli/commands/runs-list.ts';
import { evaluateRuns } from '../../src/cli/policy/evaluate-runs.ts';
import { asNobody } from '../as-nobody.ts';
import { runCommand } from './run-command.ts';

const written = new URL('../fixtures/experiment-0.1.0', import.meta.url).pathname;
let runs: string;
let printed: { stdout: string; stderr: string };
beforeEach(() => {
  runs = mkdtempSync(join(tmpdir(), 'leash-damaged-runs-'));
  cpSync(join(written, 'compare'), join(runs, 'compare'), { recursive: true });
  printed = { stdout: '', stderr: '' };
  for (const stream of ['stdout', 'stderr'] as const) {
    vi.spyOn(process[stream], 'write').mockImplementation((text) => {
      printed[stream] += String(text);
      return true;
    });
  }
});
afterEach(() => void vi.restoreAllMocks());

const run = (path: string): string => join(runs, 'compare', path);
const cut = (path: string): void => writeFileSync(run(path), readFileSync(run(path), 'utf8').slice(0, -40));

/** A run that failed in its first update, as leash writes its record. */
function failInFirstUpdate(path: string): void {
  const record = JSON.parse(readFileSync(run(`${path}/run.json`), 'utf8'));
  const final = { ...record.final, returnMeanLastTenth: null, klOldNewMean: Number.NaN, klOldNewMax: 0 };
  writeFileSync(run(`${path}/metrics.jsonl`), '');
  writeFileSync(run(`${path}/run.json`), encodeJson({ ...record, status: 'failed', updates: 0, final }, 2));
}

describe('leash runs', () => {
  it('lists a run that failed in its first update, whose record says NaN', async () => {
    failInFirstUpdate('clip/seed-0');
    expect(await runCommand(runsListCommand, { runs })).toBe(0);
    expect(printed.stdout).toMatch(/clip\/seed-0 +GridWorld +clip +failed +0\/6 +– +– /);
    expect(printed.stdout).toMatch(/\n6 runs, /);
    expect(printed.stderr).toBe('');
    expect(await runCommand(runsListCommand, { runs, json: true })).toBe(0);
  });

  it('names what may not be read, and lists the rest', async () => {
    // Once before: what is loaded then need not be let in.
    expect(await runCommand(runsListCommand, { runs })).toBe(0);
    printed.stdout = '';
    mkdirSync(join(runs, 'lost+found'));
    mkdirSync(run('clip/seed-1/checkpoints'), { recursive: true });
    const closed = ['../lost+found', 'clip/seed-0', 'clip/seed-1/checkpoints', 'surrogate/seed-0/run.json'];
    for (const each of closed) chmodSync(run(each), 0);
    const code = await asNobody(runs, () => runCommand(runsListCommand, { runs }));
    expect(code, printed.stderr).toBe(0);
    expect(printed.stdout).toMatch(/\n7 runs, 3 damaged, /);
    expect(printed.stdout).toMatch(/clip\/seed-1 +GridWorld +clip +completed +6\/6 /);
    expect(printed.stdout).toMatch(/clip\/seed-2 +GridWorld +clip +completed +6\/6 /);
    for (const each of ['lost+found/config.json', 'compare/clip/seed-0/config.json'])
      expect(printed.stderr).toContain(`cannot read the file ${join(runs, each)}: EACCES`);
    for (const each of closed) chmodSync(run(each), 0o700);
  });

  it('names and counts what is damaged, and lists the rest', async () => {
    cut('clip/seed-0/config.json');
    cut('clip/seed-1/run.json');
    rmSync(run('clip/seed-2/config.json'));
    writeFileSync(run('surrogate/seed-0/config.json'), '[]');
    writeFileSync(run('surrogate/seed-1/run.json'), '{"name": 3}');
    expect(await runCommand(runsListCommand, { runs })).toBe(0);
    expect(printed.stdout).toMatch(/clip\/seed-0 +– +– +completed +6\/6 /);
    expect(printed.stdout).toMatch(/surrogate\/seed-2 +GridWorld +surrogate +completed +6\/6 +0\.9688 /);
    expect(printed.stdout).toMatch(/\n6 runs, 5 damaged, /);
    const named = printed.stderr.trimEnd().split('\n');
    expect(named).toHaveLength(5);
    expect(named[0]).toMatch(/clip\/seed-0\/config\.json:\d+:\d+: not valid JSON/);
    expect(named[2]).toContain(`there is no file ${run('clip/seed-2/config.json')}`);
    expect(named[4]).toMatch(/^name must be a text, got 3 \(.*surrogate\/seed-1\/run\.json\)/);
  });

  it('--json has them with their problems', async () => {
    cut('clip/seed-0/config.json');
    await runCommand(runsListCommand, { runs, json: true });
    const listed = JSON.parse(printed.stdout) as { path: string; config: unknown; problems: string[] }[];
    expect(listed).toHaveLength(6);
    expect(listed[0]).toMatchObject({ path: run('clip/seed-0'), config: null });
    expect(listed[0]?.problems[0]).toContain('not valid JSON');
    expect(listed[1]?.problems).toEqual([]);
  });

  it.each<[string, (rows: string[]) => string[], RegExp]>([
    [
      'at the end',
      (rows) => [...rows.slice(0, -1), rows.at(-1)?.slice(0, -40) ?? ''],
      /line 6: it is no JSON/,
    ],
    ['in the middle', (rows) => rows.with(2, '{"update":3,"steps":"x"}'), /line 3: it has no /],
    ['where a line is gone', (rows) => rows.toSpliced(3, 1), /: 5 rows of the 6 updates it completed/],
    ['all over', () => ['?', '', '{}'], /2 rows left out .lines 1, 3; /],
  ])('rows damaged %s are told alike by runs, plot and export', async (_, damage, wanted) => {
    const file = run('clip/seed-0/metrics.jsonl');
    const rows = readFileSync(file, 'utf8').trimEnd().split('\n');
    writeFileSync(file, `${damage(rows).join('\n')}\n`);
    await runCommand(runsListCommand, { runs });
    expect(printed.stdout).toContain('6 runs, 1 damaged');
    const told = printed.stderr;
    expect(told).toMatch(wanted);
    expect(told.trimEnd().split('\n')).toHaveLength(1);
    printed.stderr = '';
    await runCommand(runsExportCommand, { RUN: [join(runs, 'compare')], runs, csv: join(runs, 'all.csv') });
    expect(printed.stderr).toBe(told);
    printed.stderr = '';
    await runCommand(plotCommand, { RUN: [join(runs, 'compare')], runs, out: join(runs, 'a.svg') });
    expect(printed.stderr).toContain(told);
  });

  it('rows that nobody wrote to since a run was completed are not read but for the last', async () => {
    const file = run('clip/seed-0/metrics.jsonl');
    const rows = readFileSync(file, 'utf8').trimEnd().split('\n');
    const listAfter = async (lines: readonly string[], seconds: number): Promise<typeof printed> => {
      writeFileSync(file, `${lines.join('\n')}\n`);
      const { mtimeMs } = statSync(run('clip/seed-0/run.json'));
      utimesSync(file, mtimeMs / 1000 + seconds, mtimeMs / 1000 + seconds);
      printed = { stdout: '', stderr: '' };
      await runCommand(runsListCommand, { runs });
      return printed;
    };
    const whole = await listAfter(rows, 10);
    expect(await listAfter(rows, -10)).toEqual(whole);
    // As many bytes, so that nothing but its reading could tell.
    const damaged = rows.with(2, '?'.repeat(rows[2]?.length ?? 0));
    expect(await listAfter(damaged, -10)).toEqual(whole);
    expect((await listAfter(damaged, 10)).stderr).toContain('line 3: it is no JSON');
    expect((await listAfter(rows.slice(0, -1), -10)).stderr).toContain('5 rows of the 6 updates');
    expect((await listAfter(rows.with(5, 'x'), -10)).stderr).toContain('line 6: it is no JSON');
  });

  it('export leaves out what has no config, and names rows that it cannot use', async () => {
    cut('clip/seed-0/config.json');
    appendFileSync(run('clip/seed-1/metrics.jsonl'), '{"update":7,"steps":"x"}\n');
    const csv = join(runs, 'all.csv');
    expect(await runCommand(runsExportCommand, { RUN: [join(runs, 'compare')], runs, csv })).toBe(0);
    expect(readFileSync(csv, 'utf8').trimEnd().split('\n')).toHaveLength(1 + 5 * 6);
    expect(printed.stderr).toMatch(/clip\/seed-0 is left out: .*config\.json:\d+:\d+: not valid JSON/);
    expect(printed.stderr).toMatch(/clip\/seed-1\/metrics\.jsonl: 1 row left out \(line 7: it has no /);
  });
});

describe('leash plot', () => {
  it('draws the rest, and says what is damaged', async () => {
    cut('clip/seed-0/config.json');
    cut('clip/seed-1/metrics.jsonl');
    failInFirstUpdate('surrogate/seed-0');
    const out = join(runs, 'a.svg');
    expect(await runCommand(plotCommand, { RUN: [join(runs, 'compare')], runs, out })).toBe(0);
    expect(existsSync(out)).toBe(true);
    expect(printed.stderr).toMatch(/clip\/seed-0 is left out: /);
    expect(printed.stderr).toMatch(/clip\/seed-1\/metrics\.jsonl: 1 row left out \(line 6: it is no JSON\)/);
    writeFileSync(
      run('clip/seed-1/metrics.jsonl'),
      readFileSync(run('clip/seed-2/metrics.jsonl'), 'utf8').split('\n').slice(1).join('\n'),
    );
    await runCommand(plotCommand, { RUN: [join(runs, 'compare')], runs, out });
    expect(printed.stderr).toMatch(/clip\/seed-1: 5 rows of the 6 updates it completed/);
  });

  it('of nothing but damaged runs is one line', async () => {
    cut('clip/seed-0/config.json');
    await expect(runCommand(plotCommand, { RUN: [run('clip/seed-0')], runs })).rejects.toThrow(
      /is left out: .*not valid JSON/,
    );
  });
});

test('leash ledger uses a torn ledger as far as it goes, and names the line', async () => {
  cut('clip/seed-0/ledger.jsonl');
  expect(await runCommand(ledgerCommand, { RUN: run('clip/seed-0') })).toBe(0);
  expect(printed.stdout).toContain('6 updates, 17 gradient steps');
  expect(printed.stderr).toMatch(
    /ledger\.jsonl: 1 row left out \(line 18: it is no JSON\); the rest is used\n$/,
  );
  writeFileSync(run('clip/seed-1/ledger.jsonl'), '{"update"');
  await expect(runCommand(ledgerCommand, { RUN: run('clip/seed-1') })).rejects.toThrow(
    '1 row left out (line 1: it is no JSON)',
  );
});

test('leash evaluate names a run that the system does not let be read, and shows the rest', async () => {
  const long = run('x'.repeat(300));
  expect(await evaluateRuns([run('clip/seed-0'), long], { episodes: 1, mode: 'greedy', seed: 0 })).toBe(1);
  expect(printed.stdout).toContain('clip/seed-0');
  expect(printed.stderr).toBe(`leash: ${long}: the name is too long\n`);
});

test.each(['config.json', 'run.json', 'policy.safetensors'])(
  'leash evaluate of one damaged %s is one line',
  async (file) => {
    cut(`clip/seed-0/${file}`);
    const evaluated = runCommand(evaluateCommand, { RUN: run('clip/seed-0'), episodes: '1', seed: '0' });
    await expect(evaluated).rejects.toMatchObject({
      name: 'UserError',
      message: expect.stringContaining(file),
    });
  },
);

test('leash evaluate and ledger read a run of 0.1.0', async () => {
  expect(await runCommand(evaluateCommand, { RUN: run('surrogate/seed-0'), episodes: '2', seed: '0' })).toBe(
    0,
  );
  expect(await runCommand(ledgerCommand, { RUN: run('clip/seed-0') })).toBe(0);
  expect(printed.stderr).toBe('');
});
