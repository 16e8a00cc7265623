import { extent } from '../elementary/extent.ts';
import { mean } from '../elementary/mean.ts';
import { acrossWorlds, remarkOnWorlds } from './across-worlds.ts';
import { heldKl } from '../row/metrics.ts';
import type { ReportRow } from '../row/report-row.ts';
import { LEASH_VERSION } from '../version.ts';
import type { Calibrated, ReportInput } from './report-data.ts';
import { differingPaths, settingsOf } from './differences.ts';
import { curveSteps, isBranch, stepsToThreshold, type TimeTo } from './learning-curve.ts';
import { HOPELESS } from './looks.ts';
import { comparePairs, type Contender, sharesEnvironment } from './pairs.ts';
import {
  completedRows,
  curveScore,
  finalScore,
  INTERVALS,
  isStuck,
  type Metric,
  performanceOf,
  sharedCurveSteps,
  STUCK,
  stuckSeeds,
} from './performance.ts';
import { offTarget } from './kl-target.ts';
import type { CalibrationReport, ConfigReport, Performance, ReportData } from './report-data.ts';
import { quantile } from '../statistics/quantile.ts';
import { powerAtOneDeviation } from '../statistics/power.ts';
import { rateOfRuns, type SeedScores } from '../statistics/seed-intervals.ts';
import { spendingOf } from '../statistics/sequential-ranks.ts';
import { wilsonInterval } from '../statistics/success-interval.ts';
import { shareAbove } from '../statistics/scores.ts';
import { successesOf } from './success.ts';
import { tieTolerance, tieValues } from './ties.ts';
import { verdictOf } from './verdict/verdict.ts';

const PROFILE_POINTS = 51;
/** Beyond this many configs, and in a sweep, pairs are those with the best one: all would be hundreds. */
const ALL_PAIRS = 8;

/** What a report says besides the figures. */
export type ReportFrame = Pick<
  ReportData,
  'kind' | 'name' | 'description' | 'command' | 'seeds' | 'sweep'
> & {
  /** Version of Node.js. */
  readonly node: string;
  /** Sentences that come before what the figures say. */
  readonly remarks?: readonly string[];
  /** By how much a final return may be lower and still be no worse. */
  readonly margin?: number | undefined;
  /** Where seeds are added until pairs are decided. */
  readonly looks?: readonly number[] | undefined;
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
  const arenas: Arena[] = [];
  const contenders = inputs.map((input) => {
    let arena = arenas.find(({ inputs: [first] }) => sharesEnvironment(first, input));
    if (arena === undefined) {
      arena = arenaOf(inputs.filter((other) => sharesEnvironment(other, input)));
      arenas.push(arena);
    }
    return contenderOf(input, arena, frame.looks, threshold);
  });
  const configs = contenders.map(({ report }) => report);
  const differing = differingPaths(inputs.map(({ config }) => config));
  const settings = inputs.map(({ config }) => settingsOf(config));
  const { looks = null, margin = null } = frame;
  const isEach = looks !== null || (frame.kind === 'compare' && configs.length <= ALL_PAIRS);
  const calibration = frame.calibration && {
    ...frame.calibration,
    configs: frame.calibration.configs.map((each, i) => ({
      ...each,
      klMeanCompared: configs[i].kl?.mean ?? null,
    })),
  };
  // Where pairs are those with the best, it is one at the KL asked for.
  const off = isEach ? undefined : offTarget(calibration);
  const compared = contenders.filter(({ report }) => !off?.has(report.label));
  const { pairs, family } = comparePairs(compared, { isEach, looks, margin });
  const data: Omit<ReportData, 'verdict'> = {
    format: 'leash-report-1',
    kind: frame.kind,
    name: frame.name,
    description: frame.description,
    command: frame.command,
    versions: { leash: LEASH_VERSION, node: frame.node },
    seeds: frame.seeds,
    intervals: INTERVALS,
    configs,
    differences: differing.map((path) => ({ path, values: settings.map((each) => each.get(path) ?? null) })),
    pairs,
    family,
    margin,
    untilDecided: looks && untilDecidedOf(looks, configs),
    power: looks === null ? powerOf(family, frame.seeds.length) : null,
    profile: profileOf(contenders),
    across: acrossWorlds(contenders, inputs),
    calibration,
    sweep: frame.sweep,
  };
  return {
    ...data,
    verdict: [...(frame.remarks ?? []), ...remarkOnWorlds(data.across, inputs), ...verdictOf(data)],
  };
}

function untilDecidedOf(
  looks: readonly number[],
  configs: readonly ConfigReport[],
): ReportData['untilDecided'] {
  const runs = configs.reduce((sum, config) => sum + config.runs.length, 0);
  const mostRuns = configs.length * looks[looks.length - 1];
  return { looks, spending: spendingOf(looks), hopeless: HOPELESS, runs, mostRuns };
}

