import { basename } from 'node:path';
import { defineCommand } from '../command.ts';
import { experimentExcludes, experimentFlags, experimentNeeds } from '../shared-flags.ts';

export const sweepCommand = defineCommand({
  summary: 'train over a grid or samples of settings and map what they give',
  arguments: { FILE: { type: 'one', describe: 'a sweep, as in docs/compare.md' } },
  flags: experimentFlags,
  excludes: experimentExcludes,
  needs: experimentNeeds,
  examples: ['$0 sweep configs/studies/delta-sweep.json'],
  makesRuns: true,
  async run(given, { listen, onOwnThread }) {
    // Over a queue no update of this process's has to end first.
    if (onOwnThread !== undefined) return onOwnThread(given.json || given.queue !== undefined);
    const { readSweep } = await import('../../experiment/sweep-file.ts');
    const { sweepOver } = await import('../../experiment/sweep.ts');
    const { openEnvironments } = await import('../../node/environments.ts');
    const { commandAgain, describedAs, seedsOf, thresholdOf } = await import('../experiment/flags.ts');
    const { overridesOf } = await import('../flag-values.ts');
    const { conductHere } = await import('../experiment/conduct-here.ts');
    const { configFile } = await import('../given-file.ts');
    const file = await configFile(given.FILE, ['sweep']);
    const environments = openEnvironments();
    const read = await environments.reading((options) => readSweep(file, overridesOf(given), options));
    const { contestants, description } = read;
    const seeds = seedsOf(given.seeds, read.seeds, contestants.length);
    const name = given.name ?? basename(file, '.json');
    const seedText = given.seeds ?? read.seeds;
    const command = commandAgain('sweep', [given.FILE], { ...given, seeds: seedText, name });
    const experiment = sweepOver({
      sweep: read,
      seeds,
      threshold: thresholdOf(given.threshold) ?? read.threshold,
      title: {
        name,
        description: describedAs(description, given),
        command,
      },
    });
    return conductHere(
      { kind: 'sweep', name, contestants, found: [], seeds, experiment, command },
      given,
      environments,
      listen,
    );
  },
});
