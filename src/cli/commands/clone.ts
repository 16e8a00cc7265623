import { setImmediate } from 'node:timers/promises';
import { defineCommand } from '../command.ts';
import { environmentFlag, labelFlags, outputFlags, replaceFlag, runsFlag, setFlag } from '../shared-flags.ts';

export const cloneCommand = defineCommand({
  summary: 'learn a policy from another, or from the best of a table, by cross-entropy: imitation',
  arguments: {
    EXPERT: {
      type: 'one',
      describe:
        'a run or its name, with @UPDATE for a policy on the way, a policy file, or optimal; the last two with --env or --config',
    },
  },
  flags: {
    config: {
      type: 'text',
      describe:
        'config with environment, networks and seed of the clone; without it those of the expert’s run',
    },
    ...environmentFlag,
    ...setFlag,
    epochs: { type: 'text', default: '1000', describe: 'passes over the expert’s states' },
    'batch-size': { type: 'text', default: '256', describe: 'states per gradient step' },
    'learning-rate': { type: 'text', default: '0.01', describe: 'Adam’s step size' },
    steps: {
      type: 'text',
      default: '20000',
      describe: 'environment steps the expert plays, where its environment is no table',
    },
    seed: { type: 'text', describe: 'seed (--set seed=N)' },
    ...runsFlag,
    name: { type: 'text', describe: 'name of the run; clone where it is not given' },
    ...replaceFlag,
    ...labelFlags,
    ...outputFlags,
  },
  excludes: [['quiet', 'json']],
  examples: ['$0 clone lake --name lake-clone', '$0 clone optimal --config frozen-lake-4x4-clip'],
  async run(given, { listen }) {
    const isSilent = (given.quiet || given.json) ?? false;
    const { codeOf } = await import('../../config/environment-name.ts');
    const { encodeJson } = await import('../../row/json.ts');
    const { labelsOf } = await import('../../run/labels.ts');
    const { configFile } = await import('../given-file.ts');
    const { positiveNumber, wholeNumber } = await import('../flag-values.ts');
    const { cloneHere, expertOf } = await import('../policy/clone-here.ts');
    const { describeClone, lineOfClone } = await import('../print/clone.ts');
    const { isDue } = await import('../print/fit.ts');
    const { print, printJson } = await import('../print/print.ts');
    const config = given.config === undefined ? undefined : await configFile(given.config, ['config']);
    const settings = {
      epochs: wholeNumber('epochs', given.epochs, 1, 1_000_000),
      batchSize: wholeNumber('batch-size', given.batchSize, 1, 65_536),
      learningRate: positiveNumber('learning-rate', given.learningRate, 10),
    };
    const steps = wholeNumber('steps', given.steps, 1, 10_000_000);
    // Environment steps of the expert, not of a training.
    const expert = await expertOf({ ...given, steps: undefined, config });
    const outside = listen(isSilent);
    try {
      const cloned = await cloneHere(expert, {
        ...{ settings, steps, runs: given.runs, name: given.name ?? 'clone', replace: given.replace },
        labels: labelsOf(given),
        signal: outside.signal,
        onEpoch: (row) => {
          if (!isSilent && isDue(row.update, settings.epochs)) print(lineOfClone(row, settings.epochs));
        },
      });
      if (given.json) printJson(encodeJson(cloned));
      else if (!given.quiet) print(describeClone(cloned, codeOf(expert.config.environment)).join('\n'));
      // A signal that came meanwhile is heard before the command ends as if there had been none.
      await setImmediate();
      return outside.exitCode();
    } finally {
      outside.stopListening();
    }
  },
});
