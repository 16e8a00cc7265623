import { mean, RunningMean } from '../elementary/mean.ts';
import type { MetricsRow } from '../run/metrics.ts';

/** Mean return of the episodes that ended in the last tenth of the updates; null where none did. */
export function finalPerformance(rows: readonly MetricsRow[]): number | null {
  return returnOf(rows.filter((row) => row.update > 0.9 * rows.length));
}

/** Mean over the updates, of those in which episodes ended, of their mean return; null where there are none. */
export function curvePerformance(rows: readonly MetricsRow[]): number | null {
  const returns = rows.map((row) => row.returnMean).filter((value) => value !== null);
  return returns.length === 0 ? null : mean(returns);
}

/**
 * Steps after which the mean return of the episodes that ended in the latest twentieth of the updates is at
 * least `threshold` for the first time. A window, because one rollout may be lucky; only a full one counts.
 * @returns null where that never happens
 */
export function stepsToThreshold(rows: readonly MetricsRow[], threshold: number): number | null {
  const window = Math.ceil(rows.length / 20);
  for (let end = window; end <= rows.length; end++) {
    const reached = returnOf(rows.slice(end - window, end));
    if (reached !== null && reached >= threshold) return (rows[end - 1] as MetricsRow).steps;
  }
  return null;
}

/** Mean return over all episodes that ended in these updates. */
function returnOf(rows: readonly MetricsRow[]): number | null {
  const mean = new RunningMean();
  for (const { returnMean, episodes } of rows) if (returnMean !== null) mean.add(returnMean, episodes);
  return mean.weight === 0 ? null : mean.value;
}
