import { thousands } from '../../elementary/thousands.ts';
import type { FitRow } from '../../row/fit.ts';
import type { CloneRecord } from '../policy/clone-here.ts';
import { paint } from './print.ts';
import { nats } from '../../elementary/nats.ts';
import { quantity } from './quantities.ts';
import { playRun } from './training.ts';

/** An epoch. */
export function lineOfClone({ update, crossEntropy, kl }: FitRow, epochs: number): string {
  return `epoch ${String(update).padStart(String(epochs).length)}/${epochs}  H(π_expert,π) ${nats(crossEntropy)}  KL(π_expert‖π) ${nats(kl)}`;
}

/** What the clone came to, and what to type next. @param code see `playRun` */
export function describeClone(record: CloneRecord & { readonly path: string }, code?: string): string[] {
  const { expert, states, steps, klExpertClone, status, updates, updatesPlanned, path, seconds } = record;
  const { hasValue } = record;
  const where =
    steps === 0
      ? `all ${thousands(states)} states of the table, weighted by its true visitation`
      : `${thousands(states)} states that it came to`;
  const lines: [string, string][] = [
    ['expert', `${expert}: ${where}`],
    ...(status === 'interrupted'
      ? [
          [
            'stopped',
            `interrupted after epoch ${updates} of ${updatesPlanned}; a clone has no checkpoints: with --replace it begins anew`,
          ] as [string, string],
        ]
      : []),
    ['KL', `KL(π_expert‖π) ${nats(klExpertClone)}, exact in every state`],
    ...(hasValue
      ? [['value', 'the value network is as it was initialised: only the policy learns'] as [string, string]]
      : []),
    ['time', `${quantity(seconds ?? 0)} s`],
    ['run', path],
    ['next', playRun(path, code)],
  ];
  return lines.map(([label, text]) => `${paint('dim', label.padEnd(9))}${text}`);
}
