import { defineCommand } from '../command.ts';
import { setFlag } from '../shared-flags.ts';

export const rlhfCommand = defineCommand({
  summary: 'the story of a reward optimised too far: a run a β, figures and a page of them',
  arguments: {
    CONFIG: { type: 'optional', describe: 'a token task with trueReward; capitals-rloo without' },
  },
  flags: {
    out: {
      type: 'text',
      default: 'rlhf',
      describe: 'folder of page, figures and runs; called again it goes on',
    },
    betas: {
      type: 'text',
      default: '2,1,0.6,0.43,0.25,0.15,0.1',
      describe: 'β of the reference, a run each',
    },
    ...setFlag,
    seed: { type: 'text', describe: 'seed of every run (--set seed=N)' },
    steps: { type: 'text', describe: 'steps of every run' },
    workers: { type: 'text', describe: 'threads; default one per core' },
    json: { type: 'switch', describe: 'print one JSON object at the end, nothing else' },
  },
  examples: ['$0 rlhf --out story'],
  makesRuns: true,
  async run(given, surroundings) {
    const { rlhfHere } = await import('../rlhf/here.ts');
    return await rlhfHere({ ...given, CONFIG: given.CONFIG ?? 'capitals-rloo' }, surroundings);
  },
});
