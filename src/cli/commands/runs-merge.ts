import { oneLine } from '../../user-error.ts';
import { defineCommand } from '../command.ts';
import { runsFlag } from '../shared-flags.ts';

export const runsMergeCommand = defineCommand({
  summary: 'put the shards of an experiment (--shard i/n) into one folder; nothing there is overwritten',
  arguments: { DIR: { type: 'several', describe: "folders of shards: those of their experiment's name" } },
  flags: {
    ...runsFlag,
    name: { type: 'text', describe: 'folder in it; default what the shards call their experiment' },
    json: { type: 'switch', describe: 'as JSON' },
  },
  examples: ['$0 runs merge node-1/study node-2/study'],
  async run(given) {
    const { mergeShards } = await import('../../experiment/merge-shards.ts');
    const { encodeJson } = await import('../../row/json.ts');
    const { print, printJson } = await import('../print/print.ts');
    const { mergeLines } = await import('../print/shard.ts');
    const { environmentOptions } = await import('../../../envs/environment-options.ts');
    const merged = mergeShards(given.DIR, given.runs, given.name, environmentOptions);
    if (given.json) printJson(encodeJson(merged, 1));
    else for (const line of mergeLines(merged)) print(oneLine(line));
    return 0;
  },
});
