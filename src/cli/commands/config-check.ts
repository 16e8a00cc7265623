import { oneLine, UserError } from '../../user-error.ts';
import { defineCommand } from '../command.ts';
import { settingFlags } from '../shared-flags.ts';

export const configCheckCommand = defineCommand({
  summary: 'all that is wrong with configs, fits, studies and sweeps',
  arguments: { FILE: { type: 'several', describe: 'files of configs/ and configs/studies/' } },
  flags: settingFlags,
  async run({ FILE, ...given }) {
    const { overridesOf, presetOf } = await import('../flag-values.ts');
    const { configFile } = await import('../given-file.ts');
    const { CONFIG_KINDS, inspectFile, missingFiles } = await import('../inspected-file.ts');
    const { describeContent } = await import('../print/content.ts');
    const { paint, print } = await import('../print/print.ts');
    const overrides = overridesOf(given);
    const like = presetOf(given);
    const problemsOf = async (word: string): Promise<readonly string[]> => {
      try {
        const file = await configFile(word, CONFIG_KINDS);
        const { content, problems } = await inspectFile(file, overrides, like);
        if (content === undefined) return problems;
        const missing = missingFiles(content, file);
        if (missing.length === 0)
          print(`${oneLine(file)}: ${paint('green', 'fine')}${describeContent(content)}`);
        return missing;
      } catch (error) {
        if (!(error instanceof UserError)) throw error;
        return [error.message];
      }
    };
    let exitCode = 0;
    for (const word of FILE) {
      const problems = await problemsOf(word);
      if (problems.length > 0) exitCode = 2;
      for (const problem of problems) process.stderr.write(`leash: ${oneLine(problem)}\n`);
    }
    return exitCode;
  },
});
