import type { MeanOfRuns } from '../../statistics/seed-intervals.ts';
import { quantity } from './quantities.ts';

/** `0.87, 95% interval 0.8 to 0.93 over 5 seeds`; one seed has no interval, a mean with a stuck seed in it no value. */
export function meanInWords(of: MeanOfRuns, over: string): string {
  const { mean, low, high, samples, stuck, equal, by } = of;
  if (stuck > 0) return `stuck (${stuck} of ${samples}): no episode ended in it`;
  if (samples < 2) return `${quantity(mean)} of one seed`;
  const alike = by === 'order' ? ` (${equal} equal)` : '';
  return low === null || high === null
    ? `${quantity(mean)} over ${over}${alike}, without an interval: nothing bounds what others would be`
    : `${quantity(mean)}, 95% interval ${quantity(low)} to ${quantity(high)} over ${over}${alike}`;
}
