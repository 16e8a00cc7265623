import { buildFigure } from '../../plot/build-figure.ts';
import type { CurveMemory } from '../../plot/curve-memory.ts';
import type { Figure } from '../../plot/figure.ts';
import type { RunGroup } from '../../plot/group-runs.ts';
import type { PlotMetric } from '../../plot/plot-metric.ts';
import { CURVE } from '../../plot/plotted-run.ts';
import { SECONDS } from '../../dashboard/wire.ts';
import { panelsThere, POINTS } from '../panels.ts';
import { CURVE_PARTS } from './groups.ts';
import type { CourseAxis, Shown, ViewName } from './address.ts';

/** Views that are charts over the course of training. */
export type ChartView = Exclude<ViewName, 'policy'>;

/** Panels of a view, those that the runs have columns for: as `leash plot --metric` takes them. */
const PANELS: Readonly<Record<ChartView, readonly string[]>> = {
  overview: ['return', 'kl', 'clip', 'entropy', 'crossEntropy+entropyOfTarget', 'accuracy'],
  region: [
    'klOldNewMean+klNewOldMean',
    'klOldNewMean+k1+k2+k3',
    'stopReason',
    'gradientStepsPlanned+gradientStepsApplied',
    'clipFraction',
    'beta',
    'referenceBeta',
    'klPredicted+klActual',
    'learningRate',
    'entropy',
    'explainedVariance',
    'return',
  ],
};

export function metricsOf(view: ChartView, available: ReadonlySet<string>): PlotMetric[] {
  // Where δ bounds each state it stands with the worst one's KL.
  const worst = available.has('statesOutsideDelta') ? ['klMax'] : [];
  return panelsThere([...worst, ...PANELS[view]], available);
}

/** The columns that rows must have for some panels over an axis. */
export function columnsFor(
  metrics: readonly PlotMetric[],
  available: ReadonlySet<string>,
  x: CourseAxis,
): string[] {
  const shown = metrics.flatMap(({ columns }) => columns);
  const needed = shown.includes(CURVE) ? [...shown, ...CURVE_PARTS] : shown;
  const always = ['update', 'steps', 'delta', 'deltaViolated', 'stopReason'];
  if (x === 'time') always.push(SECONDS);
  return [...new Set([...always, ...needed])].filter((name) => name !== CURVE && available.has(name));
}

/** Whether some run has more rows than its curve has points. */
export function isThinned(groups: readonly RunGroup[]): boolean {
  return groups.some(({ runs }) => runs.some(({ updates }) => updates.length > POINTS));
}

/** What charts are over: some of others' logs count no steps, which updates stand for; for seconds nothing does. */
export function axisOf(groups: readonly RunGroup[], x: CourseAxis): CourseAxis {
  const isEveryStepped = groups.every(({ runs }) => runs.every(({ columns }) => columns.has('steps')));
  return x === 'steps' && !isEveryStepped ? 'updates' : x;
}

export function figureOf(
  groups: readonly RunGroup[],
  metrics: readonly PlotMetric[],
  { x, view, zoom }: Shown,
  memory: CurveMemory,
): Figure {
  return buildFigure(groups, {
    metrics,
    abscissa: axisOf(groups, x),
    smooth: 1,
    logY: false,
    band: 'iqm',
    withSeeds: true,
    withRollbacks: view === 'region',
    memory,
    points: POINTS,
    focus: zoom,
  });
}
