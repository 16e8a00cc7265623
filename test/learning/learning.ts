/**
 * Does each shipped config reach its threshold (thresholds.ts) in at least nine of ten seeds?
 *   npm run learn                          every config, seeds 0–9: about 45 minutes of one core
 *                                          (without tfjs-node longer, by frozen-lake-4x4-conv: a seed took 8 minutes
 *                                          of a busy machine by TensorFlow.js's wasm backend, which has one thread)
 *   npm run learn -- cart-pole trpo        configs whose name has one of these in it
 *   npm run learn -- --seeds 100-109       other seeds: those that settings are tuned on
 *   npm run learn -- --processes 2         so many configs at a time (1)
 *   npm run learn:short                    a few quick ones, seeds 0 and 1, both must reach it
 *
 * Prints a table, a line for each threshold, and variant of a config that has some: + for each seed that reached it, − for one that did not. The exit code is 1
 * where fewer than nine of ten did, but for a config whose description says that it shows a failure: there it is 1 where
 * nine of ten did, for then it says so wrongly; and where it says that it learns nothing, unless nine of ten did not.
 */
import { fork } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { reached } from './reached.ts';
import { checksOf, learnsNothing, needed, showsFailure, type Task, taskOf } from './thresholds.ts';

const SHORT = [
  ...['bandit-bernoulli-clip', 'bandit-bernoulli-trpo', 'bandit-contextual-clip'],
  ...['cart-pole-clip', 'cart-pole-trpo', 'cliff-walking-kl-penalty', 'quickstart'],
];
const folder = fileURLToPath(new URL('../../configs/', import.meta.url));
const fileOf = (config: string): string => `${folder}${config}.json`;

const { values: flags, positionals: wanted } = parseArgs({
  allowPositionals: true,
  options: {
    short: { type: 'boolean', default: false },
    seeds: { type: 'string' },
    processes: { type: 'string', default: '1' },
    // A process of its own for one config, which sends its figures.
    one: { type: 'string' },
  },
});
/** Cells of the longest name. */
let widest = 0;
const seeds = seedsOf(flags.seeds ?? (flags.short ? '0-1' : '0-9'));
if (flags.one === undefined) process.exitCode = await checkAll();
else process.send?.(await figuresOf(flags.one));

function seedsOf(range: string): number[] {
  const [first, last] = /^(\d+)-(\d+)$/.exec(range)?.slice(1).map(Number) ?? [];
  if (first === undefined || last === undefined || last < first)
    throw new Error(`--seeds must be FIRST-LAST, as 0-9, got "${range}"`);
  return Array.from({ length: last - first + 1 }, (_, i) => first + i);
}

/** @returns for each seed the figures of the config's thresholds */
async function figuresOf(config: string): Promise<number[][]> {
  const figures: number[][] = [];
  for (const seed of seeds) figures.push(await reached(fileOf(config), taskOf(config), seed));
  return figures;
}

/** @returns the exit code */
async function checkAll(): Promise<number> {
  const configs = readdirSync(folder)
    .filter((file) => /^(?!schema|fit-|study-|sweep-).*\.json$/.test(file))
    .map((file) => file.slice(0, -'.json'.length))
    .filter((config) => !flags.short || SHORT.includes(config))
    .filter((config) => wanted.length === 0 || wanted.some((part) => config.includes(part)));
  const names = configs.flatMap((each) => checksOf(taskOf(each)).map(({ variant }) => nameOf(each, variant)));
  widest = Math.max(...names.map((name) => name.length), 'config'.length);
  console.log(
    line('config', 'figure', 'least asked', `seeds ${seeds[0]}–${seeds.at(-1)}`, 'reached', 'worst', ''),
  );
  const waiting = [...configs];
  let isWrong = configs.length === 0;
  const worker = async (): Promise<void> => {
    for (let config = waiting.shift(); config !== undefined; config = waiting.shift())
      isWrong = !tell(config, taskOf(config), await apart(config)) || isWrong;
  };
  await Promise.all(Array.from({ length: Number(flags.processes) }, worker));
  return isWrong ? 1 : 0;
}

/** `figuresOf` in a process of its own. */
function apart(config: string): Promise<number[][]> {
  const range = `${seeds[0]}-${seeds.at(-1)}`;
  const child = fork(fileURLToPath(import.meta.url), ['--one', config, '--seeds', range]);
  return new Promise((resolve, reject) => {
    let figures: number[][] | undefined;
    child.on('message', (message) => {
      figures = message as number[][];
    });
    child.on('exit', (code) => {
      if (figures === undefined) reject(new Error(`${config}: its process ended with ${code}`));
      else resolve(figures);
    });
  });
}

/** Prints a config's lines. @returns whether all is as it should be */
function tell(config: string, task: Task, figures: readonly number[][]): boolean {
  const { description } = JSON.parse(readFileSync(fileOf(config), 'utf8')) as { description: string };
  const isMarked = showsFailure(description);
  const enough = needed(seeds.length);
  const counts = checksOf(task).map(({ variant, threshold: { measure, least } }, i) => {
    const values = figures.map((ofSeed) => ofSeed[i] as number);
    const signs = values.map((value) => (value >= least ? '+' : '−')).join('');
    const count = values.filter((value) => value >= least).length;
    const verdict = count >= enough ? '' : isMarked ? 'shows a failure, as it says' : 'FAIL';
    const worst = Math.min(...values).toPrecision(4);
    const name = nameOf(config, variant);
    console.log(line(name, measure, String(least), signs, `${count}/${seeds.length}`, worst, verdict));
    return count;
  });
  if (!isMarked) return counts.every((count) => count >= enough);
  const isSo = learnsNothing(description)
    ? counts.every((count) => seeds.length - count >= enough)
    : counts.some((count) => count < enough);
  if (!isSo) console.log(`FAIL  ${config} shows a failure, it says: ${description}`);
  return isSo;
}

function nameOf(config: string, variant: string | undefined): string {
  return variant === undefined ? config : `${config} ${variant}`;
}

function line(...cells: [string, string, string, string, string, string, string]): string {
  const widths = [widest + 2, 22, 12, Math.max(13, seeds.length) + 2, 8, 9, 0];
  return cells
    .map((cell, i) => cell.padEnd(widths[i] as number))
    .join('')
    .trimEnd();
}
