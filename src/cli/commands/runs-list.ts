import { oneLine } from '../../user-error.ts';
import { defineCommand } from '../command.ts';
import { runsFlag } from '../shared-flags.ts';

export const runsListCommand = defineCommand({
  summary: 'what there is, with its disk use',
  flags: {
    where: {
      type: 'text',
      describe: 'conditions apart by commas: "objective=clip, return>0.5, optimizer.learningRate<0.01"',
    },
    tag: {
      type: 'texts',
      describe: 'runs with that tag (leash train --tag T); repeatable: with all of them',
    },
    sort: { type: 'text', describe: 'figures from the greatest, words from A' },
    reverse: { type: 'switch', describe: 'the other way round' },
    ...runsFlag,
    json: { type: 'switch', describe: 'as JSON' },
  },
  async run(given) {
    const { encodeJson } = await import('../../row/json.ts');
    const { listRuns } = await import('../listed-runs.ts');
    const { print, printJson } = await import('../print/print.ts');
    const { describeRuns } = await import('../print/runs.ts');
    const listing = listRuns(given.runs, given);
    if (given.json) {
      const objects = listing.shown.map(({ facts, progress, resumesFrom, bytes, labels }) => ({
        path: facts.path,
        bytes,
        ...facts.record,
        status: facts.status,
        ...labels,
        ...progress,
        resumesFrom: resumesFrom ?? null,
        config: facts.config ?? null,
        problems: facts.problems,
      }));
      printJson(encodeJson(objects, 2));
      return 0;
    }
    for (const line of describeRuns(listing, given.runs)) print(line);
    for (const { facts } of listing.all) {
      for (const problem of facts.problems) process.stderr.write(`${oneLine(problem)}\n`);
    }
    return 0;
  },
});
