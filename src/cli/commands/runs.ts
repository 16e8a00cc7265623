import type { CommandGroup } from '../command.ts';
import { runsExportCommand } from './runs-export.ts';
import { runsListCommand } from './runs-list.ts';
import { runsRmCommand } from './runs-rm.ts';

export const runsCommands: CommandGroup = {
  summary: 'list runs, delete them, or export their rows',
  commands: { list: runsListCommand, rm: runsRmCommand, export: runsExportCommand },
  usual: 'list',
};
