import { defineCommand } from '../command.ts';
import { pythonFlag } from '../shared-flags.ts';

export const checkEnvCommand = defineCommand({
  summary: 'play an environment by random actions and say what training would suffer from',
  arguments: {
    ID: {
      type: 'one',
      describe:
        'an environment that `leash envs` lists, gym:ID of one of Gymnasium’s, or a file, which is run',
    },
  },
  flags: {
    set: { type: 'texts', describe: 'environment.options.key=value, an option of it; repeatable' },
    steps: { type: 'text', default: '2000', describe: 'calls of each of its plays' },
    seed: { type: 'text', default: '0', describe: 'of actions and of what the environment draws' },
    ...pythonFlag,
    json: { type: 'switch', describe: 'print one JSON object, nothing else' },
  },
  examples: ['$0 check-env my-env.ts', '$0 check-env CartPole-v1 --json'],
  async run(given) {
    const { encodeJson } = await import('../../row/json.ts');
    const { checkHere } = await import('../checked-environment.ts');
    const { describeChecked } = await import('../print/checked-environment.ts');
    const { print, printJson } = await import('../print/print.ts');
    const checked = await checkHere(given);
    if (given.json) printJson(encodeJson(checked, 2));
    else print(describeChecked(checked).join('\n'));
    return checked.findings.some(({ level }) => level === 'error') ? 1 : 0;
  },
});
