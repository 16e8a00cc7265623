import { defineCommand } from '../command.ts';
import { pythonFlag } from '../shared-flags.ts';

export const envsCommand = defineCommand({
  summary: 'list the environments, or explain one',
  arguments: {
    ID: {
      type: 'optional',
      describe:
        'as `leash envs` lists it, gym:ID of one of Gymnasium’s, or a file that exports one, which is run',
    },
  },
  flags: { ...pythonFlag, json: { type: 'switch', describe: 'as JSON' } },
  async run({ ID, json }) {
    const { environments } = await import('../../../envs/registry.ts');
    const { namedBy } = await import('../../config/environment-name.ts');
    const { openEnvironments } = await import('../../node/environments.ts');
    const { describeEnvironment, environmentTable, explainEnvironment } = await import(
      '../print/environments.ts'
    );
    const { print, printJson } = await import('../print/print.ts');
    const one =
      ID === undefined ? undefined : describeEnvironment(await openEnvironments().resolve(namedBy(ID)));
    const all = (): ReturnType<typeof describeEnvironment>[] => environments.map(describeEnvironment);
    if (json) printJson(JSON.stringify(one ?? all(), null, 2));
    else print(one === undefined ? environmentTable(all()) : explainEnvironment(one));
    return 0;
  },
});
