import { mean } from '../elementary/mean.ts';
import type { ExperimentDirectory } from './experiment-directory.ts';
import { type Contestant, type ExperimentOptions, runExperiment } from './experiment.ts';
import { completedRows, finalScore, STUCK, stuckSeeds } from './performance.ts';
import type { ReportInput } from './report-data.ts';
import { interquartileMean } from '../statistics/scores.ts';
import { tieTolerance, tieValues } from './ties.ts';

/** One rung: these contestants, each trained from its start for `steps`. */
export interface Rung {
  readonly steps: number;
  readonly inputs: readonly ReportInput[];
}

/** How many points and steps each rung has; the last has the steps of the config. */
export function planRungs(
  points: number,
  steps: number,
  halving: { readonly leastSteps: number; readonly factor: number } | undefined,
): { steps: number; points: number }[] {
  const rungs: { steps: number; points: number }[] = [];
  let [rungSteps, rungPoints] = [halving?.leastSteps ?? steps, points];
  while (halving !== undefined && rungSteps < steps && rungPoints > 1) {
    rungs.push({ steps: rungSteps, points: rungPoints });
    rungSteps = Math.round(rungSteps * halving.factor);
    rungPoints = Math.max(1, Math.round(rungPoints / halving.factor));
  }
  return [...rungs, { steps, points: rungPoints }];
}

/**
 * Successive halving [Jamieson & Talwalkar, arXiv 1502.07943]: the best points of a rung, by the IQM of their
 * final performance, go on to the next. Every rung trains anew, for schedules depend on the steps of a run.
 * @returns the rungs; undefined when not all runs of one were made
 */
export async function climbRungs(
  directory: ExperimentDirectory,
  contestants: readonly Contestant[],
  seeds: readonly number[],
  plan: readonly { readonly steps: number; readonly points: number }[],
  options: ExperimentOptions,
): Promise<Rung[] | undefined> {
  const rungs: Rung[] = [];
  let left = contestants;
  for (const [index, { steps, points }] of plan.entries()) {
    const previous = rungs.at(-1);
    if (previous !== undefined) left = bestOf(left, previous.inputs, points);
    const isHalved = plan.length > 1;
    const runs = isHalved ? left.map((each) => ({ ...each, config: { ...each.config, steps } })) : left;
    const folder = isHalved ? `rung-${index + 1}` : options.folder;
    const inputs = await runExperiment(directory, runs, seeds, { ...options, folder });
    if (inputs === undefined) return undefined;
    rungs.push({ steps, inputs });
  }
  return rungs;
}

/** The `points` contestants with the best standing, in the order they had. */
function bestOf(
  contestants: readonly Contestant[],
  inputs: readonly ReportInput[],
  points: number,
): Contestant[] {
  const standings = standingsOf(inputs);
  const ranked = contestants.map((_, i) => i);
  ranked.sort((a, b) => compareStandings(standings[a], standings[b]) || a - b);
  const kept = new Set(ranked.slice(0, points));
  return contestants.filter((_, i) => kept.has(i));
}

/** How a point of a sweep came out. */
export interface Standing {
  /** IQM over the completed runs of final performance; null where none is known. */
  readonly iqm: number | null;
  /** The same with every failed run counted as stuck, ties made equal: what points are chosen by. */
  readonly rank: number;
  readonly completed: number;
  readonly stuck: number;
  readonly failed: number;
}

/** Of the points of one rung. A run that failed must not help: a point is chosen as if it had ended below all others. */
export function standingsOf(inputs: readonly ReportInput[]): Standing[] {
  const standings = inputs.map((input) => standingOf(input));
  const tolerance = tieTolerance(inputs.flatMap((input) => completedRows(input)));
  const tied = tieValues(
    standings.map(({ rank }) => rank),
    tolerance,
  );
  return standings.map((each) => ({ ...each, rank: tied(each.rank) }));
}

function standingOf(input: ReportInput): Standing {
  const scores = completedRows(input).map(finalScore);
  const completed = scores.length;
  const failed = input.runs.length - completed;
  const iqmOf = (values: readonly number[]): number =>
    values.length === 0 ? STUCK : interquartileMean([Float64Array.from(values)]);
  const iqm = iqmOf(scores);
  return {
    iqm: iqm === STUCK ? null : iqm,
    rank: iqmOf([...scores, ...new Array<number>(failed).fill(STUCK)]),
    completed,
    stuck: stuckSeeds(input).length,
    failed,
  };
}

/** Negative where a is ahead of b: by rank, among equals by how many of the runs finished. */
export function compareStandings(a: Standing, b: Standing): number {
  return a.rank === b.rank ? a.stuck + a.failed - (b.stuck + b.failed) : b.rank - a.rank;
}

/** Mean KL per update over the runs; null where there are none. */
export function meanKlOf({ runs }: ReportInput): number | null {
  const kls = runs
    .filter(({ status }) => status === 'completed')
    .flatMap(({ rows }) => rows.map((row) => row.klOldNewMean));
  return kls.length === 0 ? null : mean(kls);
}
