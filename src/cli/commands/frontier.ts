import { oneLine } from '../../user-error.ts';
import { defineCommand } from '../command.ts';
import { engineFlags, moduleFlag, pictureFlags, runsFlag } from '../shared-flags.ts';

export const frontierCommand = defineCommand({
  summary:
    'runs of a token task: every policy that they kept by its reward and KL(π‖π_ref), beside the optimum’s',
  arguments: {
    RUN: { type: 'several', describe: 'a run, a folder of seeds or any folder above them' },
  },
  flags: {
    reference: {
      type: 'text',
      describe: 'run or policy file that KL is measured from; without it that which the runs were held near',
    },
    ...moduleFlag,
    ...engineFlags,
    ...pictureFlags,
    ...runsFlag,
    json: { type: 'switch', describe: 'print one JSON object, nothing else' },
  },
  examples: ['$0 frontier capitals-rloo --out frontier.svg'],
  excludes: [['format', 'json']],
  async run(given) {
    const { findRuns } = await import('../../plot/read-runs.ts');
    const { encodeJson } = await import('../../row/json.ts');
    const { frontierFigure } = await import('../plot/frontier-figure.ts');
    const { pictureOf } = await import('../plot/picture.ts');
    const { frontierOf, readTokenRuns } = await import('../policy/token-frontier.ts');
    const { describeFrontier } = await import('../print/frontier.ts');
    const { paint, print, printJson } = await import('../print/print.ts');
    const { write } = pictureOf(given);
    const paths = findRuns(given.RUN, given.runs);
    const found = frontierOf(await readTokenRuns(paths, given.runs, given.reference, given));
    if (given.json) printJson(encodeJson(found));
    else print(describeFrontier(found).join('\n'));
    for (const problem of found.problems) process.stderr.write(`leash: ${oneLine(problem)}\n`);
    const exitCode = found.problems.length > 0 ? 1 : 0;
    if (given.out === undefined && given.format === undefined) return exitCode;
    const file = await write(frontierFigure(found));
    if (file !== undefined && !given.json) print(`${paint('dim', 'picture  ')}${file}`);
    return exitCode;
  },
});
