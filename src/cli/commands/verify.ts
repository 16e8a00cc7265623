import { defineCommand } from '../command.ts';
import { moduleFlag, runsFlag } from '../shared-flags.ts';

export const verifyCommand = defineCommand({
  summary: 'make a run again and say whether it is the same, byte for byte, and where not',
  arguments: {
    RUN: {
      type: 'optional',
      describe: 'a run or its name; RUN@UPDATE: from its checkpoint of that update on',
    },
  },
  flags: {
    updates: { type: 'text', describe: 'how many updates; all of them where it is not given' },
    quick: { type: 'switch', describe: 'the first 5 updates' },
    all: { type: 'switch', describe: 'every run below RUN, or below --runs' },
    config: { type: 'text', describe: 'without a run: the config whose parameters --sha is of' },
    seed: { type: 'text', describe: 'seed of --config' },
    sha: { type: 'text', describe: 'parametersSha256 that somebody published' },
    ...moduleFlag,
    ...runsFlag,
    json: { type: 'switch', describe: 'print one JSON array, nothing else' },
  },
  excludes: [
    ['updates', 'quick'],
    // All updates of a config are made.
    ['config', 'updates'],
    ['config', 'quick'],
  ],
  examples: ['$0 verify runs/quickstart', '$0 verify --config configs/quickstart.json --seed 0 --sha HASH'],
  async run(given) {
    const { verifyHere } = await import('../verify-here.ts');
    return await verifyHere(given);
  },
});
