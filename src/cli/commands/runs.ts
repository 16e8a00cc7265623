import type { CommandGroup } from '../command.ts';

export const runsCommands: CommandGroup = {
  summary: 'list runs, delete them, or export their rows',
  commands: {
    list: async () => (await import('./runs-list.ts')).runsListCommand,
    rm: async () => (await import('./runs-rm.ts')).runsRmCommand,
    export: async () => (await import('./runs-export.ts')).runsExportCommand,
  },
  usual: 'list',
};
