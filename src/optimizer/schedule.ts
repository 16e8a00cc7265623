import { cos } from '../elementary/trigonometry.ts';
import * as z from '../packages/zod.ts';

/** A number, or its way from `from` to `to` over a run. */
export type Schedule =
  | number
  | { readonly schedule: 'linear' | 'cosine'; readonly from: number; readonly to: number };

/** What a config may say of one: a number within the bounds, or the way from one to another. */
export function scheduleSchema(bounds: { min: number; minExclusive?: boolean; max?: number }) {
  let number = bounds.minExclusive ? z.number().gt(bounds.min) : z.number().min(bounds.min);
  if (bounds.max !== undefined) number = number.max(bounds.max);
  const end = bounds.max === undefined ? z.number().min(0) : z.number().min(0).max(bounds.max);
  return z.union([
    number,
    z.strictObject({
      schedule: z.enum(['linear', 'cosine']).describe('Shape of the way from `from` to `to`.'),
      from: number.describe('Value in the first update.'),
      to: end.default(0).describe('Value approached after the last update.'),
    }),
  ]);
}

/** Whether a setting changes over the run, in a way that is known beforehand. */
export function isSchedule(value: unknown): value is Exclude<Schedule, number> {
  return typeof value === 'object' && value !== null && 'schedule' in value && value.schedule !== KL_ADAPTIVE;
}

/** The way of a step size that nobody knows beforehand: it follows the KL. */
export const KL_ADAPTIVE = 'klAdaptive';

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
