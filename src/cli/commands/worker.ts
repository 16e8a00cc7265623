import { defineCommand } from '../command.ts';
import { pythonFlag, requiredQueueFlags } from '../shared-flags.ts';

export const workerCommand = defineCommand({
  summary: 'make the runs that compare and sweep --queue put into a queue, on this machine',
  flags: {
    ...requiredQueueFlags,
    concurrency: { type: 'text', describe: 'runs at once, a thread each; default one per core' },
    'allow-modules': {
      type: 'switch',
      describe: 'run environments that are code: files that come with the runs, and gym:ID',
    },
    dir: {
      type: 'text',
      describe: 'where runs are while they are made; default the temporary folder',
    },
    ...pythonFlag,
  },
  examples: ['$0 worker --queue redis://HOST --concurrency 8'],
  async run(given, { listen }) {
    const { workHere } = await import('../work-here.ts');
    return await workHere(given, listen);
  },
});
