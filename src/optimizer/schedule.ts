import { cos } from '../elementary/trigonometry.ts';

/** A number, or its way from `from` to `to` over a run. */
export type Schedule =
  | number
  | { readonly schedule: 'linear' | 'cosine'; readonly from: number; readonly to: number };

/**
 * The value in update u of U, u in [1, U]: linear from + (to − from)(u − 1)/U, so that the first update has
 * `from` exactly and `to` is what would follow the last; cosine along half a period
 * [Loshchilov & Hutter, arXiv 1608.03983, eq. 5].
 */
export function scheduled(schedule: Schedule, update: number, updates: number): number {
  if (typeof schedule === 'number') return schedule;
  const { from, to } = schedule;
  const progress = (update - 1) / updates;
  if (schedule.schedule === 'linear') return from + (to - from) * progress;
  return to + ((from - to) * (1 + cos(Math.PI * progress))) / 2;
}
