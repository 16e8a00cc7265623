/**
 * How often a comparison calls one of two equal policies better: untrained ones, in rollouts of other shapes.
 *   npm run learn:untrained            200 comparisons of ten seeds a side, each case
 *   npm run learn:untrained -- 100     so many
 *
 * At most 5 of 100 may be called better: by the final return and by the curve (as verdicts do) and, as a Mann–Whitney test of
 * the times alone sees it, by the steps to thresholds in the noise of the curve. A rate that is 5% exactly is above 5 of 100
 * in every other case; so an error is a case significantly above 5% (at 1% over all cases), or all cases of a column
 * together above 5%.
 */
import { findEnvironment } from '../../envs/registry.ts';
import { stepsToThreshold } from '../../src/experiment/learning-curve.ts';
import { comparePairs } from '../../src/experiment/pairs.ts';
import { curveScore, finalScore, sharedCurveSteps } from '../../src/experiment/performance.ts';
import { tieTolerance, tieValues } from '../../src/experiment/ties.ts';
import { randomStream } from '../../src/random/random.ts';
import type { MetricsRow } from '../../src/row/metrics.ts';
import { mannWhitneyPValue } from '../../src/statistics/mann-whitney.ts';
import { contenderOf } from '../verdicts/runs.ts';
import { type Shape, untrainedRun } from '../rollout/untrained.ts';

type Rows = readonly MetricsRow[];
/** Both sides of a comparison: a run for each seed. */
type Sides = readonly [readonly Rows[], readonly Rows[]];

const SEEDS = 10;
const ALLOWED = 0.05;
/** Chance that correct code fails by any one case. */
const FALSE_ALARM = 0.01;

const grid = { map: ['G.S.....H'], holeReward: -1, stepCost: 0.01, timeLimit: 300 };
/** Thresholds at the expected return, and above it by half of, and by one and a half times, the noise of a window. */
const cases: { id: string; options: object; thresholds: number[]; shapes: [Shape, Shape] }[] = [
  ['CartPole-v1', {}, [22.3, 23, 24.6], [4, 128, 50], [32, 16, 50]],
  ['CartPole-v1', {}, [22.3, 23, 24.6], [1, 128, 200], [8, 128, 25]],
  ['GridWorld', grid, [0.26, 0.34, 0.5], [4, 128, 50], [32, 16, 50]],
  ['GridWorld', grid, [0.26, 0.34, 0.5], [1, 64, 400], [16, 64, 25]],
  ['BernoulliBandit', { means: [0.2, 0.8] }, [0.5, 0.51, 0.53], [4, 32, 50], [1, 50, 128]],
  ['Pendulum-v1', {}, [-1230, -1190, -1100], [4, 128, 50], [16, 32, 50]],
  ['FrozenLake-v1', {}, [0.014, 0.02, 0.03], [4, 128, 50], [32, 16, 50]],
].map(([id, options, thresholds, ...shapes]) => ({ id, options, thresholds, shapes }) as never);

