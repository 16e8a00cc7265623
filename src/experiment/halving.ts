import type { ExperimentDirectory } from './experiment-directory.ts';
import { type Contestant, type ExperimentOptions, runExperiment } from './experiment.ts';
import { curvePerformance, finalPerformance } from './learning-curve.ts';
import type { ReportInput } from './report.ts';
import { interquartileMean, mean } from './statistics.ts';

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
 * @returns the rungs; undefined when the signal was aborted
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
    const runs = left.map(({ label, config }) => ({ label, config: { ...config, steps } }));
    const folder = plan.length === 1 ? {} : { folder: `rung-${index + 1}` };
    const inputs = await runExperiment(directory, runs, seeds, { ...options, ...folder });
    if (options.signal.aborted) return undefined;
    rungs.push({ steps, inputs });
  }
  return rungs;
}

/** The `points` contestants with the best scores, in the order they had. */
function bestOf(
  contestants: readonly Contestant[],
  inputs: readonly ReportInput[],
  points: number,
): Contestant[] {
  const scores = inputs.map((input) => scoreOf(input) ?? Number.NEGATIVE_INFINITY);
  const ranked = contestants.map((_, i) => i).sort((a, b) => scores[b] - scores[a] || a - b);
  const kept = new Set(ranked.slice(0, points));
  return contestants.filter((_, i) => kept.has(i));
}

/** IQM over the seeds of final performance, of the whole curve where no episode ended late; null if neither. */
export function scoreOf({ runs }: ReportInput): number | null {
  const completed = runs.filter(({ status }) => status === 'completed');
  const values = completed
    .map(({ rows }) => finalPerformance(rows) ?? curvePerformance(rows))
    .filter((value) => value !== null);
  return values.length === 0 ? null : interquartileMean([Float64Array.from(values)]);
}

/** Mean KL per update over the runs; null where there are none. */
export function meanKlOf({ runs }: ReportInput): number | null {
  const kls = runs
    .filter(({ status }) => status === 'completed')
    .flatMap(({ rows }) => rows.map((row) => row.klOldNewMean));
  return kls.length === 0 ? null : mean(kls);
}
