import { taskOf } from '../config/task.ts';
import type { ReportRow } from '../row/report-row.ts';
import { randomStream } from '../random/random.ts';
import type { Config } from '../config/schema.ts';
import { naturalOrder } from '../run/natural-order.ts';
import type { RecordedModule } from '../run/changed-module.ts';
import { estimatePair, type Metric } from './performance.ts';
import type { ConfigReport, Judgement, PairReport, ReportData, SameRuns } from './report-data.ts';
import { adjustByHolm } from '../statistics/holm.ts';
import { type Alternative, mannWhitneyPValue } from '../statistics/mann-whitney.ts';
import type { SeedScores } from '../statistics/seed-intervals.ts';
import {
  chanceOfDecision,
  type RunGroup,
  sequentialPValue,
  spendingOf,
} from '../statistics/sequential-ranks.ts';
import { tieValues } from './ties.ts';

/** A config of a report, with what its figures are made of. */
export interface Contender {
  readonly report: ConfigReport;
  /** One per seed; null for a run that did not complete. */
  readonly rows: readonly (readonly ReportRow[] | null)[];
  /** Of the runs that have one: ties made equal, stuck runs below all others. */
  readonly scores: Readonly<Record<Metric, SeedScores>>;
  /** The same runs, those of each look apart; one look where all were planned beforehand. */
  readonly groups: Readonly<Record<Metric, readonly Float64Array[]>>;
  /** Performances that differ by less tie. */
  readonly tolerance: number;
}

/** Error of a report: the chance that it says anything false of two configs that do not differ, by either measure. */
export const FAMILY_ERROR = 0.05;

/** How pairs are compared. */
export interface Comparing {
  /** All pairs are listed; otherwise those with the best of their environment, of equals the first by name. */
  readonly isEach: boolean;
  /** Seeds by each look, where they are added until pairs are decided; null: all were planned. */
  readonly looks: readonly number[] | null;
  /** By how much a return may be lower and still be no worse; null: that is not asked. */
  readonly margin: number | null;
}

/** Pairs by both measures, and the family that their tests belong to. */
export interface Compared {
  readonly pairs: Record<Metric, readonly PairReport[]>;
  readonly family: ReportData['family'];
}

/** One test of a pair: of x against y. */
interface Test {
  readonly groups: readonly RunGroup[];
  readonly alternative: Alternative;
  /** Null for single runs. */
  readonly pValue: number | null;
}

/** A pair, with its tests before they are adjusted. */
interface Tested {
  readonly pair: Omit<PairReport, 'pValue' | 'decided' | 'chance' | 'noWorse'>;
  readonly difference: Test;
  /** Whether the first is no worse than the second, and the other way round; none where that is not asked. */
  readonly noWorse: readonly Test[];
}

/**
 * Pairs of configs that share an environment and have figures, by both measures: all of these tests are one family,
 * those of pairs that are not listed, too. Which config is best is seen in the same runs; adjusted over the pairs
 * with it alone, one report in ten called it better than its equals.
 */
export function comparePairs(contenders: readonly Contender[], comparing: Comparing): Compared {
  const final = pairsBy('final', contenders, comparing);
  const compared = [...final, ...pairsBy('curve', contenders, { ...comparing, margin: null })];
  const ofEach = comparing.margin === null ? 1 : 3;
  const tests = ofEach * testsOf('final', contenders) + testsOf('curve', contenders);
  const all = compared.flatMap(({ difference, noWorse }) => [difference, ...noWorse]);
  const known = all.filter((test) => test.pValue !== null);
  const adjusted = adjustByHolm(
    known.map(({ pValue }) => pValue as number),
    tests,
  );
  const undecided = tests - adjusted.filter((p) => p < FAMILY_ERROR).length;
  const judge = (test: Test): Judgement => {
    if (test.pValue === null) return { pValue: null, decided: false, chance: null };
    const pValue = adjusted[known.indexOf(test)];
    const decided = pValue < FAMILY_ERROR;
    const chance = decided || comparing.looks === null ? null : chanceOf(test, comparing.looks, undecided);
    return { pValue, decided, chance };
  };
  const judged = compared.map(({ pair, difference, noWorse: [first, second] }): PairReport => {
    const { pValue, decided, chance } = judge(difference);
    // Of runs that the IQM and the ranks order otherwise nothing is said.
    const isAhead = (pair.improvement.value ?? 0) > 0.5;
    const noWorse =
      first === undefined || second === undefined ? null : { better: judge(first), worse: judge(second) };
    return { ...pair, pValue, decided: decided && isAhead, chance, noWorse };
  });
  return {
    pairs: { final: judged.slice(0, final.length), curve: judged.slice(final.length) },
    family: { error: FAMILY_ERROR, method: 'Holm', tests },
  };
}

/** The chance that further seeds decide a test at the level that Holm's method gives the next of the undecided. */
function chanceOf({ groups, alternative }: Test, sizes: readonly number[], undecided: number): number {
  const toCome = sizes.slice(groups.length).map((size, k) => {
    const added = size - (sizes[groups.length + k - 1] ?? 0);
    return { x: added, y: added };
  });
  const level = FAMILY_ERROR / Math.max(1, undecided);
  return chanceOfDecision(groups, toCome, spendingOf(sizes), level, alternative);
}

/** Pairs that can be tested by a measure. */
function testsOf(metric: Metric, contenders: readonly Contender[]): number {
  const testable = contenders.filter(({ scores }) => scores[metric].runs.length > 1);
  return testable.reduce(
    (sum, { report }, i) =>
      sum + testable.slice(i + 1).filter((other) => sharesEnvironment(report, other.report)).length,
    0,
  );
}

