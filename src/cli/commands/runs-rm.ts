import { oneLine, UserError } from '../../user-error.ts';
import { defineCommand } from '../command.ts';
import { runsFlag } from '../shared-flags.ts';

/** All arguments are checked and every path is printed before anything is deleted. */
export const runsRmCommand = defineCommand({
  summary: 'delete runs; asks first',
  arguments: { RUN: { type: 'several', describe: 'runs or folders of runs' } },
  flags: { yes: { type: 'switch', describe: 'without asking' }, ...runsFlag },
  async run(given) {
    const { planRemoval, remove } = await import('../../experiment/removal.ts');
    const { print } = await import('../print/print.ts');
    const { describeRemoval, removalLines } = await import('../print/removal.ts');
    const removal = planRemoval(given.RUN, given.runs);
    const what = describeRemoval(removal);
    for (const line of removalLines(removal)) print(oneLine(line));
    if (!given.yes) {
      if (!process.stdin.isTTY)
        throw new UserError(`this would delete ${what}; say --yes where nobody can be asked`);
      const { ask } = await import('../ask.ts');
      const { answer, exitCode } = await ask(`Delete ${what}? [y/N] `);
      if (!/^y(es)?$/i.test(answer.trim())) {
        print('nothing deleted');
        return exitCode;
      }
    }
    remove(removal);
    print(`deleted ${what}`);
    return 0;
  },
});
