import { acrossWorlds } from '../../src/experiment/across-worlds.ts';
import type { Estimate, ReportInput } from '../../src/experiment/report-data.ts';
import { ordinaryRow } from '../plot/runs-on-disk.ts';
import { randomStream } from '../../src/random/random.ts';
import { meanRanks } from '../../src/statistics/ranks.ts';
import {
  interquartileMean,
  pooledMean,
  probabilityOfImprovement,
  type Scores,
} from '../../src/statistics/scores.ts';
import { contenderOf } from './runs.ts';

/** Of draws of so many runs in each world, the share whose 95% interval has the truth in it. */
export interface AcrossCoverage {
  readonly iqm: number;
  readonly mean: number;
  readonly improvement: number;
  readonly rank: number;
}

/**
 * What intervals over worlds cover, of two methods.
 * @param populations normalised returns that runs are drawn from, of both methods in each world
 */
export function acrossCoverage(
  populations: readonly [Scores, Scores],
  runs: number,
  draws: number,
): AcrossCoverage {
  const random = randomStream(0, `verdicts/across/${runs}`);
  const [first] = populations;
  const truth = {
    iqm: interquartileMean(first),
    mean: pooledMean(first),
    improvement: probabilityOfImprovement(...populations),
    rank: meanRanks(2)[0]?.(...populations) as number,
  };
  const covered = { iqm: 0, mean: 0, improvement: 0, rank: 0 };
  for (let d = 0; d < draws; d++) {
    const drawn = populations.map((worlds) =>
      worlds.map((values) =>
        Float64Array.from({ length: runs }, () => values[random.integer(values.length)] as number),
      ),
    );
    const estimates = estimatesOf(drawn);
    for (const key of ['iqm', 'mean', 'improvement', 'rank'] as const) {
      const { low, high } = estimates[key];
      if (low !== null && high !== null && low <= truth[key] + 1e-9 && truth[key] - 1e-9 <= high)
        covered[key] += 1 / draws;
    }
  }
  return covered;
}

/** As a report has them, of returns that are normalised: untrained 0, best 1. */
function estimatesOf(drawn: readonly Scores[]): Record<keyof AcrossCoverage, Estimate> {
  const members = drawn.flatMap((worlds, m) => worlds.map((final, w) => ({ final, m, w })));
  const contenders = members.map(({ final }) => {
    const made = contenderOf('', { final, curve: final });
    const untrained = [ordinaryRow(1, { curveUpdates: 1, curveReturn: 0 })];
    return { ...made, rows: [untrained], report: { ...made.report, bestReturn: { value: 1, how: '' } } };
  });
  const inputs = members.map(({ m, w }) => ({ method: `${m}`, world: `${w}` }) as ReportInput);
  const report = acrossWorlds(contenders, inputs);
  const [method, improvement] = [report?.methods[0], report?.improvements[0]?.improvement];
  if (method === undefined || improvement === undefined) throw new Error('nothing was compared');
  return { iqm: method.iqm, mean: method.mean, improvement, rank: method.rank };
}
