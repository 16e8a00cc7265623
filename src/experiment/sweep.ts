import { naturalOrder } from '../run/natural-order.ts';
import type { Experiment } from './conduct.ts';
import {
  climbRungs,
  compareStandings,
  meanKlOf,
  planRungs,
  type Rung,
  type Standing,
  standingsOf,
} from './halving.ts';
import { sharesEnvironment } from './pairs.ts';
import { STUCK } from './performance.ts';
import { buildReport, type ReportFrame } from './report.ts';
import type { SweepReport } from './report-data.ts';
import type { Sweep } from './sweep-file.ts';
import { isList } from './sweep-points.ts';

/** What `leash sweep` is asked. */
export interface SweepPlan {
  readonly sweep: Sweep;
  readonly seeds: readonly number[];
  /** Return whose first reach is timed. */
  readonly threshold: number | undefined;
  readonly title: Pick<ReportFrame, 'name' | 'description' | 'command'>;
}

/** Trains every point of a sweep on every seed, by rungs where it is halved, and maps what they give. */
export function sweepOver({ sweep, seeds, threshold, title }: SweepPlan): Experiment {
  const { contestants } = sweep;
  const steps = Math.max(...contestants.map(({ config }) => config.steps));
  const plan = planRungs(contestants.length, steps, sweep.halving);
  return async (directory, options) => {
    const rungs = await climbRungs(directory, contestants, seeds, plan, options);
    if (rungs === undefined) return undefined;
    const frame = {
      kind: 'sweep' as const,
      ...title,
      node: process.version,
      seeds,
      calibration: null,
      sweep: reportSweep(sweep, rungs),
    };
    const { inputs } = rungs.at(-1) as Rung;
    return { report: buildReport(frame, inputs, threshold), inputs };
  };
}

function reportSweep(
  { method, parameters, asked, points, contestants }: Sweep,
  rungs: readonly Rung[],
): SweepReport {
  const standings = rungs.map(({ inputs }) => standingsOf(inputs));
  const described = contestants.map(({ label }, i) => {
    const took = rungs.map(({ inputs }) => inputs.findIndex((input) => input.label === label));
    const rung = took.findLastIndex((at) => at >= 0);
    const { iqm: finalIqm, completed, stuck, failed } = standings[rung][took[rung]];
    const klMean = meanKlOf(rungs[rung].inputs[took[rung]]);
    return { label, values: points[i], finalIqm, completed, stuck, failed, klMean, rung: rung + 1 };
  });
  const finalists = (rungs.at(-1) as Rung).inputs.map(({ label }, i) => ({
    label,
    standing: (standings.at(-1) as Standing[])[i],
  }));
  // Which of equals is named first is not for the order of the file to say.
  finalists.sort((a, b) => compareStandings(a.standing, b.standing) || naturalOrder(a.label, b.label));
  const isOneTask = contestants.every((each) => sharesEnvironment(each, contestants[0]));
  const withoutBest = !isOneTask
    ? 'the points are not all of one environment, and returns of different ones are not compared'
    : finalists[0].standing.rank === STUCK
      ? 'more than a quarter of the runs of every point failed or is stuck'
      : null;
  const best = withoutBest === null ? finalists[0] : undefined;
  const isTied = ({ standing }: (typeof finalists)[number]): boolean =>
    best !== undefined && compareStandings(best.standing, standing) === 0;
  return {
    method,
    parameters: parameters.map(({ path, range }) => ({ path, scale: isList(range) ? 'list' : range.scale })),
    asked,
    points: described,
    rungs: rungs.map(({ steps, inputs, tie }) => ({
      ...{ steps, tie },
      labels: inputs.map(({ label }) => label),
    })),
    best: best?.label ?? null,
    withoutBest,
    tiedWithBest: finalists
      .slice(1)
      .filter(isTied)
      .map(({ label }) => label),
  };
}
