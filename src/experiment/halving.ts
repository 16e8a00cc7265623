import { mean } from '../elementary/mean.ts';
import type { ExperimentDirectory } from './experiment-directory.ts';
import { type Contestant, type ExperimentOptions, runExperiment } from './experiment.ts';
import { completedRows, finalScore, STUCK, stuckSeeds } from './performance.ts';
import type { ReportInput, SweepReport } from './report-data.ts';
import { interquartileMean } from '../statistics/scores.ts';
import { tieTolerance, tieValues } from './ties.ts';

type Tie = SweepReport['rungs'][number]['tie'];

/** One rung: these contestants, each trained from its start for `steps`. */
export interface Rung {
  readonly steps: number;
  readonly inputs: readonly ReportInput[];
  /** Null of the last, too. */
  readonly tie: Tie;
}

/** How many points and steps each rung has, where none tie at a cut; the last has the steps of the config. */
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
 * final performance, go on to the next. Every rung trains anew, for schedules depend on the steps of a run. Who goes on is
 * read from the runs alone, so that a call that was stopped goes on from where it was.
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
  const isHalved = plan.length > 1;
  let left = contestants;
  for (const [index, { steps }] of plan.entries()) {
    const runs = isHalved ? left.map((each) => ({ ...each, config: { ...each.config, steps } })) : left;
    const folder = isHalved ? `rung-${index + 1}` : options.folder;
    const inputs = await runExperiment(directory, runs, seeds, { ...options, folder });
    if (inputs === undefined) return undefined;
    const next = plan[index + 1];
    const { kept, tie } = next === undefined ? { kept: left, tie: null } : cutTo(next.points, left, inputs);
    rungs.push({ steps, inputs, tie });
    left = kept;
  }
  return rungs;
}

/**
 * The `toGoOn` points with the best standing. A cut never parts points that tie, of which the order says nothing: all of
 * them go on. But where more than a quarter of their runs failed or is stuck and others are ahead, none does: they rank below
 * every other point, and where a rung was short for its task they would be nearly the whole of the next.
 * @param inputs what each of the points gave
 * @returns those that are kept, in their order
 */
export function cutTo<Point extends { readonly label: string }>(
  toGoOn: number,
  points: readonly Point[],
  inputs: readonly ReportInput[],
): { readonly kept: readonly Point[]; readonly tie: Tie } {
  if (toGoOn >= points.length) return { kept: points, tie: null };
  const standings = standingsOf(inputs);
  const last = [...standings].sort(compareStandings)[toGoOn - 1];
  // Negative: ahead of the last that was to go on.
  const places = standings.map((each) => compareStandings(each, last));
  const ahead = places.filter((place) => place < 0).length;
  const tied = points.filter((_, i) => places[i] === 0);
  const isParted = ahead + tied.length > toGoOn;
  const failedOrStuck = last.rank === STUCK;
  const goOn = !(isParted && failedOrStuck && ahead > 0);
  const labels = tied.map(({ label }) => label);
  return {
    kept: points.filter((_, i) => (goOn ? places[i] <= 0 : places[i] < 0)),
    tie: isParted ? { toGoOn, labels, failedOrStuck, goOn } : null,
  };
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
