import { bootstrapIntervals } from '../statistics/bootstrap.ts';
import { randomStream } from '../random/random.ts';
import type { MetricsRow } from '../row/metrics.ts';
import { curvePerformance, curveSteps, finalPerformance } from './learning-curve.ts';
import type { Estimate, Performance } from './report-data.ts';
import type { ReportInput } from './report-data.ts';
import { interquartileMean, median, optimalityGap, pooledMean, type Scores } from '../statistics/scores.ts';

/** Of every interval in a report. rliable's default is 50,000 resamples; 10,000 give the same two digits. */
export const BOOTSTRAP = { confidence: 0.95, resamples: 10_000, seed: 0 };

/** Performance of a stuck run: below every other, tied with the other stuck ones. */
export const STUCK = Number.NEGATIVE_INFINITY;

/** Whether no episode ended in the last tenth of the updates of a completed run. */
export function isStuck(rows: readonly MetricsRow[]): boolean {
  return finalPerformance(rows) === null;
}

/** What a run is judged by: the end of it, or all of it. */
export type Metric = 'final' | 'curve';

/** Mean return at the end of a completed run. */
export function finalScore(rows: readonly MetricsRow[]): number {
  return finalPerformance(rows) ?? STUCK;
}

/**
 * Mean of the curve of a completed run over the first `steps` steps, for runs that are compared over the same ones; null
 * for a run of leash 0.1.0, and where nothing is known.
 */
export function curveScore(rows: readonly MetricsRow[], steps: number): number | null {
  return isStuck(rows) ? STUCK : curvePerformance(rows, steps);
}

/**
 * How far the curves of all completed runs are known, those aside that are stuck or have none. A stretch that is the same
 * for all: a curve that is known further would else be compared where it is higher, or lower.
 */
export function sharedCurveSteps(runs: readonly (readonly MetricsRow[])[]): number {
  const known = runs
    .filter((rows) => !isStuck(rows))
    .map((rows) => curveSteps(rows))
    .filter((steps) => steps !== null);
  return known.length === 0 ? 0 : Math.min(...known);
}

/** Of the runs that completed. */
export function completedRows({ runs }: ReportInput): (readonly MetricsRow[])[] {
  return runs.filter(({ status }) => status === 'completed').map(({ rows }) => rows);
}

/** Seeds of the stuck runs. */
export function stuckSeeds({ runs }: ReportInput): number[] {
  return runs.filter(({ status, rows }) => status === 'completed' && isStuck(rows)).map(({ seed }) => seed);
}

/** Each statistic of the sets with its interval; without one where a set is a single run. */
export function estimate(
  sets: readonly Float64Array[],
  statistics: readonly ((...sets: Scores[]) => number)[],
): Estimate[] {
  const tasks = sets.map((runs) => [runs]);
  const values = statistics.map((statistic) => statistic(...tasks));
  if (sets.some((runs) => runs.length < 2)) return values.map((value) => estimateOf(value));
  const { resamples, confidence, seed } = BOOTSTRAP;
  const stream = randomStream(seed, 'bootstrap');
  const intervals = bootstrapIntervals(tasks, statistics, resamples, confidence, stream);
  return values.map((value, k) => estimateOf(value, intervals[k]));
}

/** What is infinite has a stuck run in it, and no number. */
function estimateOf(value: number, interval?: { readonly low: number; readonly high: number }): Estimate {
  const parts = { value, ...interval };
  const stuck = (['value', 'low', 'high'] as const).filter((part) => Math.abs(parts[part] ?? 0) === Infinity);
  const known = (part: number | undefined): number | null =>
    part === undefined || Math.abs(part) === Infinity ? null : part;
  const { low, high } = { low: known(interval?.low), high: known(interval?.high) };
  return { value: known(value), low, high, ...(stuck.length > 0 && { stuck }) };
}

/**
 * @param perSeed as logged; null where there is none, STUCK for a stuck run
 * @param scores the same with ties made equal, without null
 * @param best best known return, ties likewise
 */
export function performanceOf(
  perSeed: readonly (number | null)[],
  scores: Float64Array,
  best: number | undefined,
): Performance {
  const shown = perSeed.map((each) => (each === STUCK ? null : each));
  if (scores.length === 0)
    return { perSeed: shown, mean: null, median: null, iqm: null, optimalityGap: null };
  const gap = (sample: Scores): number => optimalityGap(sample, best ?? Number.NaN);
  const [average, middle, iqm, shortfall] = estimate([scores], [pooledMean, median, interquartileMean, gap]);
  return {
    perSeed: shown,
    mean: average,
    median: middle,
    iqm,
    optimalityGap: best === undefined ? null : shortfall,
  };
}