const comparisons = Number(process.argv[2] ?? 200);
if (!(Number.isInteger(comparisons) && comparisons > 0)) {
  throw new Error(`npm run learn:untrained -- N: N must be a whole number, got ${process.argv[2]}`);
}
const columns = ['final', 'curve', 'steps'] as const;
const inAll = { final: [0, 0], curve: [0, 0], steps: [0, 0] };
const judgements = cases.length * 2 + cases.reduce((sum, { thresholds }) => sum + thresholds.length, 0);
let isWrong = false;
for (const { id, options, thresholds, shapes } of cases) {
  const parsed = findEnvironment(id).options.parse(options);
  const called = { final: 0, curve: 0, steps: thresholds.map(() => 0) };
  for (let c = 0; c < comparisons; c++) {
    const [x, y] = shapes.map((shape, side) =>
      Array.from({ length: SEEDS }, (_, i) => {
        const seed = (2 * c + side) * SEEDS + i;
        return untrainedRun(id, parsed, shape, seed) as unknown as MetricsRow[];
      }),
    );
    const { final, curve } = betterBy([x, y]);
    called.final += Number(final);
    called.curve += Number(curve);
    thresholds.forEach((threshold, k) => {
      called.steps[k] += Number(isSooner([x, y], threshold));
    });
  }
  process.stdout.write(`${id}, ${shapes.map((shape) => shape.join(' × ')).join(' against ')}\n`);
  for (const column of columns) {
    [called[column]].flat().forEach((count, k) => {
      const name = column === 'steps' ? `steps to ${thresholds[k]}` : column;
      const isOver = chanceOfAtLeast(count, comparisons) < FALSE_ALARM / judgements;
      isWrong ||= isOver;
      inAll[column][0] += count;
      inAll[column][1] += comparisons;
      process.stdout.write(
        `  ${name.padEnd(16)} ${rateOf(count, comparisons)}${isOver ? '  too often' : ''}\n`,
      );
    });
  }
}
process.stdout.write('all cases\n');
for (const column of columns) {
  const [count, all] = inAll[column];
  const isOver = count > ALLOWED * all;
  isWrong ||= isOver;
  process.stdout.write(`  ${column.padEnd(16)} ${rateOf(count, all)}${isOver ? '  too often' : ''}\n`);
}
process.exitCode = isWrong ? 1 : 0;

/** 9 of 400 called better: 2.3% [1.0%, 4.2%], the 95% interval of Clopper and Pearson. */
function rateOf(count: number, of: number): string {
  const percent = (share: number): string => `${(100 * share).toFixed(1)}%`;
  const low = solve((rate) => chanceOfAtLeast(count, of, rate) < 0.025);
  const high = solve((rate) => 1 - chanceOfAtLeast(count + 1, of, rate) > 0.025);
  return `${count} of ${of} called better: ${percent(count / of)} [${percent(low)}, ${percent(high)}]`;
}

/** Where in [0, 1] what holds below no longer does. */
function solve(holds: (rate: number) => boolean): number {
  let [low, high] = [0, 1];
  for (let i = 0; i < 40; i++) {
    const middle = (low + high) / 2;
    if (holds(middle)) low = middle;
    else high = middle;
  }
  return low;
}

/** P(X ≥ count), X binomial. */
function chanceOfAtLeast(count: number, of: number, rate = ALLOWED): number {
  let logChance = of * Math.log1p(-rate);
  let below = 0;
  for (let k = 0; k < count; k++) {
    below += Math.exp(logChance);
    logChance += Math.log(((of - k) / (k + 1)) * (rate / (1 - rate)));
  }
  return Math.max(0, 1 - below);
}

/** Whether one side is called better, as the verdict of a report would. */
function betterBy(runs: Sides): { final: boolean; curve: boolean } {
  const steps = sharedCurveSteps(runs.flat());
  const tolerance = tieTolerance(runs.flat());
  const scoresBy = (score: (rows: Rows) => number | null): Float64Array[] => {
    const scores = runs.map((side) => side.map(score).filter((each) => each !== null));
    const tied = tieValues(scores.flat(), tolerance);
    return scores.map((own) => Float64Array.from(own, tied));
  };
  const [final, curve] = [scoresBy(finalScore), scoresBy((rows) => curveScore(rows, steps))];
  const contenders = runs.map((_, side) =>
    contenderOf(String(side), { final: final[side], curve: curve[side] }),
  );
  const { pairs } = comparePairs(contenders, { isEach: true, looks: null, margin: null });
  return { final: pairs.final[0]?.decided ?? false, curve: pairs.curve[0]?.decided ?? false };
}

/** Whether a test of the times alone calls one side sooner. */
function isSooner(runs: Sides, threshold: number): boolean {
  const until = sharedCurveSteps(runs.flat());
  const [x, y] = runs.map((side) =>
    Float64Array.from(side, (rows) => {
      const time = stepsToThreshold(rows, threshold, (rows.at(-1)?.steps ?? 0) / 20, until);
      return time === 'notYetKnown' ? Number.MAX_VALUE : time === 'never' ? Number.POSITIVE_INFINITY : time;
    }),
  );
  return mannWhitneyPValue(x, y, randomStream(0, 'mann-whitney')) < 0.05;
}
