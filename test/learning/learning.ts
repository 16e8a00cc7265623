/**
 * The learning checks: does each shipped experiment reach its threshold in at least four of five seeds?
 *   npx tsx test/learning/learning.ts            every check, seeds 0–4
 *   npx tsx test/learning/learning.ts --short    the quick ones, seeds 0–1, both must pass
 *   npx tsx test/learning/learning.ts cart-pole  checks whose name has that in it
 */
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { environmentOptions } from '../../envs/environment-options.ts';
import { loadConfig } from '../../src/node/load-config.ts';
import { findEnvironment } from '../../envs/registry.ts';
import { loadEngine } from '../../src/node/load-engine.ts';
import { decodePolicy, encodePolicy } from '../../src/run/policy-file.ts';
import { cellOf } from '../../src/row/encode.ts';
import type { MetricsRow } from '../../src/row/metrics.ts';
import { evaluate } from '../../src/train/evaluate.ts';
import { createTraining } from '../../src/train/training.ts';

/** One experiment and what it must reach. */
interface Check {
  readonly config: string;
  readonly measure: string;
  readonly threshold: number;
  readonly steps: number;
  readonly short: boolean;
  /** Greedy episodes played after training; 0 where the last row has the figure. */
  readonly episodes: number;
  score(evaluated: Float64Array, rows: readonly MetricsRow[]): number;
}

const mean = (values: ArrayLike<number>): number =>
  Array.from(values).reduce((a, b) => a + b, 0) / values.length;
const last = (rows: readonly MetricsRow[], share: number): readonly MetricsRow[] =>
  rows.slice(Math.floor(rows.length * (1 - share)));
const figure = (rows: readonly MetricsRow[], name: string): number =>
  mean(rows.map((row) => Number(cellOf(row, name))));

const greedyReturn = (evaluated: Float64Array): number => mean(evaluated);

/** Mean return of the episodes that ended in the last tenth of training, as `run.json` has it. */
const lateReturn = (_: Float64Array, rows: readonly MetricsRow[]): number => {
  const late = last(rows, 0.1).filter((row) => row.returnMean !== null);
  const episodes = late.reduce((sum, row) => sum + row.episodes, 0);
  return late.reduce((sum, row) => sum + Number(row.returnMean) * row.episodes, 0) / episodes;
};

/** Share of the updates after the first ten whose KL ends within a factor of 2 of the target. */
const nearTarget =
  (target: number) =>
  (_: Float64Array, rows: readonly MetricsRow[]): number => {
    const after = rows.slice(10);
    const near = after.filter(({ klOldNewMean: kl }) => kl >= target / 2 && kl <= 2 * target);
    return near.length / after.length;
  };

