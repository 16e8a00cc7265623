import { UserError } from '../../user-error.ts';
import { defineCommand } from '../command.ts';

export const completionCommand = defineCommand({
  summary: 'print the script by which bash, zsh or fish completes the words of leash',
  arguments: { SHELL: { type: 'one', describe: 'bash, zsh or fish', values: ['bash', 'zsh', 'fish'] } },
  examples: ['$0 completion bash >> ~/.bashrc'],
  async run({ SHELL: name }, { commands }) {
    const { completionScript, shells } = await import('../completion.ts');
    const shell = shells.find((each) => each === name);
    if (shell === undefined) throw new UserError(`SHELL must be ${shells.join(', ')}, got ${name}`);
    process.stdout.write(completionScript(shell, commands));
    return 0;
  },
});
