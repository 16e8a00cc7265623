import { oneLine } from '../../user-error.ts';
import { defineCommand } from '../command.ts';

export const configCheckCommand = defineCommand({
  summary: 'all that is wrong with config files',
  arguments: { FILE: { type: 'several' } },
  async run({ FILE }) {
    const { inspectConfig } = await import('../../node/load-config.ts');
    const { environmentOptions } = await import('../../../envs/environment-options.ts');
    const { paint, print } = await import('../print/print.ts');
    let exitCode = 0;
    for (const file of FILE) {
      const { problems } = inspectConfig(file, [], environmentOptions);
      if (problems.length > 0) exitCode = 2;
      for (const problem of problems) process.stderr.write(`leash: ${oneLine(problem)}\n`);
      if (problems.length === 0) print(`${oneLine(file)}: ${paint('green', 'fine')}`);
    }
    return exitCode;
  },
});
