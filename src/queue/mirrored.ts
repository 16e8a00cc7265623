import type { RunFile } from '../run/run-files.ts';
import { UPDATE_FOLDERS, updateOf } from '../run/run-files.ts';

/*
 * The files of a run that travel. Who makes a run and who keeps it have each an owner and a config of their own, whose paths
 * start from where they stand.
 */

/** Each file of a run's, and how it travels: as lines that are added, as a whole when it is another, last of all, or not. */
const TRAVELS = {
  'metrics.jsonl': 'lines',
  'timing.jsonl': 'lines',
  'ledger.jsonl': 'lines',
  'evaluations.jsonl': 'lines',
  'log.jsonl': 'lines',
  // In this order: the policy of the end says that there is one.
  'reference.safetensors': 'whole',
  'policy-best.safetensors': 'whole',
  'policy-best-before-end.safetensors': 'whole',
  'policy.safetensors': 'whole',
  // It says how the run ended.
  'run.json': 'last',
  'owner.json': 'never',
  'config.json': 'never',
  // Of fits and branches, which no experiment makes.
  'model.safetensors': 'never',
  'reward-model.json': 'never',
  'parent.safetensors': 'never',
} as const satisfies Readonly<Record<RunFile, 'lines' | 'whole' | 'last' | 'never'>>;

type Travelling<How> = {
  [File in RunFile]: (typeof TRAVELS)[File] extends How ? File : never;
}[RunFile];

function those<How extends 'lines' | 'whole'>(how: How): readonly Travelling<How>[] {
  const files = Object.keys(TRAVELS) as RunFile[];
  return files.filter((file): file is Travelling<How> => TRAVELS[file] === how);
}

/** They grow by lines. */
export const ROWS = those('lines');

/** They are replaced as a whole. */
export const WHOLE = those('whole');

/** Last of all, since it says how the run ended. */
export const RECORD = 'run.json' satisfies Travelling<'last'>;

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
