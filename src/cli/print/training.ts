import { environmentName } from '../../config/environment-name.ts';
import { deltaRangeOf } from '../../config/delta-range.ts';
import type { Config } from '../../config/schema.ts';
import { shellWord } from '../../run/run-name.ts';
import { parentInWords } from '../../run/parent-in-words.ts';
import { ownUpdates, type Parent, type RunRecord } from '../../run/record.ts';
import { barDisplay, lineDisplay, type RunDisplay } from '../run-progress.ts';
import { oneLine } from '../../user-error.ts';
import { paint, print } from './print.ts';
import { counted, thousands } from '../../elementary/thousands.ts';
import { deltaInWords, duration, quantity, shareInWords } from './quantities.ts';

/**
 * What is trained, and where it goes; then the run as it goes.
 * @param from the update that it goes on from
 * @param parent where it begins, if it is a new branch
 */
export function startDisplay(config: Config, path: string, from?: number, parent?: Parent): RunDisplay {
  const name = oneLine(environmentName(config.environment));
  const size = `${config.environment.copies} × ${config.rollout.steps} steps an update`;
  const branches = parent === undefined ? '' : ` begins from ${parentInWords(parent)}`;
  const begins = from === undefined ? branches : ` goes on from update ${from}`;
  const heading = `${paint('bold', name)}, seed ${config.seed}, ${size}; ${path}${begins}`;
  if (process.stdout.isTTY) return barDisplay(heading);
  print(heading);
  return lineDisplay(print);
}

/** How to play with what a run came to. @param code its environment, where that is run only where it is named again */
export function playRun(path: string, code: string | undefined): string {
  return `leash evaluate ${path}${code === undefined ? '' : ` --env ${shellWord(code)}`}`;
}

/** What was learned, where it is and what to type next. @param code see `playRun` */
export function summaryOf(
  record: RunRecord,
  path: string,
  trustRegion: Config['trustRegion'],
  best: { value: number; how: string } | undefined,
  code?: string,
): string[] {
  const lines: [string, string][] = [];
  const { final, updates, updatesPlanned } = record;
  if (record.status === 'interrupted') {
    lines.push(['stopped', `interrupted after update ${updates} of ${updatesPlanned}`]);
  }
  const late = final?.returnMeanLastTenth ?? null;
  if (late !== null) {
    const known = best === undefined ? '' : `; best known ${quantity(best.value)} (${best.how})`;
    lines.push(['return', `${quantity(late)} over the last tenth of training${known}`]);
  } else if (record.status === 'completed') {
    lines.push(['return', 'no episode ended in the last tenth of training']);
  }
  if (final !== undefined && updates > 0) {
    const outside = `${thousands(final.updatesOutsideDelta)} of ${counted(ownUpdates(record), 'update')} ended outside δ`;
    const [ofState, inStates] = trustRegion.over === 'mean' ? ['', ''] : [' of a state', ' in each state'];
    const kl = `mean ${quantity(final.klOldNewMean)}, largest${ofState} ${quantity(final.klOldNewMax)}, δ ${deltaInWords(deltaRangeOf(trustRegion, record))}${inStates}`;
    lines.push(['KL', `${kl}; ${outside}`]);
    if (final.statesOutsideProjection !== undefined) {
      const share = shareInWords(final.statesOutsideProjection);
      lines.push(['network', `outside the projection’s ball in ${share} of the states, mean over updates`]);
    }
    lines.push([
      'gradient',
      `${thousands(final.gradientStepsApplied)} of ${counted(final.gradientStepsPlanned, 'planned step')}`,
    ]);
  }
  const { parent, seconds = 0 } = record;
  const made = (record.steps * ownUpdates(record)) / Math.max(1, updates);
  const speed = seconds > 0 ? ` in ${duration(seconds)}, ${thousands(made / seconds)} steps/s` : '';
  if (parent !== undefined) lines.push(['from', parentInWords(parent)]);
  lines.push(['steps', `${thousands(record.steps)}${speed}; ${counted(record.episodes, 'episode')}`]);
  for (const { update, message } of record.warnings ?? [])
    lines.push(['warning', oneLine(`update ${update}: ${message}`)]);
  lines.push(['run', path]);
  if (updates > 0) lines.push(['next', playRun(path, code)]);
  return lines.map(([label, text]) => `${paint('dim', label.padEnd(9))}${text}`);
}
