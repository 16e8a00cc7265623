import type { Config } from '../../config/schema.ts';
import type { RunRecord } from '../../run/record.ts';
import { raggedMinibatch } from '../../train/train.ts';
import { barDisplay, lineDisplay, type RunDisplay } from '../run-progress.ts';
import { paint, print } from './print.ts';
import { thousands } from '../../elementary/thousands.ts';
import { duration, quantity } from './quantities.ts';

/** What is trained, and where it goes; then the run as it goes. @param from the update that it goes on from */
export async function startDisplay(config: Config, path: string, from?: number): Promise<RunDisplay> {
  const { id, copies } = config.environment;
  const size = `${copies} × ${config.rollout.steps} steps an update`;
  print(
    `${paint('bold', id)}, seed ${config.seed}, ${size}; ${path}${from === undefined ? '' : ` goes on from update ${from}`}`,
  );
  const ragged = raggedMinibatch(config);
  if (ragged !== undefined) process.stderr.write(`leash: ${ragged}\n`);
  return process.stdout.isTTY ? await barDisplay() : lineDisplay(print);
}

/** What was learned, where it is and what to type next. @param delta δ of the last update */
export function summaryOf(
  record: RunRecord,
  path: string,
  delta: number,
  best: { value: number; how: string } | undefined,
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
    const outside = `${final.updatesOutsideDelta} of ${updates} updates ended outside δ`;
    const kl = `mean ${quantity(final.klOldNewMean)}, largest ${quantity(final.klOldNewMax)}, δ ${quantity(delta)}`;
    lines.push(['KL', `${kl}; ${outside}`]);
    lines.push([
      'gradient',
      `${thousands(final.gradientStepsApplied)} of ${thousands(final.gradientStepsPlanned)} planned steps`,
    ]);
  }
  const seconds = record.seconds ?? 0;
  const speed = seconds > 0 ? ` in ${duration(seconds)}, ${thousands(record.steps / seconds)} steps/s` : '';
  lines.push(['steps', `${thousands(record.steps)}${speed}; ${thousands(record.episodes)} episodes`]);
  lines.push(['run', path]);
  if (updates > 0) lines.push(['next', `leash evaluate ${path}`]);
  return lines.map(([label, text]) => `${paint('dim', label.padEnd(9))}${text}`);
}