const checks: readonly Check[] = [
  {
    config: 'bandit-bernoulli-clip',
    measure: 'best-arm probability',
    threshold: 0.95,
    steps: 20_000,
    short: true,
    episodes: 0,
    score: (_, rows) => figure(rows.slice(-1), 'bestArmProbability'),
  },
  {
    config: 'bandit-contextual-clip',
    measure: 'share of best expected reward',
    threshold: 0.95,
    steps: 200_000,
    short: true,
    episodes: 0,
    score: (_, rows) =>
      figure(last(rows, 0.1), 'expectedReward') / figure(last(rows, 0.1), 'bestExpectedReward'),
  },
  {
    config: 'frozen-lake-4x4-clip',
    measure: 'greedy success',
    threshold: 0.7,
    steps: 200_000,
    short: false,
    episodes: 5000,
    score: greedyReturn,
  },
  {
    config: 'frozen-lake-8x8-clip',
    measure: 'greedy success',
    threshold: 0.8,
    steps: 1_000_000,
    short: false,
    episodes: 2000,
    score: greedyReturn,
  },
  {
    config: 'cliff-walking-clip',
    measure: 'greedy return',
    threshold: -13,
    steps: 200_000,
    short: true,
    episodes: 10,
    score: greedyReturn,
  },
  {
    config: 'cart-pole-clip',
    measure: 'greedy return',
    threshold: 475,
    steps: 100_000,
    short: true,
    episodes: 100,
    score: greedyReturn,
  },
  ...['cart-pole-clip-4x128', 'cart-pole-kl-penalty', 'cart-pole-adaptive-kl'].map((config) => ({
    config,
    measure: 'return over the last tenth',
    threshold: 470,
    steps: 100_000,
    short: false,
    episodes: 0,
    score: lateReturn,
  })),
  {
    config: 'pendulum-clip',
    measure: 'greedy return',
    threshold: -250,
    steps: 200_000,
    short: false,
    episodes: 100,
    score: greedyReturn,
  },
  {
    config: 'bandit-bernoulli-trpo',
    measure: 'best-arm probability',
    threshold: 0.95,
    steps: 20_000,
    short: true,
    episodes: 0,
    score: (_, rows) => figure(rows.slice(-1), 'bestArmProbability'),
  },
  {
    config: 'frozen-lake-4x4-trpo',
    measure: 'greedy success',
    threshold: 0.7,
    steps: 200_000,
    short: false,
    episodes: 5000,
    score: greedyReturn,
  },
  {
    config: 'cliff-walking-trpo',
    measure: 'greedy return',
    threshold: -13,
    steps: 200_000,
    short: false,
    episodes: 10,
    score: greedyReturn,
  },
  {
    config: 'cart-pole-trpo',
    measure: 'greedy return',
    threshold: 500,
    steps: 100_000,
    short: true,
    episodes: 100,
    score: greedyReturn,
  },
  {
    config: 'cart-pole-npg',
    measure: 'greedy return',
    threshold: 475,
    steps: 100_000,
    short: false,
    episodes: 100,
    score: greedyReturn,
  },
  {
    config: 'pendulum-trpo',
    measure: 'greedy return',
    threshold: -250,
    steps: 200_000,
    short: false,
    episodes: 100,
    score: greedyReturn,
  },
  {
    config: 'pendulum-adaptive-kl',
    measure: 'share of updates near the KL target',
    threshold: 0.8,
    steps: 200_000,
    short: false,
    episodes: 0,
    score: nearTarget(0.02),
  },
];

async function run(check: Check, seed: number): Promise<number> {
  const file = fileURLToPath(new URL(`../../configs/${check.config}.json`, import.meta.url));
  if (!existsSync(file)) throw new Error(`${file} is missing`);
  const overrides = [
    { path: 'seed', text: String(seed), origin: '--seed' },
    { path: 'steps', text: String(check.steps), origin: '--steps' },
  ];
  const { config } = loadConfig(file, overrides, environmentOptions);
  const definition = findEnvironment(config.environment.id);
  const engine = await loadEngine(config.engine, config);
  const training = createTraining(config, definition, engine);
  const rows = Array.from({ length: training.updates }, () => training.update());
  const stored = decodePolicy(encodePolicy(training.stored()), 'what was trained');
  training.dispose();
  if (check.episodes === 0) return check.score(new Float64Array(0), rows);
  const { returns } = evaluate({
    definition,
    options: config.environment.options,
    engine,
    stored,
    episodes: check.episodes,
    mode: 'greedy',
    seed: 1_000_000 + seed,
    taskSeed: seed,
  });
  return check.score(returns, rows);
}

const short = process.argv.includes('--short');
const wanted = process.argv.slice(2).filter((argument) => !argument.startsWith('--'));
const seeds = short ? [0, 1] : [0, 1, 2, 3, 4];
const needed = short ? 2 : 4;
let failures = 0;
for (const check of checks) {
  if (short && !check.short) continue;
  if (wanted.length > 0 && !wanted.some((name) => check.config.includes(name))) continue;
  const scores: number[] = [];
  for (const seed of seeds) scores.push(await run(check, seed));
  const reached = scores.filter((score) => score >= check.threshold).length;
  if (reached < needed) failures += 1;
  const figures = scores.map((score) => score.toPrecision(4)).join('  ');
  console.log(
    `${reached >= needed ? 'pass' : 'FAIL'}  ${check.config}: ${check.measure} ≥ ${check.threshold} after ${check.steps} steps in ${reached} of ${seeds.length} seeds: ${figures}`,
  );
}
process.exitCode = failures > 0 ? 1 : 0;
