import { extent } from '../elementary/extent.ts';
import type { ReportRow } from '../row/report-row.ts';
import { curvePerformance, curveSteps, finalPerformance } from './learning-curve.ts';
import {
  gapInterval,
  iqmDifferenceInterval,
  iqmInterval,
  meanInterval,
  medianInterval,
  type SeedScores,
  tiedAtAnEnd,
} from '../statistics/seed-intervals.ts';
import type { Interval } from '../statistics/bootstrap.ts';
import { improvementInterval } from '../statistics/improvement-interval.ts';
import type { Estimate, Performance } from './report-data.ts';
import type { ReportInput } from './report-data.ts';
import {
  interquartileDifference,
  interquartileMean,
  median,
  optimalityGap,
  pooledMean,
  probabilityOfImprovement,
} from '../statistics/scores.ts';

/** Of every interval in a report: how it is made and what it covers. `npm run verdicts` measures that. */
export const INTERVALS = {
  confidence: 0.95,
  mean: 'Student’s t over the seeds, further out on the side of the longer tail (Johnson’s correction for skewness): covers the mean of smooth returns, a little less where they are very skewed',
  iqm: 'Student’s t on winsorised returns (Tukey–McLaughlin; Yuen and Welch of a difference): covers the interquartile mean of smooth returns',
  median: 'two of the returns in order: covers the median of any returns, in at least 95%; from six seeds on',
  improvement: 'Newcombe’s score interval',
  profile: 'Wilson’s, at each threshold for itself',
  ties: 'where more than a quarter of the runs tie at the least or the greatest: bounds that hold whatever the distribution, where the environment says what returns can be; none elsewhere',
} as const;

/** Performance of a stuck run: below every other, tied with the other stuck ones. */
export const STUCK = Number.NEGATIVE_INFINITY;

/** Whether no episode ended in the last tenth of the updates of a completed run. */
export function isStuck(rows: readonly ReportRow[]): boolean {
  return finalPerformance(rows) === null;
}

/** What a run is judged by: the end of it, or all of it. */
export type Metric = 'final' | 'curve';

/** Mean return at the end of a completed run. */
export function finalScore(rows: readonly ReportRow[]): number {
  return finalPerformance(rows) ?? STUCK;
}

/**
 * Mean of the curve of a completed run over the first `steps` steps, for runs that are compared over the same ones; null
 * for a run of leash 0.1.0, and where nothing is known.
 */
export function curveScore(rows: readonly ReportRow[], steps: number): number | null {
  return isStuck(rows) ? STUCK : curvePerformance(rows, steps);
}

/**
 * How far the curves of all completed runs are known, those aside that are stuck or have none. A stretch that is the same
 * for all: a curve that is known further would else be compared where it is higher, or lower.
 */
export function sharedCurveSteps(runs: readonly (readonly ReportRow[])[]): number {
  const known = runs
    .filter((rows) => !isStuck(rows))
    .map((rows) => curveSteps(rows))
    .filter((steps) => steps !== null);
  return extent([known])?.[0] ?? 0;
}

/** Of the runs that completed. */
export function completedRows({ runs }: ReportInput): (readonly ReportRow[])[] {
  return runs.filter(({ status }) => status === 'completed').map(({ rows }) => rows);
}

/** Seeds of the stuck runs. */
export function stuckSeeds({ runs }: ReportInput): number[] {
  return runs.filter(({ status, rows }) => status === 'completed' && isStuck(rows)).map(({ seed }) => seed);
}

/**
 * What is infinite is of a stuck run, and no number.
 * @param interval without an end where nothing bounds it
 */
export function estimateOf(value: number, interval?: Partial<Interval>): Estimate {
  const parts = { value, ...interval };
  const stuck = (['value', 'low', 'high'] as const).filter((part) => Math.abs(parts[part] ?? 0) === Infinity);
  const known = (part: number | undefined): number | null =>
    part === undefined || Math.abs(part) === Infinity ? null : part;
  const { low, high } = { low: known(interval?.low), high: known(interval?.high) };
  return { value: known(value), low, high, ...(stuck.length > 0 && { stuck }) };
}

/** Of two sets of runs that share a task: P(improvement) and the difference of the interquartile means. */
export function estimatePair(x: SeedScores, y: SeedScores): Pick<Comparison, 'improvement' | 'difference'> {
  const [a, b] = [[x.runs], [y.runs]];
  const improvement = probabilityOfImprovement(a, b);
  const difference = interquartileDifference(a, b);
  const isSingle = x.runs.length < 2 || y.runs.length < 2;
  if (isSingle) return { improvement: estimateOf(improvement), difference: estimateOf(difference) };
  return {
    improvement: estimateOf(
      improvement,
      improvementInterval([{ value: improvement, m: x.runs.length, n: y.runs.length }]),
    ),
    difference: estimateOf(difference, iqmDifferenceInterval(x, y)),
  };
}

/** How far apart two configs are. */
interface Comparison {
  readonly improvement: Estimate;
  readonly difference: Estimate;
}

/**
 * @param perSeed as logged; null where there is none, STUCK for a stuck run
 * @param scores the same with ties made equal, without null
 * @param best best known return, ties likewise
 */
export function performanceOf(
  perSeed: readonly (number | null)[],
  scores: SeedScores,
  best: number | undefined,
): Performance {
  const shown = perSeed.map((each) => (each === STUCK ? null : each));
  const { runs } = scores;
  if (runs.length === 0)
    return { perSeed: shown, mean: null, median: null, iqm: null, optimalityGap: null, tied: null };
  return {
    perSeed: shown,
    mean: estimateOf(pooledMean([runs]), meanInterval(scores)),
    median: estimateOf(median([runs]), medianInterval(scores)),
    iqm: estimateOf(interquartileMean([runs]), iqmInterval(scores)),
    optimalityGap:
      best === undefined ? null : estimateOf(optimalityGap([runs], best), gapInterval(scores, best)),
    tied: tiedAtAnEnd(runs) ?? null,
  };
}
