import type { ToldRun } from '../../dashboard/wire.ts';
import { mean } from '../../elementary/mean.ts';
import { number } from '../../plot/html-table.ts';
import { isStuckRun } from '../../run/stuck.ts';

/** Return, mean and largest KL, updates outside δ: over the runs that have them, – where none has. */
export function figuresOf(runs: readonly ToldRun[]): string[] {
  const known = runs.flatMap(({ figures }) => (figures === null ? [] : [figures]));
  if (known.length === 0) return ['–', '–', '–', '–'];
  const kls = known.map(({ klOldNewMean }) => Number(klOldNewMean));
  const largest = known.reduce((most, { klOldNewMax }) => Math.max(most, Number(klOldNewMax)), -Infinity);
  const outside = known.reduce((total, { updatesOutsideDelta }) => total + updatesOutsideDelta, 0);
  const updates = runs.reduce((total, { rows }) => total + rows, 0);
  return [returnOf(runs), number(mean(kls)), number(largest), `${outside} of ${updates}`];
}

/**
 * Mean over the runs that completed, as `leash train --seeds` has it; where none did, over those that did not fail, of the last
 * tenth of the updates they made, which is said.
 */
function returnOf(runs: readonly ToldRun[]): string {
  const completed = runs.filter(({ status }) => status === 'completed');
  const unbroken = runs.filter(({ status }) => status !== 'failed');
  const of = [completed, unbroken, runs].find((each) => each.length > 0) ?? [];
  const stuck = of.filter(({ status, figures }) => isStuckRun(status, figures)).length;
  // As in a comparison: a mean over the others would hide them.
  if (stuck > 0) return `stuck (${stuck} of ${of.length})`;
  const shown = number(mean(of.flatMap(({ figures }) => figures?.returnMeanLastTenth ?? [])));
  return shown === '–' || completed.length > 0 ? shown : `${shown} so far`;
}
