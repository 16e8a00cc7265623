import { align, placesIn } from './align.ts';
import type { Panel, ReasonStrip, Violations } from './figure.ts';
import type { FigureOptions } from './figure-options.ts';
import type { RunGroup } from './group-runs.ts';
import { countedIn } from './partial-rows.ts';
import { labelOf } from './plot-metric.ts';
import type { PlottedRun } from './plotted-run.ts';
import { stretches } from './stretches.ts';

export function ticksOf(runs: readonly PlottedRun[], g: number, options: FigureOptions): Violations[] {
  const what = options.abscissa === 'gradient' ? 'steps' : 'updates';
  const outside = violationsOf(runs, g, 'deltaViolated', what, options);
  if (!options.withRollbacks) return outside;
  const stopped = runs.filter(({ columns }) => columns.has('stopReason'));
  const rolledBack = stopped.map((run) => ({
    ...run,
    columns: new Map([...run.columns, ['rolledBack', rollbacksOf(run)]]),
  }));
  return [...outside, ...violationsOf(rolledBack, g, 'rolledBack', 'rollbacks', options)];
}

function rollbacksOf({ columns, updates }: PlottedRun): boolean[] {
  const reasons = columns.get('stopReason');
  return updates.map((_, at) => reasons?.[at] === 'rolledBack');
}

/** Updates in which a column is true. */
function violationsOf(
  runs: readonly PlottedRun[],
  g: number,
  column: string,
  what: Violations['what'],
  options: FigureOptions,
): Violations[] {
  const having = runs.filter((run) => run.columns.has(column));
  const aligned = align(having, column, options.abscissa);
  const { x, values } = aligned;
  if (values.length === 0) return [];
  const counts = Array.from(x, (_, u) => values.filter((row) => row[u] === 1).length);
  // Of each stretch of a long run the update that most runs left δ in: no stretch with one is lost.
  const kept = stretches(x, options).flatMap(([start, end]) => {
    const worst = counts.indexOf(Math.max(...counts.slice(start, end)), start);
    return counts[worst] > 0 ? [worst] : [];
  });
  return [
    {
      group: g,
      x: kept.map((u) => x[u]),
      share: kept.map((u) => counts[u] / values.length),
      total: countedIn(aligned, (value) => value === 1),
      of: countedIn(aligned, Number.isFinite),
      what,
    },
  ];
}

export function reasonPanel(groups: readonly RunGroup[], options: FigureOptions): Panel {
  return {
    title: labelOf('stopReason'),
    unit: '',
    columns: [],
    lines: [],
    bounds: [],
    violations: [],
    reasons: groups.map((group, g) => reasonsOf(group.runs, g, options)),
  };
}

/** Counts of each reason, summed over stretches where there are more updates than points. */
function reasonsOf(runs: readonly PlottedRun[], group: number, options: FigureOptions): ReasonStrip {
  const stopped = runs.filter(({ columns }) => columns.has('stopReason'));
  const { runs: drawn, updates, x, values } = align(stopped, 'update', options.abscissa);
  const placeOf = placesIn(updates);
  const each = stretches(x, options);
  const stretchOf = new Int32Array(x.length);
  each.forEach(([start, end], at) => void stretchOf.fill(at, start, end));
  const counts: Record<string, number[]> = {};
  drawn.forEach((run, r) => {
    const cells = run.columns.get('stopReason');
    run.updates.forEach((update, at) => {
      const u = placeOf(update);
      if (typeof values[r][u] !== 'number') return;
      const reason = String(cells?.[at] ?? 'unknown');
      counts[reason] ??= new Array<number>(each.length).fill(0);
      counts[reason][stretchOf[u]] += run.weights?.[at] ?? 1;
    });
  });
  return { group, x: each.map(([start]) => x[start]), counts };
}
