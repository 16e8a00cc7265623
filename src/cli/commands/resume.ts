import { defineCommand } from '../command.ts';
import { moduleFlag, outputFlags, runsFlag, threadsFlag } from '../shared-flags.ts';

export const resumeCommand = defineCommand({
  summary: 'go on with a run that was killed or interrupted, from its last checkpoint',
  arguments: {
    RUN: { type: 'one', describe: 'a run or its name: runs/NAME/seed-N, or NAME where it holds one seed' },
  },
  flags: {
    steps: { type: 'text', describe: 'steps of the whole run; more than it was planned with extend it' },
    ...moduleFlag,
    ...runsFlag,
    ...threadsFlag,
    ...outputFlags,
  },
  excludes: [['quiet', 'json']],
  examples: ['$0 resume runs/quickstart', '$0 resume runs/quickstart --steps 100000'],
  makesRuns: true,
  /** As `leash train`. */
  async run(given, surroundings) {
    const { givenRun } = await import('../given-run.ts');
    const RUN = givenRun(given.RUN, given.runs);
    const { prepareCriticThread } = await import('../../node/start-critic-thread.ts');
    const prepared = given.threads === '1' ? undefined : prepareCriticThread();
    const { resumeHere } = await import('../train-here.ts');
    return await resumeHere({ ...given, RUN }, prepared, surroundings);
  },
});
