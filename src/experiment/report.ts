import type { Config } from '../config/schema.ts';
import { randomStream } from '../random/random.ts';
import type { MetricsRow } from '../run/metrics.ts';
import { LEASH_VERSION } from '../version.ts';
import { differingPaths, settingsOf } from './differences.ts';
import { curvePerformance, finalPerformance, stepsToThreshold } from './learning-curve.ts';
import type { Calibrated } from './calibrate.ts';
import type {
  CalibrationReport,
  ConfigReport,
  Estimate,
  PairReport,
  Performance,
  ReportData,
} from './report-data.ts';
import {
  adjustByHolm,
  bootstrapIntervals,
  interquartileMean,
  mannWhitneyPValue,
  mean,
  median,
  optimalityGap,
  pooledMean,
  probabilityOfImprovement,
  quantile,
  type Scores,
  shareAbove,
} from './statistics.ts';
import { verdictOf } from './verdict.ts';

/** Of every interval in a report. rliable's default is 50,000 resamples; 10,000 give the same two digits. */
const BOOTSTRAP = { confidence: 0.95, resamples: 10_000, seed: 0 };
const PROFILE_POINTS = 51;
/** Beyond this many configs, and in a sweep, pairs are those with the best one: all would be hundreds. */
const ALL_PAIRS = 8;

/** One config with its runs as they are on disk. */
export interface ReportInput {
  readonly label: string;
  /** Of the first seed. */
  readonly config: Config;
  readonly bestReturn: { readonly value: number; readonly how: string } | null;
  /** One per seed, in the order of the seeds; `rows` are used where `status` is completed. */
  readonly runs: readonly (ConfigReport['runs'][number] & { readonly rows: readonly MetricsRow[] })[];
}

/** What a report says besides the figures. */
export type ReportFrame = Pick<
  ReportData,
  'kind' | 'name' | 'description' | 'command' | 'seeds' | 'sweep'
> & {
  readonly calibration:
    | (Omit<CalibrationReport, 'configs'> & { readonly configs: readonly Calibrated[] })
    | null;
};

/**
 * All figures of an experiment.
 * @param threshold return whose first reach is timed; undefined: 95% of the best known
 */
export function buildReport(
  frame: ReportFrame,
  inputs: readonly ReportInput[],
  threshold?: number,
): ReportData {
  const configs = inputs.map((input) => reportConfig(input, threshold));
  const differing = differingPaths(inputs.map(({ config }) => config));
  const settings = inputs.map(({ config }) => settingsOf(config));
  const isEach = frame.kind === 'compare' && configs.length <= ALL_PAIRS;
  const pairs = {
    final: comparePairs(configs, 'final', isEach),
    curve: comparePairs(configs, 'curve', isEach),
  };
  const data: Omit<ReportData, 'verdict'> = {
    format: 'leash-report-1',
    kind: frame.kind,
    name: frame.name,
    description: frame.description,
    command: frame.command,
    versions: { leash: LEASH_VERSION, node: process.version },
    seeds: frame.seeds,
    bootstrap: BOOTSTRAP,
    configs,
    differences: differing.map((path) => ({ path, values: settings.map((each) => each.get(path) ?? null) })),
    pairs,
    profile: profileOf(configs),
    calibration: frame.calibration && {
      ...frame.calibration,
      configs: frame.calibration.configs.map((each, i) => ({
        ...each,
        klMeanCompared: configs[i].kl?.mean ?? null,
      })),
    },
    sweep: frame.sweep,
  };
  return { ...data, verdict: verdictOf(data) };
}

function reportConfig({ label, config, bestReturn, runs }: ReportInput, threshold?: number): ConfigReport {
  const completed = runs.map(({ status, rows }) => (status === 'completed' ? rows : null));
  const rows = completed.flatMap((each) => each ?? []);
  const best = bestReturn?.value;
  const target = threshold ?? (best === undefined ? undefined : best - 0.05 * Math.abs(best));
  const perSeed = (figure: (rows: readonly MetricsRow[]) => number | null): (number | null)[] =>
    completed.map((each) => (each === null ? null : figure(each)));
  const stopReasons: Record<string, number> = {};
  for (const { stopReason } of rows) stopReasons[stopReason] = (stopReasons[stopReason] ?? 0) + 1;
  const total = (name: 'gradientStepsPlanned' | 'gradientStepsApplied'): number =>
    rows.reduce((sum, row) => sum + row[name], 0);
  return {
    label,
    config,
    bestReturn,
    runs: runs.map(({ rows: _, ...run }) => run),
    final: performanceOf(perSeed(finalPerformance), best),
    curve: performanceOf(perSeed(curvePerformance), best),
    stepsToThreshold:
      target === undefined
        ? null
        : timeTo(
            target,
            perSeed((each) => stepsToThreshold(each, target)),
          ),
    kl: rows.length === 0 ? null : klOf(rows),
    gradientSteps: { planned: total('gradientStepsPlanned'), applied: total('gradientStepsApplied') },
    stopReasons: Object.fromEntries(Object.entries(stopReasons).sort(([a], [b]) => (a < b ? -1 : 1))),
  };
}

function klOf(rows: readonly MetricsRow[]): NonNullable<ConfigReport['kl']> {
  const kls = rows.map((row) => row.klOldNewMean);
  return {
    mean: mean(kls),
    p95: quantile(Float64Array.from(kls).sort(), 0.95),
    shareOutsideDelta: rows.filter((row) => row.deltaViolated).length / rows.length,
  };
}

