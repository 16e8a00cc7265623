import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { MetricsRow } from '../../src/row/metrics.ts';
import { readRows } from '../../src/node/read-run.ts';
import type { Timing } from '../../src/row/timing.ts';
import type { RunRecord } from '../../src/run/record.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const preload = new URL('peak-memory.mjs', import.meta.url).href;
export const WORKLOAD = fileURLToPath(new URL('workload.json', import.meta.url));
export const TRPO_WORKLOAD = fileURLToPath(new URL('workload-trpo.json', import.meta.url));

/** A training run as a process of its own, as a user starts it. */
export interface WholeRun {
  /** Of training alone, its compilation included. */
  readonly stepsPerSecond: number;
  /** Of the second half of training, in which all is compiled. */
  readonly steadyStepsPerSecond: number;
  /** From the start of the process to its end. */
  readonly seconds: number;
  /** From the start of the process until the last 100 episodes have a mean return of 475; NaN: never. */
  readonly secondsTo475: number;
  readonly last100Return: number;
  readonly megabytes: number;
  readonly sha256: string;
}

/** The command that `npm run build` makes in a checkout of leash. */
export function commandOf(checkout: string): string {
  return join(checkout, 'dist/src/cli/main.js');
}

/**
 * Runs `leash train CONFIG` from the built dist/.
 * @param node the Node.js to run it with
 * @param checkout whose dist/, this one's by default
 */
export async function trainOnce(
  config: string,
  flags: readonly string[],
  node = process.execPath,
  checkout = root,
): Promise<WholeRun> {
  const runs = mkdtempSync(join(tmpdir(), 'leash-bench-'));
  try {
    const args = [
      '--import',
      preload,
      commandOf(checkout),
      'train',
      config,
      '--runs',
      runs,
      '--json',
      ...flags,
    ];
    const begun = Date.now();
    const { stdout, stderr } = await finished(node, args);
    const seconds = (Date.now() - begun) / 1000;
    const record = JSON.parse(stdout) as RunRecord & { path: string };
    const lines = (file: string): string[] =>
      readFileSync(join(record.path, file), 'utf8').trim().split('\n');
    const rows = readRows(record.path);
    const timings = lines('timing.jsonl').map((line) => JSON.parse(line) as Timing);
    const startUp = (Date.parse(record.startedAt) - begun) / 1000;
    const { at, last } = lastHundred(rows);
    const half = rows.length >> 1;
    const since = (of: (at: number) => number): number => of(rows.length - 1) - of(half);
    return {
      stepsPerSecond: record.steps / (record.seconds ?? Number.NaN),
      steadyStepsPerSecond: since((i) => rows[i].steps) / since((i) => timings[i].seconds),
      seconds,
      secondsTo475: startUp + (timings[at]?.seconds ?? Number.NaN),
      last100Return: last,
      megabytes: Number(/peak memory (\S+) MB/.exec(stderr)?.[1]),
      sha256: record.parametersSha256 ?? '',
    };
  } finally {
    rmSync(runs, { recursive: true, force: true });
  }
}

function finished(node: string, args: readonly string[]): Promise<{ stdout: string; stderr: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(node, args, { cwd: root });
    child.on('error', reject);
    let stdout = '';
    let stderr = '';
    child.stdout.on('data', (chunk) => {
      stdout += chunk;
    });
    child.stderr.on('data', (chunk) => {
      stderr += chunk;
    });
    child.on('close', (code) => {
      if (code === 0) resolve({ stdout, stderr });
      else reject(new Error(`${node} ${args.join(' ')} ended with ${code}: ${stderr}`));
    });
  });
}

/**
 * The mean return of the last 100 episodes at the end, and the first row at which it is 475. Whole updates are
 * counted, so that it may be a few episodes more than 100; the peers' report.py does the same.
 */
function lastHundred(rows: readonly MetricsRow[]): { at: number; last: number } {
  const window: { episodes: number; mean: number }[] = [];
  const count = (from = 0): number => window.slice(from).reduce((sum, { episodes }) => sum + episodes, 0);
  const mean = (): number => window.reduce((sum, w) => sum + w.episodes * w.mean, 0) / count();
  let at = -1;
  rows.forEach((row, i) => {
    if (row.returnMean === null) return;
    window.push({ episodes: row.episodes, mean: row.returnMean });
    while (window.length > 1 && count(1) >= 100) window.shift();
    if (at < 0 && count() >= 100 && mean() >= 475) at = i;
  });
  return { at, last: mean() };
}

/** Milliseconds until `leash FLAG` is done. @param checkout whose dist/, this one's by default */
export async function startUp(flag: '--version' | '--help', checkout = root): Promise<number> {
  const begun = performance.now();
  await finished(process.execPath, [commandOf(checkout), flag]);
  return performance.now() - begun;
}
