import { defineCommand } from '../command.ts';
import { settingFlags } from '../shared-flags.ts';

export const configShowCommand = defineCommand({
  summary: 'the whole of a config, marking what is not the default; of a fit, study, sweep or run likewise',
  arguments: { FILE: { type: 'one', describe: 'a config, fit, study, sweep or run' } },
  flags: {
    ...settingFlags,
    explain: { type: 'switch', describe: 'with the meaning of every field' },
    json: { type: 'switch', describe: 'as JSON that is itself a config' },
  },
  excludes: [['explain', 'json']],
  async run(given) {
    const { firstOf } = await import('../../config/problem.ts');
    const { configFile } = await import('../given-file.ts');
    const { CONFIG_KINDS, inspectFile } = await import('../inspected-file.ts');
    const { overridesOf, presetOf } = await import('../flag-values.ts');
    const { contentJson, contentLines } = await import('../print/content.ts');
    const { print, printJson } = await import('../print/print.ts');
    const file = await configFile(given.FILE, CONFIG_KINDS);
    const overrides = overridesOf(given);
    const { content, problems } = await inspectFile(file, overrides, presetOf(given));
    if (content === undefined) throw firstOf(problems, file, overrides.length > 0);
    if (given.json) printJson(JSON.stringify(contentJson(content), null, 2));
    else print(contentLines(content, given.explain ?? false).join('\n'));
    return 0;
  },
});
