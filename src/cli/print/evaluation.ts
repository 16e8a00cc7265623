import type { RunStanding } from '../../run/record.ts';
import type { Bounds } from '../../statistics/bounded-interval.ts';
import type { MeanInterval } from '../../statistics/student-interval.ts';
import { paint } from './print.ts';
import { thousands } from '../../elementary/thousands.ts';
import { quantity } from './quantities.ts';

/** What an evaluation found; `--json` prints it. */
export interface Findings {
  /** The run's folder, or the file of the policy. */
  run: string;
  /** How the run ended; null of a file. */
  status: RunStanding | null;
  /** That the policy is not what its config asked for, in words. */
  caveat: string | null;
  environment: string;
  mode: 'greedy' | 'sampled';
  seed: number;
  returns: MeanInterval & { by: 'wilson' | 'student'; min: number; max: number };
  /** What the return of an episode can be. */
  returnBounds: Bounds;
  lengthMean: number;
  /** Share of episodes with return 1, where every return is 0 or 1. */
  success: number | null;
  /** Of the policy, by dynamic programming, where the environment is a table. */
  expectedReturn: number | null;
  bestReturn: { value: number; how: string } | null;
}

/** The findings as lines, the figures of the policy above what is known of the environment. */
export function describeFindings(findings: Findings): string[] {
  const { returns, success, bestReturn } = findings;
  const how = findings.mode === 'greedy' ? 'the likeliest actions' : 'sampled actions';
  const between = `95% interval ${quantity(returns.low)} to ${quantity(returns.high)}`;
  const lines: [string, string][] = [
    ...(findings.caveat === null ? [] : [['run', `${findings.run} ${findings.caveat}`] as [string, string]]),
    [
      'episodes',
      `${thousands(returns.samples)} of ${findings.environment} with ${how}, seed ${findings.seed}`,
    ],
    [
      'return',
      `mean ${quantity(returns.mean)}, ${between}; from ${quantity(returns.min)} to ${quantity(returns.max)}`,
    ],
  ];
  if (success !== null) {
    const rates = `95% interval ${quantity(100 * returns.low)}% to ${quantity(100 * returns.high)}% (Wilson)`;
    const how = returns.by === 'wilson' ? `, ${rates}` : '';
    lines.push(['success', `${quantity(100 * success)}% of episodes returned 1${how}`]);
  }
  if (findings.expectedReturn !== null) {
    lines.push([
      'exact',
      `${quantity(findings.expectedReturn)}, the policy’s expected return by dynamic programming`,
    ]);
  }
  if (bestReturn !== null) lines.push(['best', `${quantity(bestReturn.value)} (${bestReturn.how})`]);
  lines.push(['length', `mean ${quantity(findings.lengthMean)} steps`]);
  return lines.map(([label, text]) => `${paint('dim', label.padEnd(9))}${text}`);
}
