import { UserError } from '../../user-error.ts';
import { defineCommand } from '../command.ts';

export const serveEnvCommand = defineCommand({
  summary: 'offer an environment to Python as one of Gymnasium, by frames on stdin and stdout',
  arguments: {
    ID: { type: 'one', describe: 'as `leash envs` lists it, or a file that exports one, which is run' },
  },
  examples: ['$0 serve-env CartPole-v1'],
  async run({ ID }) {
    const { codeOf, namedBy } = await import('../../config/environment-name.ts');
    const { openEnvironments } = await import('../../node/environments.ts');
    const { serveEnvironment } = await import('../../node/serve-environment.ts');
    const named = namedBy(ID);
    if (codeOf(named) !== undefined && named.module === undefined)
      throw new UserError(`serve-env is for leash's own environments: ${ID} is Python's already`);
    const { isatty } = await import('node:tty');
    if (isatty(0))
      throw new UserError(
        'serve-env speaks to a program, not to a terminal: docs/leash_gymnasium.py starts it',
      );
    serveEnvironment(await openEnvironments().resolve(named));
    return 0;
  },
});
