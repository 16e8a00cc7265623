import { createInterface } from 'node:readline/promises';
import { planRemoval, type Removal, remove } from '../../experiment/removal.ts';
import { oneLine, UserError } from '../../user-error.ts';
import { size } from '../print/quantities.ts';
import { print } from '../print/print.ts';

/** Flags of `leash runs rm`. */
export interface RemoveFlags {
  RUN?: string[] | undefined;
  runs: string;
  yes?: boolean | undefined;
}

/** `leash runs rm RUN…`: all arguments are checked and every path is printed before anything is deleted. */
export async function runRemove(given: RemoveFlags): Promise<number> {
  const removal = planRemoval(given.RUN ?? [], given.runs);
  const what = describe(removal);
  for (const line of linesOf(removal)) print(oneLine(line));
  if (!given.yes) {
    if (!process.stdin.isTTY)
      throw new UserError(`this would delete ${what}; say --yes where nobody can be asked`);
    const questions = createInterface({ input: process.stdin, output: process.stdout });
    const answer = await questions.question(`Delete ${what}? [y/N] `);
    questions.close();
    if (!/^y(es)?$/i.test(answer.trim())) {
      print('nothing deleted');
      return 0;
    }
  }
  remove(removal);
  print(`deleted ${what}`);
  return 0;
}

function describe({ runs, experiments, bytes }: Removal): string {
  const counted = (count: number, word: string): string => `${count} ${word}${count === 1 ? '' : 's'}`;
  const parts = [
    ...(experiments.length > 0 ? [counted(experiments.length, 'experiment')] : []),
    counted(runs.length, 'run'),
    size(bytes),
  ];
  return parts.join(', ');
}

function linesOf({ runs, experiments, strangers }: Removal): string[] {
  return [
    ...experiments.map((path) => `${path} (experiment)`),
    ...runs,
    ...strangers.map((path) => `${path} stays: it is not leash's`),
  ];
}
