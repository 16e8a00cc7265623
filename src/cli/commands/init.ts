import { defineCommand } from '../command.ts';

export const initCommand = defineCommand({
  summary: 'make a project with an environment of your own that trains',
  arguments: { DIR: { type: 'optional', describe: 'its folder; without it here' } },
  examples: ['$0 init my-world'],
  async run({ DIR }) {
    const { initProject } = await import('../project.ts');
    const { describeProject } = await import('../print/project.ts');
    const { print } = await import('../print/print.ts');
    print(describeProject(initProject(DIR ?? '.')).join('\n'));
    return 0;
  },
});