/** @param seeds of every config */
function powerOf({ error, tests }: ReportData['family'], seeds: number): number | null {
  return seeds < 2 || tests === 0 ? null : (powerAtOneDeviation(seeds, error / tests) ?? null);
}

/** Configs whose returns can be compared, and what makes two of these equal. */
interface Arena {
  readonly inputs: readonly ReportInput[];
  readonly tolerance: number;
  /** Steps over which their curves are compared: as far as all are known. */
  readonly curveSteps: number;
  readonly score: Readonly<Record<Metric, (rows: readonly ReportRow[]) => number | null>>;
  /** A performance as it is compared: that of the group that it ties with. */
  readonly tied: Readonly<Record<Metric, (performance: number) => number>>;
}

function arenaOf(inputs: readonly ReportInput[]): Arena {
  const runs = inputs.flatMap((input) => completedRows(input));
  const tolerance = tieTolerance(runs);
  const curveSteps = sharedCurveSteps(runs);
  const score = { final: finalScore, curve: (rows: readonly ReportRow[]) => curveScore(rows, curveSteps) };
  const best = inputs[0].bestReturn?.value ?? STUCK;
  const tiedBy = (metric: Metric): ((performance: number) => number) =>
    tieValues([...runs.map(score[metric]).filter((each) => each !== null), best], tolerance);
  return { inputs, tolerance, curveSteps, score, tied: { final: tiedBy('final'), curve: tiedBy('curve') } };
}

function contenderOf(
  input: ReportInput,
  arena: Arena,
  looks: readonly number[] | undefined,
  threshold?: number,
): Contender {
  const { tolerance, score, tied } = arena;
  const { label, config, module, bestReturn, runs } = input;
  const completed = runs.map(({ status, rows }) => (status === 'completed' ? rows : null));
  const rows = completed.flatMap((each) => each ?? []);
  const best = bestReturn?.value;
  const target = threshold ?? (best === undefined ? undefined : best - 0.05 * Math.abs(best));
  const perSeed = <T>(figure: (rows: readonly ReportRow[]) => T): (T | null)[] =>
    completed.map((each) => (each === null ? null : figure(each)));
  const known = (metric: Metric, from = 0, to = runs.length): Float64Array => {
    const made = completed.slice(from, to).filter((each) => each !== null);
    const values = made.map(score[metric]).filter((each) => each !== null);
    return Float64Array.from(values, tied[metric]);
  };
  const scoresBy = (metric: Metric): SeedScores => ({ runs: known(metric), bounds: input.returnBounds });
  const scores = { final: scoresBy('final'), curve: scoresBy('curve') };
  const sizes = looks?.filter((size) => size <= runs.length) ?? [runs.length];
  const groupsBy = (metric: Metric): Float64Array[] =>
    sizes.map((size, look) => known(metric, sizes[look - 1] ?? 0, size));
  const groups = { final: groupsBy('final'), curve: groupsBy('curve') };
  const performance = (metric: Metric): Performance =>
    performanceOf(
      perSeed(score[metric]),
      scores[metric],
      best === undefined ? undefined : tied[metric](best),
    );
  const stopReasons: Record<string, number> = {};
  for (const { stopReason } of rows) stopReasons[stopReason] = (stopReasons[stopReason] ?? 0) + 1;
  const total = (name: 'gradientStepsPlanned' | 'gradientStepsApplied'): number =>
    rows.reduce((sum, row) => sum + row[name], 0);
  const report = {
    label,
    config,
    ...(module && { module }),
    bestReturn,
    runs: runs.map(({ rows: _, ...run }) => run),
    stuck: stuckSeeds(input),
    final: performance('final'),
    curve: performance('curve'),
    curveSteps: arena.curveSteps,
    success: successOf(completed),
    withoutCurve: runs.filter((_, i) => isWithoutCurve(completed[i])).map(({ seed }) => seed),
    branches: runs.filter((_, i) => isBranch(completed[i] ?? [])).map(({ seed }) => seed),
    stepsToThreshold:
      target === undefined
        ? null
        : timeTo(
            target,
            perSeed((each) =>
              isStuck(each)
                ? 'never'
                : stepsToThreshold(each, target - tolerance, config.steps / 20, arena.curveSteps),
            ),
          ),
    kl: rows.length === 0 ? null : klOf(rows, runs),
    drift: driftOf(completedRows(input)),
    gradientSteps: { planned: total('gradientStepsPlanned'), applied: total('gradientStepsApplied') },
    stopReasons: Object.fromEntries(Object.entries(stopReasons).sort(([a], [b]) => (a < b ? -1 : 1))),
  };
  return { report, rows: completed, scores, groups, tolerance };
}

