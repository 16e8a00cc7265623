import type { CommandGroup } from '../command.ts';
import { configCheckCommand } from './config-check.ts';
import { configDiffCommand } from './config-diff.ts';
import { configSchemaCommand } from './config-schema.ts';
import { configShowCommand } from './config-show.ts';

export const configCommands: CommandGroup = {
  summary: 'look into config files',
  commands: {
    show: configShowCommand,
    check: configCheckCommand,
    diff: configDiffCommand,
    schema: configSchemaCommand,
  },
};
