import { taskOf } from '../config/task.ts';
import type { MetricsRow } from '../row/metrics.ts';
import { randomStream } from '../random/random.ts';
import type { Config } from '../config/schema.ts';
import { estimate, type Metric } from './performance.ts';
import type { ConfigReport, PairReport, SameRuns } from './report-data.ts';
import { adjustByHolm } from '../statistics/holm.ts';
import { mannWhitneyPValue } from '../statistics/mann-whitney.ts';
import { interquartileDifference, probabilityOfImprovement } from '../statistics/scores.ts';

/** A config of a report, with what its figures are made of. */
export interface Contender {
  readonly report: ConfigReport;
  /** One per seed; null for a run that did not complete. */
  readonly rows: readonly (readonly MetricsRow[] | null)[];
  /** Of the runs that have one: ties made equal, stuck runs below all others. */
  readonly scores: { readonly final: Float64Array; readonly curve: Float64Array };
}

/** Error of a report: the chance that it calls anything better, by either measure, where nothing differs. */
export const FAMILY_ERROR = 0.05;

/**
 * Pairs of configs that share an environment and have figures, by both measures: all of these tests are one family.
 * @param isEach all pairs; otherwise those with the best
 */
export function comparePairs(
  contenders: readonly Contender[],
  isEach: boolean,
): Record<Metric, readonly PairReport[]> {
  const final = pairsBy('final', contenders, isEach);
  const compared = [...final, ...pairsBy('curve', contenders, isEach)];
  const tested = compared.filter((pair) => pair.pValue !== null);
  const adjusted = adjustByHolm(tested.map((pair) => pair.pValue as number));
  const judged = compared.map((pair) => {
    const pValue = pair.pValue === null ? null : adjusted[tested.indexOf(pair)];
    const { low } = pair.improvement;
    const isAbove = low !== null && low > 0.5;
    return { ...pair, pValue, decided: isAbove && pValue !== null && pValue < FAMILY_ERROR };
  });
  return { final: judged.slice(0, final.length), curve: judged.slice(final.length) };
}

/** Each pair, with the p-value of its own test. */
function pairsBy(metric: Metric, contenders: readonly Contender[], isEach: boolean): PairReport[] {
  const ranked = contenders
    .filter(({ report }) => report[metric].iqm !== null)
    .sort((a, b) => rankOf(b, metric) - rankOf(a, metric) || a.report.stuck.length - b.report.stuck.length);
  return ranked.flatMap((better, i) =>
    ranked
      .slice(i + 1)
      .filter((worse) => sharesEnvironment(better.report, worse.report) && (isEach || i === 0))
      .map((worse) => comparePair(better, worse, metric)),
  );
}

function rankOf({ report }: Contender, metric: Metric): number {
  return report[metric].iqm?.value ?? -Number.MAX_VALUE;
}

function comparePair(better: Contender, worse: Contender, metric: Metric): PairReport {
  const [x, y] = [better.scores[metric], worse.scores[metric]];
  const [improvement, difference] = estimate([x, y], [probabilityOfImprovement, interquartileDifference]);
  const isTestable = x.length > 1 && y.length > 1;
  const pValue = isTestable ? mannWhitneyPValue(x, y, randomStream(0, 'mann-whitney')) : null;
  const same = sameRuns(better, worse);
  const isSame = same?.isEverySeed === true;
  return {
    better: better.report.label,
    worse: worse.report.label,
    // Runs that are the same are no two samples: their difference is nothing that a resample could change.
    ...(isSame ? { improvement: EVEN, difference: NOTHING } : { improvement, difference }),
    pValue: isSame && isTestable ? 1 : pValue,
    decided: false,
    same,
  };
}

const EVEN = { value: 0.5, low: 0.5, high: 0.5 };
const NOTHING = { value: 0, low: 0, high: 0 };

/** Columns that say what was played, and those that say what the policy became. */
const PLAYED: readonly (keyof MetricsRow)[] = [
  'steps',
  'episodes',
  'returnMean',
  'returnMin',
  'returnMax',
  'lengthMean',
];
const LEARNED: readonly (keyof MetricsRow)[] = ['klOldNewMean', 'klOldNewMax', 'klNewOldMean', 'entropy'];

/** The seeds in which two configs made the same run, or in every one the same returns; null where there are none. */
function sameRuns(a: Contender, b: Contender): SameRuns | null {
  const made = a.report.runs.filter((_, i) => a.rows[i] !== null || b.rows[i] !== null);
  const seedsOf = (columns: readonly (keyof MetricsRow)[]): number[] =>
    a.report.runs.flatMap(({ seed }, i) => (areEqual(a.rows[i], b.rows[i], columns) ? [seed] : []));
  const runs = seedsOf([...PLAYED, ...LEARNED]);
  const returns = seedsOf(PLAYED);
  if (returns.length === made.length && runs.length < returns.length) {
    return { what: 'returns', seeds: returns, isEverySeed: true };
  }
  return runs.length === 0 ? null : { what: 'run', seeds: runs, isEverySeed: runs.length === made.length };
}

function areEqual(
  a: readonly MetricsRow[] | null,
  b: readonly MetricsRow[] | null,
  columns: readonly (keyof MetricsRow)[],
): boolean {
  if (a === null || b === null || a.length !== b.length) return false;
  return a.every((row, u) => columns.every((column) => Object.is(row[column], b[u][column])));
}

/** Whether returns of the two can be compared. */
export function sharesEnvironment(a: { config: Config }, b: { config: Config }): boolean {
  return taskOf(a.config.environment) === taskOf(b.config.environment);
}
