import { defineCommand } from '../command.ts';
import { settingFlags } from '../shared-flags.ts';

export const configShowCommand = defineCommand({
  summary: 'the whole config, marking what is not the default',
  arguments: { FILE: { type: 'one' } },
  flags: {
    ...settingFlags,
    explain: { type: 'switch', describe: 'with the meaning of every field' },
    json: { type: 'switch', describe: 'as JSON that is itself a config' },
  },
  excludes: [['explain', 'json']],
  async run(given) {
    const { loadConfig } = await import('../../node/load-config.ts');
    const { environmentOptions } = await import('../../../envs/environment-options.ts');
    const { overridesOf, presetOf } = await import('../flag-values.ts');
    const { describeConfig } = await import('../print/config.ts');
    const { print, printJson } = await import('../print/print.ts');
    const loaded = loadConfig(given.FILE, overridesOf(given), environmentOptions, presetOf(given));
    if (given.json) printJson(JSON.stringify(loaded.config, null, 2));
    else print(describeConfig(loaded, given.explain ?? false).join('\n'));
    return 0;
  },
});