function timeTo(threshold: number, perSeed: (number | null)[]): ConfigReport['stepsToThreshold'] {
  const steps = perSeed.map((each) => each ?? Number.POSITIVE_INFINITY).sort((a, b) => a - b);
  const middle = quantile(steps, 0.5);
  return {
    threshold,
    perSeed,
    reached: perSeed.filter((each) => each !== null).length,
    median: Number.isFinite(middle) ? middle : null,
  };
}

function performanceOf(perSeed: readonly (number | null)[], best: number | undefined): Performance {
  const scores = scoresOf(perSeed);
  if (scores[0].length === 0) return { perSeed, mean: null, median: null, iqm: null, optimalityGap: null };
  const gap = (sample: Scores): number => optimalityGap(sample, best ?? Number.NaN);
  const [average, middle, iqm, shortfall] = estimate([scores], [pooledMean, median, interquartileMean, gap]);
  return {
    perSeed,
    mean: average,
    median: middle,
    iqm,
    optimalityGap: best === undefined ? null : shortfall,
  };
}

/** The runs that have a value, as the one task of rliable's scores. */
function scoresOf(perSeed: readonly (number | null)[]): [Float64Array] {
  return [Float64Array.from(perSeed.filter((each) => each !== null))];
}

/** Each statistic of the sets with its interval; without one where a set is a single run. */
function estimate(
  sets: readonly Scores[],
  statistics: readonly ((...sets: Scores[]) => number)[],
): Estimate[] {
  const values = statistics.map((statistic) => statistic(...sets));
  if (sets.some(([runs]) => runs.length < 2)) {
    return values.map((value) => ({ value, low: null, high: null }));
  }
  const { resamples, confidence, seed } = BOOTSTRAP;
  const stream = randomStream(seed, 'bootstrap');
  const intervals = bootstrapIntervals(sets, statistics, resamples, confidence, stream);
  return values.map((value, k) => ({ value, ...intervals[k] }));
}

/** Pairs of configs that share an environment and have figures. @param isEach all; otherwise with the best */
function comparePairs(
  configs: readonly ConfigReport[],
  metric: 'final' | 'curve',
  isEach: boolean,
): PairReport[] {
  const ranked = configs
    .filter((config) => config[metric].iqm !== null)
    .sort((a, b) => (b[metric].iqm?.value ?? 0) - (a[metric].iqm?.value ?? 0));
  const pairs = ranked.flatMap((better, i) =>
    ranked
      .slice(i + 1)
      .filter((worse) => sharesEnvironment(better, worse) && (isEach || i === 0))
      .map((worse) => [better, worse] as const),
  );
  const compared = pairs.map(([better, worse]) => {
    const [x, y] = [scoresOf(better[metric].perSeed), scoresOf(worse[metric].perSeed)];
    const [improvement, difference] = estimate(
      [x, y],
      [probabilityOfImprovement, (a, b) => interquartileMean(a) - interquartileMean(b)],
    );
    const isTestable = x[0].length > 1 && y[0].length > 1;
    const pValue = isTestable ? mannWhitneyPValue(x[0], y[0], randomStream(0, 'mann-whitney')) : null;
    return { better: better.label, worse: worse.label, improvement, difference, pValue };
  });
  const tested = compared.filter((pair) => pair.pValue !== null);
  const adjusted = adjustByHolm(tested.map((pair) => pair.pValue as number));
  return compared.map((pair) => {
    const pValue = pair.pValue === null ? null : adjusted[tested.indexOf(pair)];
    const { low, high } = pair.improvement;
    const excludesHalf = low !== null && high !== null && (low > 0.5 || high < 0.5);
    return { ...pair, pValue, decided: excludesHalf && pValue !== null && pValue < 0.05 };
  });
}

/** Whether returns of the two can be compared: the same environment with the same options. */
export function sharesEnvironment(a: { config: Config }, b: { config: Config }): boolean {
  const environmentOf = ({ config }: { config: Config }): string =>
    JSON.stringify([config.environment.id, config.environment.options]);
  return environmentOf(a) === environmentOf(b);
}

function profileOf(configs: readonly ConfigReport[]): ReportData['profile'] {
  const shown = configs.filter((config) => config.final.iqm !== null);
  if (shown.length === 0 || shown.some((config) => !sharesEnvironment(config, shown[0]))) return null;
  const all = shown.flatMap((config) => [...scoresOf(config.final.perSeed)[0]]);
  const [least, most] = [Math.min(...all), Math.max(...all)];
  const thresholds = Array.from(
    { length: PROFILE_POINTS },
    (_, i) => least + ((most - least) * i) / (PROFILE_POINTS - 1),
  );
  return {
    thresholds,
    configs: shown.map((config) => {
      const points = estimate(
        [scoresOf(config.final.perSeed)],
        thresholds.map((tau) => (scores: Scores) => shareAbove(scores, tau)),
      );
      const hasBand = points[0].low !== null;
      return {
        label: config.label,
        share: points.map((point) => point.value),
        low: hasBand ? points.map((point) => point.low as number) : null,
        high: hasBand ? points.map((point) => point.high as number) : null,
      };
    }),
  };
}
