import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { counted } from '../elementary/thousands.ts';
import { ownUpdates } from '../run/record.ts';
import { readMetrics } from '../run/read-rows.ts';
import { UserError } from '../user-error.ts';
import { readPolicyFile, unlikeRecorded } from './policy.ts';
import { readRecord } from './read-record.ts';

/** How a training left its folder. */
export interface EndOfRun {
  /** Whether it came to its end, and every row and the policy that it ended with are there. */
  readonly isComplete: boolean;
  /** What is damaged where it says that it did, one line. */
  readonly damage?: string;
}

/** Whether what a run of a training came to is there. */
export function endOf(path: string): EndOfRun {
  const file = join(path, 'run.json');
  if (!existsSync(file)) return { isComplete: false };
  try {
    const record = readRecord(file);
    if (record.status !== 'completed') return { isComplete: false };
    const damage = missingRows(path, ownUpdates(record)) ?? otherPolicy(path, record.parametersSha256);
    return damage === undefined ? { isComplete: true } : { isComplete: false, damage };
  } catch (cause) {
    if (!(cause instanceof UserError)) throw cause;
    return { isComplete: false, damage: cause.message };
  }
}

function missingRows(path: string, updates: number): string | undefined {
  const { rows, damage } = readMetrics(path, false);
  if (rows.length === updates) return undefined;
  return (
    damage ?? `${path}: ${counted(rows.length, 'row')} of the ${counted(updates, 'update')} it completed`
  );
}

/** @throws UserError where it is gone, or damaged */
function otherPolicy(path: string, recorded: string | undefined): string | undefined {
  const file = join(path, 'policy.safetensors');
  return unlikeRecorded(file, readPolicyFile(file), recorded);
}
