import type { MetricsRow } from '../row/metrics.ts';

/**
 * The curve of returns that rows hold piece by piece: each says how many updates are known by then and the mean of those
 * that became known in it.
 * @param rows in the order of their updates
 * @returns the value of every update known, from the first on: NaN where rows are missing or say what cannot be; null
 *   for rows of leash 0.1.0, which have no curve
 */
export function curveOf(
  rows: readonly Pick<MetricsRow, 'update' | 'curveUpdates' | 'curveReturn'>[],
): Float64Array | null {
  if (!rows.some((row) => 'curveUpdates' in row)) return null;
  const values = new Float64Array(rows.at(-1)?.update ?? 0).fill(Number.NaN);
  let known = 0;
  let before = 0;
  for (const { update, curveUpdates = Number.NaN, curveReturn } of rows) {
    const isNext = update === before + 1;
    before = update;
    if (!(Number.isInteger(curveUpdates) && curveUpdates >= known && curveUpdates <= update)) continue;
    // Without the row before, some of these became known in that.
    if (isNext && typeof curveReturn === 'number') values.fill(curveReturn, known, curveUpdates);
    known = curveUpdates;
  }
  return values.subarray(0, known);
}
