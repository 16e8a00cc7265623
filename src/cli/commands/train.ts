import { UserError } from '../../user-error.ts';
import { defineCommand } from '../command.ts';
import {
  engineFlags,
  labelFlags,
  outputFlags,
  pythonFlag,
  replaceFlag,
  runsFlag,
  settingFlags,
  threadsFlag,
  watchFlag,
} from '../shared-flags.ts';

export const trainCommand = defineCommand({
  summary: 'train a policy; everything is logged to runs/NAME/seed-N/',
  arguments: {
    CONFIG: { type: 'optional', describe: 'file of configs/; with --env or --from it may be left out' },
  },
  flags: {
    ...settingFlags,
    env: {
      type: 'text',
      describe:
        'an environment in place of the config’s: its id, gym:ID of one of Gymnasium’s, or a file that exports one, which is run',
    },
    ...pythonFlag,
    ...engineFlags,
    seed: { type: 'text', describe: 'seed (--set seed=N)' },
    seeds: {
      type: 'text',
      describe: 'many: 5 (0 to 4, or from --seed on), 0-4 or 1,4,7; a table at the end',
    },
    workers: { type: 'text', describe: 'threads of --seeds; default one per core' },
    steps: { type: 'text', describe: 'steps (--set steps=N)' },
    from: {
      type: 'text',
      describe: 'RUN@UPDATE in place of CONFIG: a new run from that checkpoint, changed by --set',
    },
    ...runsFlag,
    name: { type: 'text', describe: 'name of the run; that of the config file where it is not given' },
    ...replaceFlag,
    ...labelFlags,
    resume: {
      type: 'switch',
      describe: 'go on with the run that is there, from its last checkpoint; a new run where there is none',
    },
    ...threadsFlag,
    'fast-math': {
      type: 'switch',
      describe: 'relaxed SIMD: up to a fifth faster, depending on the processor, but other bytes on others',
    },
    ...watchFlag,
    ...outputFlags,
  },
  excludes: [
    ['quiet', 'json'],
    ['quiet', 'watch'],
    ['replace', 'resume'],
    ['from', 'seeds'],
    ['from', 'like'],
  ],
  examples: [
    '$0 train configs/quickstart.json --seed 1',
    '$0 train configs/quickstart.json --seeds 5',
    '$0 train --env my-env.ts',
    '$0 train --from runs/quickstart@98 --steps 100000 --set trustRegion.delta=0.01',
  ],
  makesRuns: true,
  /**
   * On this thread where updates are short, so that signals are heard between them; else on one of its own, which takes
   * 9 MB and some time to start.
   */
  async run(given, surroundings) {
    const { seeds } = given;
    if (seeds !== undefined) {
      const { trainSeeds } = await import('../train-seeds.ts');
      return await trainSeeds({ ...given, seeds }, surroundings);
    }
    if (given.workers !== undefined)
      throw new UserError('--workers goes with --seeds: one run has no workers');
    const { prepareCriticThread } = await import('../../node/start-critic-thread.ts');
    // It starts while the rest is loaded; it is ended where the run has no use for it.
    const prepared = given.threads === '1' ? undefined : prepareCriticThread();
    const { trainHere } = await import('../train-here.ts');
    return await trainHere(given, prepared, surroundings);
  },
});
