import { defineCommand } from '../command.ts';
import { environmentFlag, engineFlags, pictureFlags, runsFlag } from '../shared-flags.ts';

export const truthCommand = defineCommand({
  summary: 'how far the surrogate’s promise can be trusted: steps from a policy of a table, everything exact',
  arguments: {
    RUN: {
      type: 'one',
      describe:
        'a run or its name, with @UPDATE for a policy on the way, or a policy file with --env or --config',
    },
  },
  flags: {
    towards: {
      type: 'text',
      describe:
        'a policy of the same shape, which a step of 1 arrives at; without it steps go along the exact gradient',
    },
    reach: {
      type: 'text',
      default: '8',
      describe: 'the longest step; 1 has a mean KL of δ, or arrives there',
    },
    ...environmentFlag,
    config: {
      type: 'text',
      describe: 'config whose environment, its options and γ a policy file is judged by',
    },
    ...engineFlags,
    ...pictureFlags,
    ...runsFlag,
    json: { type: 'switch', describe: 'print one JSON object, nothing else' },
  },
  examples: ['$0 truth lake', '$0 truth lake@4 --towards lake@5 --out step.svg'],
  excludes: [['format', 'json']],
  async run(given) {
    const { encodeJson } = await import('../../row/json.ts');
    const { configFile } = await import('../given-file.ts');
    const { wholeNumber } = await import('../flag-values.ts');
    const { pictureOf } = await import('../plot/picture.ts');
    const { stepFigure } = await import('../plot/step-figure.ts');
    const { trueSteps } = await import('../policy/true-steps.ts');
    const { describeSteps } = await import('../print/steps.ts');
    const { paint, print, printJson } = await import('../print/print.ts');
    const { write } = pictureOf(given);
    const reach = wholeNumber('reach', given.reach, 1, 1000);
    const config = given.config === undefined ? undefined : await configFile(given.config, ['config']);
    const steps = await trueSteps(given.RUN, given.runs, { ...given, config, reach });
    if (given.json) printJson(encodeJson(steps));
    else print(describeSteps(steps).join('\n'));
    if (given.out === undefined && given.format === undefined) return 0;
    const file = await write(stepFigure(steps));
    if (file !== undefined && !given.json) print(`${paint('dim', 'picture  ')}${file}`);
    return 0;
  },
});
