import { RunningMean } from '../elementary/mean.ts';
import { curveOf } from '../run/curve.ts';
import { isInLastTenth } from '../run/last-tenth.ts';
import type { ReportRow } from '../row/report-row.ts';

/** Mean return of the episodes that ended in the last tenth of the updates; null where none did. */
export function finalPerformance(
  rows: readonly Pick<ReportRow, 'update' | 'returnMean' | 'episodes'>[],
): number | null {
  const mean = new RunningMean();
  const last = rows.at(-1)?.update ?? 0;
  for (const { update, returnMean, episodes } of rows) {
    if (isInLastTenth(update, last) && returnMean !== null) mean.add(returnMean, episodes);
  }
  return mean.weight === 0 ? null : mean.value;
}

/** Whether they begin after the first update: of a run that began with a checkpoint of another. */
export function isBranch(rows: readonly ReportRow[]): boolean {
  return rows[0] !== undefined && rows[0].update > 1;
}

/** The curve from the first update on; null for rows of leash 0.1.0, and of a branch, which begins later. */
function wholeCurve(rows: readonly ReportRow[]): Float64Array | null {
  return isBranch(rows) ? null : curveOf(rows);
}

/** The first of the curve: what the policy returns before it learns; null where no curve is known. */
export function untrainedReturn(rows: readonly ReportRow[]): number | null {
  return wholeCurve(rows)?.[0] ?? null;
}

/** Environment steps of the updates of which the curve is known; null where there is none from the first on. */
export function curveSteps(rows: readonly ReportRow[]): number | null {
  const curve = wholeCurve(rows);
  return curve === null ? null : curve.length * stepsOf(rows);
}

/** Steps of one update. */
function stepsOf(rows: readonly ReportRow[]): number {
  const last = rows.at(-1);
  return last === undefined ? 0 : last.steps / last.update;
}

/**
 * Mean of the curve over the first `steps` environment steps, the last update by the share that is among them.
 * @returns null where the curve is not known so far
 */
export function curvePerformance(rows: readonly ReportRow[], steps: number): number | null {
  const curve = wholeCurve(rows);
  const updates = steps / stepsOf(rows);
  if (curve === null || !(updates > 0 && updates <= curve.length)) return null;
  const mean = new RunningMean();
  for (let update = 0; update < updates; update++) mean.add(curve[update], Math.min(1, updates - update));
  return mean.value;
}

/** When a run got to a threshold, or why that cannot be said. */
export type TimeTo = number | 'notYetKnown' | 'never';

/**
 * Steps after the first stretch of `window` steps over which the curve has a mean of at least `threshold`, and from whose
 * start to `until` it has one, too. Without the second, a policy that never changes would get to any threshold in the
 * noise of its curve, sooner where fewer copies make a noisier one. Stretches begin at multiples of the window and are in
 * steps, the same whatever the rollout: looked at after every rollout, short ones would have more chances.
 * @param window environment steps: a twentieth of what the config asks for
 * @param until environment steps: as far as the curves of all runs that are compared are known
 * @returns notYetKnown: not by then, but the run ends there (or has no curve, as with leash 0.1.0)
 */
export function stepsToThreshold(
  rows: readonly ReportRow[],
  threshold: number,
  window: number,
  until: number,
): TimeTo {
  const curve = wholeCurve(rows);
  if (curve === null) return 'notYetKnown';
  const update = stepsOf(rows);
  const known = Math.min(until, curve.length * update);
  // [known updates + 1]: ∫ (curve − threshold), linear in between.
  const excess = new Float64Array(curve.length + 1);
  curve.forEach((value, k) => {
    excess[k + 1] = excess[k] + (value - threshold) * update;
  });
  const integral = (steps: number): number => {
    const k = Math.min(Math.floor(steps / update), curve.length);
    return excess[k] + (k < curve.length ? (curve[k] - threshold) * (steps - k * update) : 0);
  };
  for (let stretch = 1; stretch * window <= known; stretch++) {
    const [start, end] = [(stretch - 1) * window, stretch * window].map(integral);
    if (end >= start && integral(known) >= start) return Math.ceil(stretch * window);
  }
  const final = finalPerformance(rows);
  return final !== null && final >= threshold ? 'notYetKnown' : 'never';
}
