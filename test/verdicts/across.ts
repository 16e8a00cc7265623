import { acrossWorlds } from '../../src/experiment/across-worlds.ts';
import type { Contender } from '../../src/experiment/pairs.ts';
import type { AcrossEstimate, ReportInput } from '../../src/experiment/report-data.ts';
import { ordinaryRow } from '../plot/runs-on-disk.ts';
import { randomStream } from '../../src/random/random.ts';
import { meanRanks } from '../../src/statistics/ranks.ts';
import {
  interquartileMean,
  pooledMean,
  probabilityOfImprovement,
  type Scores,
} from '../../src/statistics/scores.ts';
import type { SeedScores } from '../../src/statistics/seed-intervals.ts';
import type { Population } from './coverage.ts';
import { contenderOf } from './runs.ts';

/** Of draws of so many runs in each world, the share whose 95% interval has the truth in it. */
interface Covered {
  iqm: number;
  mean: number;
  improvement: number;
  rank: number;
}

export interface AcrossCoverage extends Readonly<Covered> {
  /** The same of rliable's intervals, which stand beside. */
  readonly before: Readonly<Covered>;
}

/**
 * What intervals over worlds cover, of several methods; the P(improvement) is that of the first over the second, all else the first's.
 * @param methods of each the populations that its runs are drawn from, normalised returns, one a world
 */
export function acrossCoverage(
  methods: readonly (readonly Population[])[],
  runs: number,
  draws: number,
): AcrossCoverage {
  const random = randomStream(0, `verdicts/across/${runs}`);
  const scores = methods.map((worlds) => worlds.map(({ values }) => values));
  const [first, second] = [scores[0] as Scores, scores[1] as Scores];
  const truth = {
    iqm: interquartileMean(first),
    mean: pooledMean(first),
    improvement: probabilityOfImprovement(first, second),
    rank: meanRanks(methods.length)[0]?.(...scores) as number,
  };
  const [covered, before] = [none(), none()];
  for (let d = 0; d < draws; d++) {
    const drawn = methods.map((worlds) =>
      worlds.map(({ values, bounds }) => ({
        runs: Float64Array.from({ length: runs }, () => values[random.integer(values.length)] as number),
        bounds,
      })),
    );
    const estimates = estimatesOf(drawn);
    for (const key of ['iqm', 'mean', 'improvement', 'rank'] as const) {
      const { low, high, bootstrap } = estimates[key];
      if (has(low, high, truth[key])) covered[key] += 1 / draws;
      if (has(bootstrap?.low, bootstrap?.high, truth[key])) before[key] += 1 / draws;
    }
  }
  return { ...covered, before };
}

function none(): Covered {
  return { iqm: 0, mean: 0, improvement: 0, rank: 0 };
}

/** Rounding aside. */
function has(low: number | null | undefined, high: number | null | undefined, value: number): boolean {
  return typeof low === 'number' && typeof high === 'number' && low <= value + 1e-9 && value - 1e-9 <= high;
}

/** As a report has them, of returns that are normalised: untrained 0, best 1. */
function estimatesOf(drawn: readonly (readonly SeedScores[])[]): Record<keyof Covered, AcrossEstimate> {
  const members = drawn.flatMap((worlds, m) => worlds.map((scores, w) => ({ scores, m, w })));
  const contenders = members.map(({ scores }): Contender => {
    const made = contenderOf('', { final: scores.runs, curve: scores.runs });
    const untrained = [ordinaryRow(1, { curveUpdates: 1, curveReturn: 0 })];
    const report = { ...made.report, bestReturn: { value: 1, how: '' } };
    return { ...made, rows: [untrained], report, scores: { ...made.scores, final: scores } };
  });
  const inputs = members.map(({ m, w }) => ({ method: `${m}`, world: `${w}` }) as ReportInput);
  const report = acrossWorlds(contenders, inputs);
  const [method, improvement] = [report?.methods[0], report?.improvements[0]?.improvement];
  if (method === undefined || improvement === undefined) throw new Error('nothing was compared');
  return { iqm: method.iqm, mean: method.mean, improvement, rank: method.rank };
}
