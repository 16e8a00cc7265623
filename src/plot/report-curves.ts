import { environmentName } from '../config/environment-name.ts';
import type { ConfigReport, ReportData, ReportRun } from '../experiment/report-data.ts';
import { buildFigure } from './build-figure.ts';
import type { Figure, Line } from './figure.ts';
import type { RunGroup } from './group-runs.ts';
import { huesOf } from './hues.ts';
import { parseMetrics } from './plot-metric.ts';
import { columnsOf, type PlottedRun } from './plotted-run.ts';
import { curvesSection } from './render-page.ts';
import { escapeXml } from './svg.ts';

/** Label → hue. */
export type Hues = ReadonlyMap<string, number | undefined>;

/** Points of all curves of a report together: so many stay under 3 MB. */
const POINTS = 70_000;
/** Runs beyond which a report holds no curve of every seed, for the same reason. */
const SEED_CURVES = 120;

/** Curves of every environment: configs as colours, all seeds at hand. */
export function curvesOf(data: ReportData, runs: readonly ReportRun[], hues: Hues): string {
  const environments = [...new Set(data.configs.map(({ config }) => environmentName(config.environment)))];
  return environments
    .map((name) => {
      const configs = data.configs.filter(({ config }) => environmentName(config.environment) === name);
      const groups = configs.map(
        (config): RunGroup => ({ ...plottedGroup(config, runs), hue: hues.get(config.label) }),
      );
      if (groups.every((group) => group.runs.every((run) => run.updates.length === 0))) return '';
      const heading = environments.length > 1 ? `<h3>${escapeXml(name)}</h3>` : '';
      return heading + curvesSection(curvesFigure(groups, environments.length));
    })
    .join('');
}

function plottedGroup({ label, config, runs: states }: ConfigReport, runs: readonly ReportRun[]): RunGroup {
  const own = runs.filter((run) => run.label === label);
  const stateOf = new Map(states.map((each) => [each.seed, each]));
  return {
    label,
    runs: own.map(({ seed, rows }): PlottedRun => {
      const state = stateOf.get(seed);
      return {
        path: state?.path ?? label,
        name: label,
        seed,
        status: state?.status ?? 'completed',
        config,
        updates: rows.map(({ update }) => update),
        columns: columnsOf(rows),
        seconds: rows.map(() => null),
        problems: [],
      };
    }),
  };
}

function curvesFigure(groups: readonly RunGroup[], figures: number): Figure {
  const columns = groups.flatMap(({ runs }) => runs.flatMap((run) => [...run.columns]));
  // Not all objectives clip, or have β.
  const valued = new Set(columns.flatMap(([name, values]) => (values.some((v) => v !== null) ? name : [])));
  const having = (...names: string[]): string[] => names.filter((name) => valued.has(name));
  const worst = valued.has('statesOutsideDelta') ? ['klMax'] : [];
  const shown = ['return', 'kl', ...worst, ...having('clipFraction'), 'entropy', 'stop'];
  const metrics = parseMetrics(
    [...shown, ...having('klPolicyReference', 'beta', 'gradientStepsApplied')].join(','),
    new Set(columns.map(([name]) => name)),
  );
  const runs = groups.reduce((sum, group) => sum + group.runs.length, 0);
  const withSeeds = runs * figures <= SEED_CURVES;
  // A middle has two bounds beside it.
  const curves = (3 * groups.length + (withSeeds ? runs : 0)) * metrics.length * figures;
  const points = Math.max(40, Math.min(600, Math.floor(POINTS / Math.max(1, curves))));
  return buildFigure(groups, {
    metrics,
    abscissa: 'steps',
    smooth: 1,
    logY: false,
    band: 'iqm',
    withSeeds,
    points,
  });
}

export function profileSection({ profile }: ReportData, hues: Hues): string {
  if (profile === null) return '';
  const own = huesOf(profile.configs.map(({ label }) => hues.get(label)));
  const lines = profile.configs.map(
    ({ share, low, high }, group): Line => ({
      group,
      column: 0,
      role: 'middle',
      x: profile.thresholds,
      y: share,
      low: low ?? [],
      high: high ?? [],
      gaps: [],
      completeUntil: profile.thresholds.length,
      isGrowing: false,
    }),
  );
  const figure: Figure = {
    title: 'Performance profile',
    subtitle: 'Share of runs whose return over the last tenth of training is above each value',
    xLabel: 'return',
    logY: false,
    groups: profile.configs.map(({ label }, i) => ({ label, remark: '', hue: own[i] })),
    panels: [
      { title: 'share of runs above', unit: '', columns: [], lines, bounds: [], violations: [], reasons: [] },
    ],
    notes: [],
  };
  return curvesSection(figure);
}
