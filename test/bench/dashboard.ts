/**
 * What `leash dashboard` costs a training that it shows: the same run with it and without it in turn, A B A B …, one viewer
 * listening, on one thread:
 *   npm run bench:dashboard                   six turns, about four minutes
 *   npm run bench:dashboard -- --turns 3      fewer
 * The processor time of the server as a share of the run's time, and the run's time with it as a ratio to that without;
 * medians, and 95% intervals by the percentile bootstrap. The share needs Linux, which says a process's time in /proc.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { Listener } from '../dashboard/listener.ts';
import { writeRun } from '../plot/runs-on-disk.ts';
import { interval, median } from './measure.ts';
import { commandOf, WORKLOAD } from './whole-run.ts';

/** Ticks that Linux counts a second of processor time in. */
const TICKS = 100;
const command = commandOf(fileURLToPath(new URL('../..', import.meta.url)));

const { values } = parseArgs({ options: { turns: { type: 'string', default: '6' } } });
const turns = Number(values.turns);
if (!Number.isInteger(turns) || turns < 1)
  throw new Error(`--turns must be an integer ≥ 1, got ${values.turns}`);

/** Seconds of a training into a folder. */
async function train(runs: string, seed: number): Promise<number> {
  const begun = performance.now();
  const args = [
    command,
    'train',
    WORKLOAD,
    '--runs',
    runs,
    '--seed',
    String(seed),
    '--threads',
    '1',
    '--quiet',
  ];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'inherit'] });
  const [code] = await once(child, 'exit');
  if (code !== 0) throw new Error(`the training ended with exit code ${code}`);
  return (performance.now() - begun) / 1000;
}

/** Seconds of processor time that a process has taken by now. */
function processorTime({ pid }: ChildProcess): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / TICKS;
}

/** The same while a dashboard shows it. */
async function trainShown(runs: string, seed: number): Promise<{ seconds: number; share: number }> {
  const server = spawn(process.execPath, [command, 'dashboard', runs, '--port', '0'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [said] = await once(server.stdout, 'data');
  const viewer = new Listener(String(said).split(' ')[0]);
  await viewer.until((_, heard) => heard.length > 0);
  // Its own start, and the runs of before, are no part of what it costs this one.
  await setTimeout(3000);
  const before = processorTime(server);
  const seconds = await train(runs, seed);
  const share = (processorTime(server) - before) / seconds;
  const seen = viewer.changes.flatMap(({ rows }) => rows).reduce((sum, { count }) => sum + count, 0);
  viewer.end();
  server.kill('SIGINT');
  await once(server, 'exit');
  console.log(
    `${seen} rows seen, ${seconds.toFixed(1)} s, the server took ${(100 * share).toFixed(2)}% of it`,
  );
  return { seconds, share };
}

/** A folder with runs of before, which the server looks at as well. */
function folder(): string {
  const runs = mkdtempSync(join(tmpdir(), 'leash-bench-dashboard-'));
  for (let seed = 0; seed < 20; seed++) writeRun(runs, { name: 'before', seed, updates: 200 });
  return runs;
}

const shares: number[] = [];
const ratios: number[] = [];
for (let turn = 0; turn < turns; turn++) {
  const runs = folder();
  const alone = await train(runs, 0);
  const shown = await trainShown(runs, 1);
  shares.push(shown.share);
  ratios.push(shown.seconds / alone);
  rmSync(runs, { recursive: true });
}
const inWords = (figures: readonly number[]): string => {
  const [low, high] = interval(figures).map((value) => (100 * value).toFixed(2));
  return `${(100 * median(figures)).toFixed(2)}% [${low}, ${high}]`;
};
console.log(`processor time of the server, of the run's time: ${inWords(shares)}`);
console.log(`the run's time with it, of that without: ${inWords(ratios)}`);
