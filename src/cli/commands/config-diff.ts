import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { defineCommand } from '../command.ts';

export const configDiffCommand = defineCommand({
  summary: 'where two configs or presets differ, and why it matters',
  arguments: {
    A: {
      type: 'one',
      describe: 'a config, a run or a preset: sb3, cleanrl, spinningup, rllib, rsl_rl, rl_games, skrl, sbx',
    },
    B: { type: 'one', describe: 'likewise' },
  },
  flags: { json: { type: 'switch', describe: 'as JSON' } },
  async run({ A, B, json }) {
    const { configOfPreset, diffConfigs } = await import('../../config/diff.ts');
    const { configFile } = await import('../given-file.ts');
    const { kindOfPlace } = await import('../../node/file-kind.ts');
    const { openEnvironments } = await import('../../node/environments.ts');
    const { loadConfig } = await import('../../node/load-config.ts');
    const { presetNames, presets } = await import('../../config/presets.ts');
    const { environmentOptions } = await import('../../../envs/environment-options.ts');
    const { describeBranches, describeDifferences } = await import('../print/config-diff.ts');
    const { writtenParent } = await import('../../run/record.ts');
    const { readJson } = await import('../../run/status.ts');
    const { print, printJson } = await import('../print/print.ts');
    const read = async (name: string) => {
      const preset = presetNames.find((each) => each === name);
      if (preset !== undefined)
        return { isPreset: true, config: configOfPreset(presets[preset]), parent: undefined };
      const file = await configFile(name, ['config', 'run'], presetNames);
      const isRun = kindOfPlace(file) === 'run';
      const place = isRun ? join(file, 'config.json') : file;
      const parent = isRun ? writtenParent(readJson(join(file, 'run.json'))) : undefined;
      // What a run was made with is somebody's code: to read its config is not to run that.
      if (isRun || existsSync(join(dirname(file), 'run.json')))
        return { isPreset: false, config: loadConfig(place, [], environmentOptions).config, parent };
      const { config } = await openEnvironments().reading((options) => loadConfig(place, [], options));
      return { isPreset: false, config, parent };
    };
    const given = [await read(A), await read(B)] as const;
    const [a, b] = given.map(({ config }) => config);
    // A preset has no environment, no length and no purpose.
    const unset = [
      'environment.id',
      'environment.module',
      'environment.options',
      'description',
      'seed',
      'steps',
    ];
    const differences = diffConfigs(a, b, given.some(({ isPreset }) => isPreset) ? unset : []);
    if (json) printJson(JSON.stringify(differences, null, 2));
    else {
      const branches = given.flatMap(({ parent }, i) => (parent ? [{ name: i === 0 ? A : B, parent }] : []));
      print([...describeDifferences(A, B, differences), ...describeBranches(branches)].join('\n'));
    }
    return 0;
  },
});
