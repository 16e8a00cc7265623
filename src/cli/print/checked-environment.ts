import { counted, thousands } from '../../elementary/thousands.ts';
import { oneLine } from '../../user-error.ts';
import type { EnvironmentReport } from '../checked-environment.ts';
import { paint } from './print.ts';
import { quantity } from './quantities.ts';

/** A line a finding with what to do beneath it, and what the random play came to. */
export function describeChecked(report: EnvironmentReport): string[] {
  const { environment, findings, stepsPerSecond, episodes, reward } = report;
  const lines = findings.flatMap(({ check, level, message, hint }) => [
    `${paint(level === 'error' ? 'red' : 'yellow', level.padEnd(9))}${check.padEnd(13)}${oneLine(message)}`,
    `${' '.repeat(22)}${paint('dim', hint)}`,
  ]);
  if (reward !== undefined)
    lines.push(
      `${'reward'.padEnd(9)}${quantity(reward.min)} to ${quantity(reward.max)}, mean ${quantity(reward.mean)}; ${counted(episodes, 'episode')} of random actions`,
    );
  if (stepsPerSecond !== undefined)
    lines.push(`${'speed'.padEnd(9)}${thousands(stepsPerSecond)} steps/s, one copy`);
  const errors = findings.filter(({ level }) => level === 'error').length;
  const verdict =
    findings.length === 0
      ? paint('green', 'nothing found')
      : `${counted(errors, 'error')}, ${counted(findings.length - errors, 'warning')}`;
  return [...lines, `${'verdict'.padEnd(9)}${oneLine(environment)}: ${verdict}`];
}