/** @param completed rows of a run each; null where it did not complete */
function successOf(completed: readonly (readonly ReportRow[] | null)[]): ConfigReport['success'] {
  const made = completed.filter((rows) => rows !== null);
  const found = made.map(successesOf).filter((each) => each !== null);
  if (found.length === 0 || found.length < made.length) return null;
  const episodes = found.reduce((sum, each) => sum + each.episodes, 0);
  const rates = Float64Array.from(found, ({ rate }) => rate);
  const { mean: value, low, high } = rateOfRuns(rates, episodes);
  return { value, low, high };
}

function klOf(rows: readonly ReportRow[], runs: ReportInput['runs']): NonNullable<ConfigReport['kl']> {
  const kls = rows.map((row) => row.klOldNewMean);
  const deltas = rows.map((row) => row.delta);
  const outsideDelta = rows.filter((row) => row.deltaViolated).length;
  return {
    mean: mean(kls),
    p95: quantile(Float64Array.from(kls).sort(), 0.95),
    shareOutsideDelta: outsideDelta / rows.length,
    outsideDelta,
    updates: rows.length,
    delta: {
      least: deltas.reduce((a, b) => Math.min(a, b)),
      greatest: deltas.reduce((a, b) => Math.max(a, b)),
      ...(rows.some((row) => row.statesOutsideDelta !== undefined) && { eachState: true }),
    },
    largest: largestOf(runs),
  };
}

/** @param runs rows of those that completed */
function driftOf(runs: readonly (readonly ReportRow[])[]): ConfigReport['drift'] {
  const drifts = runs.map((rows) => rows.flatMap(({ klPolicyReference }) => klPolicyReference ?? []));
  const ends = drifts.flatMap((each) => each.at(-1) ?? []);
  return ends.length === 0 ? null : { last: mean(ends), mean: mean(drifts.flat()) };
}

/** The update that went furthest, of the runs that completed. */
function largestOf(runs: ReportInput['runs']): NonNullable<ConfigReport['kl']>['largest'] {
  let largest = { value: Number.NEGATIVE_INFINITY, seed: -1 };
  for (const { seed, status, rows } of runs) {
    if (status !== 'completed') continue;
    for (const value of rows.map(heldKl)) if (value > largest.value) largest = { value, seed };
  }
  return largest;
}

function isWithoutCurve(rows: readonly ReportRow[] | null): boolean {
  return rows !== null && curveSteps(rows) === null;
}

/** @param times null: the run failed, which is never */
function timeTo(threshold: number, times: (TimeTo | null)[]): ConfigReport['stepsToThreshold'] {
  const rankOf = (time: TimeTo | null): number =>
    typeof time === 'number' ? time : time === 'notYetKnown' ? Number.MAX_VALUE : Number.POSITIVE_INFINITY;
  const sorted = times.map((time) => time ?? 'never').sort((a, b) => (rankOf(a) < rankOf(b) ? -1 : 1));
  const [below, above] = [Math.floor, Math.ceil].map((round) => sorted[round((sorted.length - 1) / 2)]);
  return {
    threshold,
    perSeed: times.map((time) => (typeof time === 'number' ? time : null)),
    reached: times.filter((time) => typeof time === 'number').length,
    notYetKnown: times.filter((time) => time === 'notYetKnown').length,
    median: typeof below === 'number' && typeof above === 'number' ? (below + above) / 2 : null,
    isMedianKnown: above !== 'notYetKnown',
  };
}

/** Of final performance; null where configs cannot be compared, or no run has one. */
function profileOf(contenders: readonly Contender[]): ReportData['profile'] {
  const shown = contenders.filter(({ scores }) => scores.final.runs.length > 0);
  // Of runs that are not stuck: those have none.
  const range = extent(shown.map(({ scores }) => scores.final.runs));
  if (range === undefined || shown.some(({ report }) => !sharesEnvironment(report, shown[0].report)))
    return null;
  const [least, most] = range;
  const thresholds = Array.from(
    { length: PROFILE_POINTS },
    (_, i) => least + ((most - least) * i) / (PROFILE_POINTS - 1),
  );
  return {
    thresholds,
    configs: shown.map(({ report, scores }) => {
      const { runs } = scores.final;
      const share = thresholds.map((tau) => shareAbove([runs], tau));
      const band = runs.length > 1 ? share.map((each) => wilsonInterval(each, runs.length)) : null;
      return {
        label: report.label,
        share,
        low: band?.map(({ low }) => low) ?? null,
        high: band?.map(({ high }) => high) ?? null,
      };
    }),
  };
}
