import type { Interval } from './bootstrap.ts';
import { areOutcomes, successInterval } from './success-interval.ts';
import { type MeanInterval, interval } from './student-interval.ts';

/** What values can be; infinite where that is not known. */
export interface Bounds {
  readonly least: number;
  readonly greatest: number;
}

export const UNBOUNDED: Bounds = { least: Number.NEGATIVE_INFINITY, greatest: Number.POSITIVE_INFINITY };

/** The same interval without what no value can be. */
export function within<Given extends Interval>(given: Given, { least, greatest }: Bounds): Given {
  const cut = (value: number): number => Math.min(greatest, Math.max(least, value));
  return { ...given, low: cut(given.low), high: cut(given.high) };
}

/** The mean of the returns of episodes: Wilson's interval where each is 0 or 1, else Student's within the bounds. */
export function intervalOfReturns(
  returns: Float64Array,
  bounds: Bounds,
): MeanInterval & { by: 'wilson' | 'student' } {
  const { least, greatest } = bounds;
  // Where 0 and 1 are all that was seen of returns that can be others, they are no successes and failures.
  const canBeOthers = (Number.isFinite(least) && least < 0) || (Number.isFinite(greatest) && greatest > 1);
  if (areOutcomes(returns) && !canBeOthers) return { ...successInterval(returns), by: 'wilson' };
  return { ...within(interval(returns), bounds), by: 'student' };
}
