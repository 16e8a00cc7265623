import type { CommandGroup } from '../command.ts';

export const configCommands: CommandGroup = {
  summary: 'look into config files',
  commands: {
    show: async () => (await import('./config-show.ts')).configShowCommand,
    check: async () => (await import('./config-check.ts')).configCheckCommand,
    diff: async () => (await import('./config-diff.ts')).configDiffCommand,
    schema: async () => (await import('./config-schema.ts')).configSchemaCommand,
  },
};
