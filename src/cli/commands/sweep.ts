import { basename } from 'node:path';
import {
  climbRungs,
  compareStandings,
  meanKlOf,
  planRungs,
  type Rung,
  type Standing,
  standingsOf,
} from '../../experiment/halving.ts';
import { STUCK } from '../../experiment/performance.ts';
import { buildReport } from '../../experiment/report.ts';
import type { SweepReport } from '../../experiment/report-data.ts';
import { parseSeeds } from '../../experiment/seeds.ts';
import { readSweep, type Sweep } from '../../experiment/sweep-file.ts';
import { isList } from '../../experiment/sweep-points.ts';
import { commandLine, conduct, type ExperimentFlags, requireFewRuns, thresholdOf } from './compare.ts';
import { environmentOptions } from '../environments.ts';
import { overridesOf } from '../flag-values.ts';
import { type Listen, listenForSignals } from '../signals.ts';

/** Flags of `leash sweep`. */
export interface SweepFlags extends ExperimentFlags {
  FILE: string;
}

/** `leash sweep FILE`. */
export async function runSweep(given: SweepFlags, listen: Listen = listenForSignals): Promise<number> {
  const sweep = readSweep(given.FILE, overridesOf(given), environmentOptions);
  const seedText = given.seeds ?? sweep.seeds;
  const seeds = parseSeeds(seedText, given.seeds === undefined ? 'seeds' : '--seeds');
  const threshold = thresholdOf(given) ?? sweep.threshold;
  const name = given.name ?? basename(given.FILE, '.json');
  const { contestants } = sweep;
  requireFewRuns(contestants.length, seeds.length);
  // `steps` may itself be varied: rungs then go by the longest.
  const steps = Math.max(...contestants.map(({ config }) => config.steps));
  const plan = planRungs(contestants.length, steps, sweep.halving);
  return conduct(given, name, listen, { contestants, seeds: seeds.length }, async (directory, options) => {
    const rungs = await climbRungs(directory, contestants, seeds, plan, options);
    if (rungs === undefined) return undefined;
    const frame = {
      kind: 'sweep' as const,
      name,
      description: sweep.description,
      command: commandLine('sweep', [given.FILE], { ...given, seeds: seedText, name }),
      seeds,
      calibration: null,
      sweep: reportSweep(sweep, rungs),
    };
    const { inputs } = rungs.at(-1) as Rung;
    return { report: buildReport(frame, inputs, threshold), inputs };
  });
}

function reportSweep(
  { method, parameters, points, contestants }: Sweep,
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
  finalists.sort((a, b) => compareStandings(a.standing, b.standing));
  const best = finalists[0].standing.rank === STUCK ? undefined : finalists[0];
  const isTied = ({ standing }: (typeof finalists)[number]): boolean =>
    best !== undefined && compareStandings(best.standing, standing) === 0;
  return {
    method,
    parameters: parameters.map(({ path, range }) => ({ path, scale: isList(range) ? 'list' : range.scale })),
    points: described,
    rungs: rungs.map(({ steps, inputs }) => ({ steps, labels: inputs.map(({ label }) => label) })),
    best: best?.label ?? null,
    tiedWithBest: finalists
      .slice(1)
      .filter(isTied)
      .map(({ label }) => label),
  };
}