function pairsBy(metric: Metric, contenders: readonly Contender[], comparing: Comparing): Tested[] {
  const ranked = contenders
    .filter(({ report }) => report[metric].iqm !== null)
    .sort(
      (a, b) =>
        rankOf(b, metric) - rankOf(a, metric) ||
        a.report.stuck.length - b.report.stuck.length ||
        (comparing.isEach ? 0 : naturalOrder(a.report.label, b.report.label)),
    );
  return ranked.flatMap((better, i) => {
    const isListed =
      comparing.isEach || !ranked.slice(0, i).some((above) => sharesEnvironment(above.report, better.report));
    return ranked
      .slice(i + 1)
      .filter((worse) => isListed && sharesEnvironment(better.report, worse.report))
      .map((worse) => comparePair(better, worse, metric, comparing));
  });
}

function rankOf({ report }: Contender, metric: Metric): number {
  return report[metric].iqm?.value ?? -Number.MAX_VALUE;
}

function comparePair(better: Contender, worse: Contender, metric: Metric, comparing: Comparing): Tested {
  const same = sameRuns(better, worse);
  const isSame = same?.isEverySeed === true;
  const { margin, looks } = comparing;
  const [x, y] = [better.groups[metric], worse.groups[metric]];
  const difference = testOf(x, y, looks, 'different');
  const isNoWorse = (a: typeof x, b: typeof x, by: number): Test => {
    const shifted = a.map((group) => group.map((each) => each + by));
    // What is lower by the very margin ties, however it is rounded.
    const tied = tieValues(
      [...shifted, ...b].flatMap((group) => [...group]),
      better.tolerance,
    );
    const [above, below] = [shifted, b].map((groups) => groups.map((group) => group.map(tied)));
    return testOf(above, below, looks, 'greater');
  };
  const pair = { better: better.report.label, worse: worse.report.label, same };
  // Runs that are the same are no two samples: there is no chance in their difference.
  const figures = isSame
    ? { improvement: EVEN, difference: NOTHING }
    : estimatePair(better.scores[metric], worse.scores[metric]);
  return {
    pair: { ...pair, ...figures },
    difference: isSame && difference.pValue !== null ? { ...difference, pValue: 1 } : difference,
    noWorse: margin === null ? [] : [isNoWorse(x, y, margin), isNoWorse(y, x, margin)],
  };
}

/** @param x runs of each look; of looks that one side did not come to nothing is tested */
function testOf(
  x: readonly Float64Array[],
  y: readonly Float64Array[],
  looks: readonly number[] | null,
  alternative: Alternative,
): Test {
  const groups = x.slice(0, y.length).map((group, look) => ({ x: group, y: y[look] }));
  const count = (side: 'x' | 'y'): number => groups.reduce((sum, group) => sum + group[side].length, 0);
  if (count('x') < 2 || count('y') < 2) return { groups, alternative, pValue: null };
  const pValue =
    looks === null
      ? mannWhitneyPValue(groups[0].x, groups[0].y, randomStream(0, 'mann-whitney'), alternative)
      : sequentialPValue(groups, spendingOf(looks), alternative);
  return { groups, alternative, pValue };
}

const EVEN = { value: 0.5, low: 0.5, high: 0.5 };
const NOTHING = { value: 0, low: 0, high: 0 };

/** Columns that say what was played, and those that say what the policy became. */
const PLAYED: readonly (keyof ReportRow)[] = [
  'steps',
  'episodes',
  'returnMean',
  'returnMin',
  'returnMax',
  'lengthMean',
];
const LEARNED: readonly (keyof ReportRow)[] = ['klOldNewMean', 'klOldNewMax', 'klNewOldMean', 'entropy'];

/** The seeds in which two configs made the same run, or in every one the same returns; null where there are none. */
function sameRuns(a: Contender, b: Contender): SameRuns | null {
  const made = a.report.runs.filter((_, i) => a.rows[i] !== null || b.rows[i] !== null);
  const seedsOf = (columns: readonly (keyof ReportRow)[]): number[] =>
    a.report.runs.flatMap(({ seed }, i) => (areEqual(a.rows[i], b.rows[i], columns) ? [seed] : []));
  const runs = seedsOf([...PLAYED, ...LEARNED]);
  const returns = seedsOf(PLAYED);
  if (returns.length === made.length && runs.length < returns.length) {
    return { what: 'returns', seeds: returns, isEverySeed: true };
  }
  return runs.length === 0 ? null : { what: 'run', seeds: runs, isEverySeed: runs.length === made.length };
}

function areEqual(
  a: readonly ReportRow[] | null,
  b: readonly ReportRow[] | null,
  columns: readonly (keyof ReportRow)[],
): boolean {
  if (a === null || b === null || a.length !== b.length) return false;
  return a.every((row, u) => columns.every((column) => Object.is(row[column], b[u][column])));
}

/** What decides on which task something was trained. */
export interface OnTask {
  readonly config: Config;
  /** The file that its environment was loaded from; undefined: of a built-in one, or not known. */
  readonly module?: RecordedModule | undefined;
}

/** Whether returns of the two can be compared: a file that was changed in between is another environment. */
export function sharesEnvironment(a: OnTask, b: OnTask): boolean {
  const isSameFile = a.module === undefined || b.module === undefined || a.module.sha256 === b.module.sha256;
  return isSameFile && taskOf(a.config.environment) === taskOf(b.config.environment);
}
