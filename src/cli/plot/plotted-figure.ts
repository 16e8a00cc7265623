import type { Abscissa } from '../../plot/align.ts';
import { buildFigure } from '../../plot/build-figure.ts';
import type { FigureOptions } from '../../plot/figure-options.ts';
import { inExperimentColors } from '../../plot/experiment-hues.ts';
import type { Figure } from '../../plot/figure.ts';
import { groupRuns, requireOneEnvironment } from '../../plot/group-runs.ts';
import { FIT_METRICS, parseMetrics, usualMetrics } from '../../plot/plot-metric.ts';
import { boundedBy } from '../../plot/plotted-run.ts';
import { findRuns, readPlottedRuns } from '../../plot/read-runs.ts';
import { requireOnce } from '../../plot/repeated-runs.ts';
import { UserError } from '../../user-error.ts';
import { environmentOptions } from '../../../envs/environment-options.ts';

/** What is drawn of runs, and how. */
interface PlotOptions extends Omit<FigureOptions, 'metrics' | 'abscissa'> {
  /** Steps where nothing is said; updates of fits. */
  readonly abscissa?: Abscissa;
  /** One panel a comma; what is usual where nothing is said. */
  readonly metrics: string | undefined;
  /** config, seed or a config path */
  readonly groupBy: string;
  readonly acrossEnvironments: boolean;
}

/**
 * The figure of runs.
 * @param places runs and folders of runs, or their names in `root`
 * @throws UserError where there is nothing to plot
 */
export function plottedFigure(places: readonly string[], root: string, options: PlotOptions): Figure {
  const { abscissa: given, metrics, groupBy, acrossEnvironments, ...rest } = options;
  const asked = given ?? 'steps';
  const paths = findRuns(places, root, true);
  const reading = {
    timing: asked === 'time',
    ledger: asked === 'gradient',
    environments: environmentOptions,
  };
  const { runs, leftOut } = readPlottedRuns(paths, reading);
  if (runs.length === 0) throw new UserError(leftOut[0]);
  const filled = runs.filter((run) => run.updates.length > 0);
  if (filled.length === 0)
    throw new UserError(runs[0].problems[0] ?? `no run at ${paths[0]} has a row to plot yet`);
  if (!acrossEnvironments) requireOneEnvironment(filled);
  // Runs of leash fit: no return, and no environment to step.
  const isFit = runs.every((run) => run.columns.has('crossEntropy'));
  const abscissa = given === undefined && isFit ? 'updates' : asked;
  const isLedger = abscissa === 'gradient';
  const usual = isFit && !isLedger ? FIT_METRICS : usualMetrics(new Set(runs.map(boundedBy)), isLedger);
  const groups = groupRuns(runs, groupBy);
  for (const group of groups) requireOnce(group.runs);
  const figure = buildFigure(groupBy === 'config' ? inExperimentColors(groups) : groups, {
    ...rest,
    metrics: parseMetrics(metrics ?? usual, new Set(runs.flatMap((run) => [...run.columns.keys()]))),
    abscissa,
  });
  return { ...figure, notes: [...leftOut, ...figure.notes] };
}
