/**
 * What `leash dashboard` costs a training that it shows: the same run, seed and all, with it and without it, one viewer listening,
 * on one thread. The order alternates from turn to turn: what comes second finds another machine.
 *   npm run bench:dashboard                   seven turns, about five minutes on a machine that is idle
 *   npm run bench:dashboard -- --turns 3      fewer
 * The processor time of the server as a share of the run's time; the run's time and its processor time with it as ratios to
 * those without. Medians, and 95% intervals by the percentile bootstrap. The share needs Linux, which says a process's time
 * in /proc.
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
const preload = new URL('processor-time.mjs', import.meta.url).href;

const { values } = parseArgs({ options: { turns: { type: 'string', default: '7' } } });
const turns = Number(values.turns);
if (!Number.isInteger(turns) || turns < 1) {
  console.error(`bench:dashboard: --turns must be a whole number from 1, got "${values.turns}"`);
  process.exit(1);
}

/** What a training took, seconds. */
interface Cost {
  readonly wall: number;
  /** Of all its threads. */
  readonly processor: number;
}

async function train(runs: string): Promise<Cost> {
  const begun = performance.now();
  const args = ['train', WORKLOAD, '--runs', runs, '--seed', '0', '--threads', '1', '--quiet'];
  const child = spawn(process.execPath, ['--import', preload, command, ...args], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let said = '';
  child.stderr.on('data', (text) => {
    said += String(text);
  });
  const [code] = await once(child, 'close');
  const processor = Number(/processor time (\S+) s/.exec(said)?.[1]);
  if (code !== 0 || Number.isNaN(processor)) throw new Error(`the training ended with ${code}: ${said}`);
  return { wall: (performance.now() - begun) / 1000, processor };
}

/** Seconds of processor time that a process has taken by now. */
function processorTime({ pid }: ChildProcess): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / TICKS;
}

/** The same while a dashboard shows it. */
async function trainShown(runs: string): Promise<{ cost: Cost; share: number; seen: number }> {
  const server = spawn(process.execPath, [command, 'dashboard', runs, '--port', '0'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [said] = await once(server.stdout, 'data');
  const viewer = new Listener(String(said).split(' ')[0]);
  await viewer.until((_, heard) => heard.length > 0);
  // Its own start, and the runs of before, are no part of what it costs this one.
  await setTimeout(3000);
  const before = processorTime(server);
  const cost = await train(runs);
  const share = (processorTime(server) - before) / cost.wall;
  const seen = viewer.changes.flatMap(({ rows }) => rows).reduce((sum, { count }) => sum + count, 0);
  viewer.end();
  server.kill('SIGINT');
  await once(server, 'exit');
  return { cost, share, seen };
}

/** In a folder of its own, with runs of before, which the server looks at as well. */
async function inFolder<T>(make: (runs: string) => Promise<T>): Promise<T> {
  const runs = mkdtempSync(join(tmpdir(), 'leash-bench-dashboard-'));
  try {
    for (let seed = 0; seed < 20; seed++) writeRun(runs, { name: 'before', seed, updates: 200 });
    return await make(runs);
  } finally {
    rmSync(runs, { recursive: true });
  }
}

const shares: number[] = [];
const walls: number[] = [];
const processors: number[] = [];
for (let turn = 0; turn < turns; turn++) {
  const isShownFirst = turn % 2 === 1;
  const first = isShownFirst ? undefined : await inFolder(train);
  const { cost, share, seen } = await inFolder(trainShown);
  const alone = first ?? (await inFolder(train));
  shares.push(share);
  walls.push(cost.wall / alone.wall);
  processors.push(cost.processor / alone.processor);
  console.log(
    `turn ${turn + 1}, ${isShownFirst ? 'shown first' : 'alone first'}: ${cost.wall.toFixed(2)} s shown, ${alone.wall.toFixed(2)} s alone, processor ${cost.processor.toFixed(2)} s and ${alone.processor.toFixed(2)} s, the server ${(100 * share).toFixed(2)}%, ${seen} rows seen`,
  );
}
const inWords = (figures: readonly number[]): string => {
  const [low, high] = interval(figures).map((value) => (100 * value).toFixed(2));
  return `${(100 * median(figures)).toFixed(2)}% [${low}, ${high}]`;
};
console.log(`processor time of the server, of the run's time: ${inWords(shares)}`);
console.log(`the run's time with it, of that without: ${inWords(walls)}`);
console.log(`the run's processor time with it, of that without: ${inWords(processors)}`);
