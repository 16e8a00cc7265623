import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { afterAll, describe, expect, test } from 'vitest';
import type { Listen } from '../../src/cli/signals.ts';
import { loadRun, readRows } from '../../src/node/read-run.ts';
import { trainCommand } from '../../src/cli/commands/train.ts';
import { runCommand } from './run-command.ts';
import { built } from '../built.ts';

const root = new URL('../../', import.meta.url).pathname;
const folder = mkdtempSync(join(tmpdir(), 'leash-signals-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function config(name: string, content: unknown): string {
  const file = join(folder, name);
  writeFileSync(file, JSON.stringify(content));
  return file;
}

/** Updates of a few milliseconds: they are made on the main thread. */
const short = config('short.json', { steps: 1e9, environment: { id: 'CartPole-v1' } });
/** Updates of minutes: they are made on a thread. */
const endless = config('endless.json', {
  steps: 1e9,
  environment: { id: 'CartPole-v1', copies: 4 },
  rollout: { steps: 50_000 },
  ppo: { epochs: 1000, minibatchSize: 64 },
  trustRegion: { stop: null },
});
interface Ended {
  readonly code: number | null;
  readonly err: string;
}

function leash(...args: string[]): { child: ChildProcess; said: () => string; ended: Promise<Ended> } {
  const child = spawn(process.execPath, [built, ...args, '--runs', folder], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let err = '';
  child.stdout.resume();
  child.stderr.on('data', (text) => {
    err += String(text);
  });
  const ended = new Promise<Ended>((resolve) => child.on('close', (code) => resolve({ code, err })));
  return { child, said: () => err, ended };
}

async function until(condition: () => boolean, child: ChildProcess): Promise<void> {
  while (!condition() && child.exitCode === null) await setTimeout(10);
}

/** Until the process has computed for so many seconds, however few of them a busy machine gives it. */
async function worked(child: ChildProcess, seconds: number): Promise<void> {
  if (process.platform !== 'linux') return setTimeout(1000 * seconds);
  const used = (): number => {
    // utime and stime in hundredths of a second, fields 14 and 15 [proc_pid_stat(5)]
    const fields = readFileSync(`/proc/${child.pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
    return (Number(fields[11]) + Number(fields[12])) / 100;
  };
  const before = used();
  await until(() => used() >= before + seconds, child);
}

const hasRows = (run: string): boolean => {
  const file = join(folder, run, 'metrics.jsonl');
  return existsSync(file) && readFileSync(file, 'utf8') !== '';
};
const hasBegun = (run: string): boolean => existsSync(join(folder, run, 'run.json'));
const statusOf = (run: string): string =>
  (JSON.parse(readFileSync(join(folder, run, 'run.json'), 'utf8')) as { status: string }).status;

describe('the first signal ends the update at hand, writes everything and says so by the exit code:', () => {
  test.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
    ['SIGHUP', 129],
  ] as const)('%s', async (signal, code) => {
    const { child, ended } = leash('train', short, '--name', signal);
    const run = `${signal}/seed-0`;
    await until(() => hasRows(run), child);
    child.kill(signal);
    expect((await ended).code).toBe(code);
    const { record, path } = loadRun(join(folder, run));
    expect(record.status).toBe('interrupted');
    expect(readRows(path).at(-1)?.update).toBe(record.updates);
    expect(existsSync(join(path, 'policy.safetensors'))).toBe(true);
  });

  test('in a fit', async () => {
    const { child, ended } = leash(
      'fit',
      'configs/fit-flowers.json',
      '--set',
      'epochs=1000000',
      '--name',
      'fit',
    );
    await until(() => hasRows('fit/seed-0'), child);
    child.kill('SIGHUP');
    expect((await ended).code).toBe(129);
    expect(statusOf('fit/seed-0')).toBe('interrupted');
  });

  test('in every run of a comparison', async () => {
    const { child, ended } = leash('compare', short, '--seeds', '1', '--name', 'compared');
    await until(() => hasRows('compared/short/seed-0'), child);
    child.kill('SIGHUP');
    const { code, err } = await ended;
    expect(code).toBe(129);
    expect(err).toContain('the same command goes on from here');
    expect(statusOf('compared/short/seed-0')).toBe('interrupted');
  });
});

test('a second signal ends the process while an update computes', async () => {
  const { child, said, ended } = leash('train', endless, '--name', 'second', '--quiet');
  await until(() => hasBegun('second/seed-0'), child);
  // Until the update has begun: a signal before it ends the run without one.
  await worked(child, 3);
  child.kill('SIGINT');
  // Longer than one keypress may take to arrive twice.
  await setTimeout(1000);
  expect(child.exitCode).toBeNull();
  child.kill('SIGTERM');
  // One update takes minutes: with it this test would time out.
  expect(await ended).toEqual({ code: 143, err: '' });
  expect(said()).toBe('');
  expect(readFileSync(join(folder, 'second/seed-0/metrics.jsonl'), 'utf8')).toBe('');
});

test('a signal in the last update never ends with exit 0', async () => {
  const twoUpdates = config('two.json', {
    steps: 512,
    environment: { id: 'CartPole-v1', copies: 2 },
    rollout: { steps: 128 },
  });
  // As if the signal came when so many rows were there.
  const heardAt =
    (rows: number, run: string): Listen =>
    () => {
      const isHeard = (): boolean => hasRows(run) && readRows(join(folder, run)).length >= rows;
      const signal = {
        get aborted() {
          return isHeard();
        },
        addEventListener() {},
      } as unknown as AbortSignal;
      const exitCode = (): number => (isHeard() ? 130 : 0);
      return { signal, exitCode, onLostStream: () => () => {}, stopListening() {} };
    };
  const trained = async (name: string, rows: number): Promise<unknown[]> => {
    const given = { CONFIG: twoUpdates, runs: folder, name, quiet: true };
    const code = await runCommand(trainCommand, given, heardAt(rows, `${name}/seed-0`));
    const { status, updates, updatesPlanned } = loadRun(join(folder, name)).record;
    return [code, status, updates, updatesPlanned];
  };
  expect(await trained('never', 3)).toEqual([0, 'completed', 2, 2]);
  expect(await trained('first', 1)).toEqual([130, 'interrupted', 1, 2]);
  expect(await trained('last', 2)).toEqual([130, 'interrupted', 2, 2]);
});
