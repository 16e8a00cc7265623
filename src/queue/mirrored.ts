import type { RunFile } from '../run/run-files.ts';
import { UPDATE_FOLDERS, updateOf } from '../run/run-files.ts';

/*
 * The files of a run that travel. Who makes a run and who keeps it have each an owner and a config of their own, whose paths
 * start from where they stand.
 */

/** They grow by lines. */
export const ROWS = [
  'metrics.jsonl',
  'timing.jsonl',
  'ledger.jsonl',
  'evaluations.jsonl',
  'log.jsonl',
] as const satisfies readonly RunFile[];

/** They are replaced as a whole. */
export const WHOLE = [
  'reference.safetensors',
  'policy-best.safetensors',
  'policy-best-before-end.safetensors',
  'policy.safetensors',
] as const satisfies readonly RunFile[];

/** Last of all, since it says how the run ended. */
export const RECORD = 'run.json' satisfies RunFile;

export type RowFile = (typeof ROWS)[number];

export function isRows(name: string): name is RowFile {
  return ROWS.some((each) => each === name);
}

/** Whether that is the name of a file that is taken from elsewhere: of no other place than a run's own. */
export function isWhole(name: string): boolean {
  if (name === RECORD || WHOLE.some((each) => each === name)) return true;
  const [folder, file, ...more] = name.split('/');
  return (
    UPDATE_FOLDERS.some((each) => each === folder) &&
    file !== undefined &&
    updateOf(file) !== undefined &&
    more.length === 0
  );
}
