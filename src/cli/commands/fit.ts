import { basename } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import type { CheckSizes } from '../../fit/examples.ts';
import { defineCommand } from '../command.ts';
import { labelFlags, outputFlags, replaceFlag, runsFlag, setFlag } from '../shared-flags.ts';

export const fitCommand = defineCommand({
  summary: 'fit a classifier or next-token model by cross-entropy: KL minimisation',
  arguments: { CONFIG: { type: 'one', describe: 'configs/fit-….json' } },
  flags: {
    ...setFlag,
    seed: { type: 'text', describe: 'seed (--set seed=N)' },
    ...runsFlag,
    name: { type: 'text', describe: 'name of the run' },
    ...replaceFlag,
    ...labelFlags,
    ...outputFlags,
  },
  excludes: [['quiet', 'json']],
  examples: ['$0 fit configs/fit-next-word.json'],
  makesRuns: true,
  async run(given, { listen, onOwnThread }) {
    const isSilent = (given.quiet || given.json) ?? false;
    if (onOwnThread !== undefined) return onOwnThread(isSilent);
    const { loadDataset } = await import('../../fit/dataset.ts');
    const { fitModel } = await import('../../fit/fit.ts');
    const { loadFit, placeOfData, recordedFit } = await import('../../fit/load.ts');
    const { estimateFit } = await import('../../fit/memory-estimate.ts');
    const { loadEngine } = await import('../../node/load-engine.ts');
    const { encodeJson } = await import('../../row/json.ts');
    const { labelsOf } = await import('../../run/labels.ts');
    const { createRun } = await import('../../run/run-directory.ts');
    const { overridesOf } = await import('../flag-values.ts');
    const { requireMemory } = await import('../memory.ts');
    const { headlineOf, isDue, lineOf, summaryOf } = await import('../print/fit.ts');
    const { print, printJson } = await import('../print/print.ts');
    const { configFile } = await import('../given-file.ts');
    const file = await configFile(given.CONFIG, ['fit']);
    const overrides = overridesOf(given);
    const config = loadFit(file, overrides);
    const recorded = recordedFit(config, file);
    const check: CheckSizes = (sizes) => requireMemory(estimateFit(config, sizes), file);
    const dataset = loadDataset(config, file, check, placeOfData(file, overrides));
    const engine = await loadEngine(config.engine);
    const say = (line: string): void => {
      if (!isSilent) print(line);
    };
    const outside = listen(isSilent);
    try {
      const directory = createRun(given.runs, given.name ?? basename(file, '.json'), recorded, {
        replace: given.replace,
        labels: labelsOf(given),
      });
      const stopNoting = outside.onLostStream((notice) => directory.log.warn(notice));
      say(headlineOf(config, dataset, directory.path));
      const done = await fitModel({
        config,
        dataset,
        engine,
        directory,
        signal: outside.signal,
        onEpoch: (row) => {
          if (isDue(row.update, config.epochs)) say(lineOf(row, config.epochs));
        },
      });
      stopNoting();
      if (given.json) printJson(encodeJson({ path: directory.path, ...done.record }));
      else for (const line of summaryOf(done, dataset, directory.path)) say(line);
      // A signal that came meanwhile is heard before the command ends as if there had been none.
      await setImmediate();
      return outside.exitCode();
    } finally {
      outside.stopListening();
    }
  },
});
