/**
 * How often a comparison calls one of two equal policies better: untrained ones, in rollouts of other shapes.
 *   npm run learn:untrained            100 comparisons of ten seeds a side, each environment
 *   npm run learn:untrained -- 20      so many
 * At most 5% may be called better by the final return, by the curve and by the steps to a threshold near its mean: more is
 * an error, though a single case may come to more by chance.
 */
import { findEnvironment } from '../../envs/registry.ts';
import { comparePairs, type Contender } from '../../src/experiment/pairs.ts';
import { stepsToThreshold } from '../../src/experiment/learning-curve.ts';
import { curveScore, finalScore, sharedCurveSteps } from '../../src/experiment/performance.ts';
import { mannWhitneyPValue } from '../../src/statistics/mann-whitney.ts';
import { tieTolerance, tieValues } from '../../src/experiment/ties.ts';
import { configSchema } from '../../src/config/schema.ts';
import { randomStream } from '../../src/random/random.ts';
import type { MetricsRow } from '../../src/run/metrics.ts';
import { type Shape, untrainedRun } from '../rollout/untrained.ts';

const SEEDS = 10;
const grid = { map: ['G.S.....H'], holeReward: -1, stepCost: 0.01, timeLimit: 300 };
const cases: { id: string; options: object; threshold: number; shapes: [Shape, Shape] }[] = [
  {
    id: 'CartPole-v1',
    options: {},
    threshold: 22.3,
    shapes: [
      [4, 128, 50],
      [32, 16, 50],
    ],
  },
  {
    id: 'CartPole-v1',
    options: {},
    threshold: 22.3,
    shapes: [
      [1, 128, 200],
      [8, 128, 25],
    ],
  },
  {
    id: 'GridWorld',
    options: grid,
    threshold: 0.26,
    shapes: [
      [4, 128, 50],
      [32, 16, 50],
    ],
  },
  {
    id: 'GridWorld',
    options: grid,
    threshold: 0.26,
    shapes: [
      [1, 64, 400],
      [16, 64, 25],
    ],
  },
  {
    id: 'BernoulliBandit',
    options: { means: [0.2, 0.8] },
    threshold: 0.5,
    shapes: [
      [4, 32, 50],
      [1, 50, 128],
    ],
  },
  {
    id: 'Pendulum-v1',
    options: {},
    threshold: -1230,
    shapes: [
      [4, 128, 50],
      [16, 32, 50],
    ],
  },
  {
    id: 'FrozenLake-v1',
    options: {},
    threshold: 0.014,
    shapes: [
      [4, 128, 50],
      [32, 16, 50],
    ],
  },
];

const comparisons = Number(process.argv[2] ?? 100);
const allowed = 0.05 * comparisons;
let isWrong = false;
for (const { id, options, threshold, shapes } of cases) {
  const parsed = findEnvironment(id).options.parse(options);
  const better = { final: 0, curve: 0, time: 0 };
  for (let c = 0; c < comparisons; c++) {
    const runs = shapes.map((shape, side) =>
      Array.from({ length: SEEDS }, (_, i) => {
        const seed = (2 * c + side) * SEEDS + i;
        return untrainedRun(id, parsed, shape, seed) as unknown as MetricsRow[];
      }),
    );
    const pairs = { final: pairOf(runs, 'final'), curve: pairOf(runs, 'curve') };
    for (const metric of ['final', 'curve'] as const) if (pairs[metric]) better[metric] += 1;
    const window = (runs[0][0][0].steps * runs[0][0].length) / 20;
    const times = runs.map((side) =>
      Float64Array.from(side, (rows) => rankOf(stepsToThreshold(rows, threshold, window))),
    );
    if (mannWhitneyPValue(times[0], times[1], randomStream(0, 'mann-whitney')) < 0.05) better.time += 1;
  }
  const isOver = Object.values(better).some((count) => count > allowed);
  isWrong ||= isOver;
  const shape = shapes.map((each) => each.join(' × ')).join(' against ');
  process.stdout.write(
    `${id}, ${shape}: called better in ${comparisons}: final ${better.final}, curve ${better.curve}, steps to ${threshold} ${better.time}${isOver ? '  too often' : ''}\n`,
  );
}
process.exitCode = isWrong ? 1 : 0;

function rankOf(time: number | 'notYetKnown' | 'never'): number {
  return time === 'notYetKnown' ? Number.MAX_VALUE : time === 'never' ? Number.POSITIVE_INFINITY : time;
}

/** Whether one side is called better. */
function pairOf(runs: readonly (readonly MetricsRow[])[][], metric: 'final' | 'curve'): boolean {
  const steps = sharedCurveSteps(runs.flat());
  const score = metric === 'final' ? finalScore : (rows: readonly MetricsRow[]) => curveScore(rows, steps);
  const scores = runs.map((side) => side.map(score).filter((each) => each !== null));
  const tied = tieValues(scores.flat(), tieTolerance(runs.flat()));
  const config = configSchema.parse({ environment: { id: 'any' } });
  const contenders = scores.map((own, side): Contender => {
    const values = Float64Array.from(own, tied);
    const iqm = { value: values.reduce((sum, each) => sum + each, 0), low: null, high: null };
    const performance = { perSeed: [], mean: null, median: null, iqm, optimalityGap: null };
    return {
      report: {
        label: String(side),
        config,
        bestReturn: null,
        runs: [],
        stuck: [],
        final: performance,
        curve: performance,
        curveSteps: steps,
        withoutCurve: [],
        stepsToThreshold: null,
        kl: null,
        gradientSteps: { planned: 0, applied: 0 },
        stopReasons: {},
      },
      rows: [],
      scores: { final: values, curve: values },
    };
  });
  return comparePairs(contenders, metric, true)[0]?.decided ?? false;
}
