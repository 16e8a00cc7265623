import type { CommandGroup } from '../command.ts';
import { runsExportCommand } from './runs-export.ts';
import { runsMergeCommand } from './runs-merge.ts';
import { runsListCommand } from './runs-list.ts';
import { runsRmCommand } from './runs-rm.ts';

export const runsCommands: CommandGroup = {
  summary: 'list runs, delete them, export their rows, or put shards of an experiment together',
  commands: {
    list: runsListCommand,
    rm: runsRmCommand,
    export: runsExportCommand,
    merge: runsMergeCommand,
  },
  usual: 'list',
};
