import { RunningMean } from '../elementary/mean.ts';
import { curveOf } from '../run/curve.ts';
import type { MetricsRow } from '../run/metrics.ts';

/** Mean return of the episodes that ended in the last tenth of the updates; null where none did. */
export function finalPerformance(rows: readonly MetricsRow[]): number | null {
  const mean = new RunningMean();
  for (const { update, returnMean, episodes } of rows) {
    if (update > 0.9 * rows.length && returnMean !== null) mean.add(returnMean, episodes);
  }
  return mean.weight === 0 ? null : mean.value;
}

/** Environment steps of the updates of which the curve is known; null for rows of leash 0.1.0. */
export function curveSteps(rows: readonly MetricsRow[]): number | null {
  const curve = curveOf(rows);
  return curve === null ? null : curve.length * stepsOf(rows);
}

/** Steps of one update. */
function stepsOf(rows: readonly MetricsRow[]): number {
  const last = rows.at(-1);
  return last === undefined ? 0 : last.steps / last.update;
}

/**
 * Mean of the curve over the first `steps` environment steps, the last update by the share that is among them.
 * @returns null where the curve is not known so far
 */
export function curvePerformance(rows: readonly MetricsRow[], steps: number): number | null {
  const curve = curveOf(rows);
  const updates = steps / stepsOf(rows);
  if (curve === null || !(updates > 0 && updates <= curve.length)) return null;
  const mean = new RunningMean();
  for (let update = 0; update < updates; update++) mean.add(curve[update], Math.min(1, updates - update));
  return mean.value;
}

/** When a run got to a threshold, or why that cannot be said. */
export type TimeTo = number | 'notYetKnown' | 'never';

/**
 * Steps after which the curve's mean over the latest `window` steps is at least `threshold` for the first time. A window,
 * because one rollout may be lucky, and in steps, because a full one comes later where rollouts are long; within an
 * update the curve is constant.
 * @param window environment steps: a twentieth of what the config asks for
 * @returns notYetKnown: not as far as the curve is known, but the run ends there (or has no curve, as with leash 0.1.0)
 */
export function stepsToThreshold(rows: readonly MetricsRow[], threshold: number, window: number): TimeTo {
  const curve = curveOf(rows);
  if (curve === null) return 'notYetKnown';
  const update = stepsOf(rows);
  // [known updates + 1]: ∫ (curve − threshold), linear in between.
  const excess = new Float64Array(curve.length + 1);
  curve.forEach((value, k) => {
    excess[k + 1] = excess[k] + (value - threshold) * update;
  });
  const integral = (steps: number): number => {
    const k = Math.min(Math.floor(steps / update), curve.length);
    return excess[k] + (k < curve.length ? (curve[k] - threshold) * (steps - k * update) : 0);
  };
  const inWindow = (end: number): number => integral(end) - integral(end - window);
  let end = window;
  let before = end <= curve.length * update ? inWindow(end) : Number.NaN;
  if (before >= 0) return Math.ceil(end);
  while (end < curve.length * update) {
    // Linear up to where the window's end or its start leaves an update.
    const next = Math.min(
      ...[0, window].map((start) => (Math.floor((end - start) / update + 1e-9) + 1) * update + start),
    );
    if (next > curve.length * update) break;
    const after = inWindow(next);
    if (after >= 0) return Math.ceil(end + ((next - end) * -before) / (after - before));
    [end, before] = [next, after];
  }
  const final = finalPerformance(rows);
  return final !== null && final >= threshold ? 'notYetKnown' : 'never';
}
