import type { Contestant } from '../../experiment/experiment.ts';
import type { Study } from '../../experiment/study-file.ts';
import { UserError } from '../../user-error.ts';
import { defineCommand } from '../command.ts';
import { experimentFlags } from '../shared-flags.ts';

const DEFAULT_SEEDS = '10';

export const compareCommand = defineCommand({
  summary: 'train configs on many seeds and say what the difference is worth',
  arguments: {
    CONFIG: { type: 'several', describe: 'files of configs/, or a study of configs/studies/' },
  },
  flags: {
    ...experimentFlags,
    'match-kl': { type: 'text', describe: 'calibrate ε, β or δ to this mean KL per update, then compare' },
    'across-environments': { type: 'switch', describe: 'allow different environments' },
  },
  examples: ['$0 compare configs/a.json configs/b.json --seeds 10'],
  makesRuns: true,
  async run(given, { listen, onOwnThread }) {
    if (onOwnThread !== undefined) return onOwnThread(given.json ?? false);
    const { comparison } = await import('../../experiment/comparison.ts');
    const { readStudy } = await import('../../experiment/study-file.ts');
    const { environmentOptions } = await import('../../../envs/environment-options.ts');
    const { commandAgain, matchKlOf, requireComparable, seedsOf, thresholdOf } = await import(
      '../experiment/flags.ts'
    );
    const { overridesOf } = await import('../flag-values.ts');
    const { conductHere } = await import('../experiment/conduct-here.ts');
    const { configFile } = await import('../given-file.ts');
    const files = await Promise.all(given.CONFIG.map((each) => configFile(each, ['config', 'study'])));
    const studies = files.map((file) => readStudy(file, overridesOf(given), environmentOptions));
    const contestants = studies.flatMap((study) => study.contestants);
    requireComparable(contestants, given.acrossEnvironments ?? false);
    const usualSeeds = given.seeds ?? agreed('seeds', studies, files) ?? DEFAULT_SEEDS;
    const seeds = seedsOf(given.seeds, usualSeeds, contestants.length);
    const name = given.name ?? defaultName(files, contestants);
    const experiment = comparison({
      contestants,
      seeds,
      threshold: thresholdOf(given.threshold) ?? agreed('threshold', studies, files),
      matchKl: matchKlOf(given.matchKl) ?? agreed('matchKl', studies, files),
      title: {
        name,
        description: studies
          .map((study) => study.description)
          .filter((each) => each !== '')
          .join(' '),
        command: commandAgain('compare', given.CONFIG, { ...given, seeds: usualSeeds, name }),
      },
    });
    return conductHere({ name, contestants, seeds, experiment }, given, listen);
  },
});

const FLAGS = { seeds: '--seeds', threshold: '--threshold', matchKl: '--match-kl' } as const;

/** What the studies say of it, if any does. @throws UserError where two say different things: one would be ignored */
function agreed<Key extends keyof typeof FLAGS>(
  key: Key,
  studies: readonly Study[],
  files: readonly string[],
): Study[Key] {
  const given = studies.flatMap((study, i) =>
    study[key] === undefined ? [] : [{ value: study[key], file: files[i] }],
  );
  const [first] = given;
  const other = given.find(({ value }) => value !== first?.value);
  if (first === undefined || other === undefined) return first?.value as Study[Key];
  throw new UserError(
    `${key} is ${first.value} in ${first.file} and ${other.value} in ${other.file}: say ${FLAGS[key]}`,
  );
}

/** Of one file its name, of several `a-vs-b`. */
function defaultName(files: readonly string[], contestants: readonly Contestant[]): string {
  const only = files.length === 1 ? /([^/\\]+?)(?:\.json)?$/.exec(files[0])?.[1] : undefined;
  return (
    only ??
    contestants
      .map(({ label }) => label)
      .join('-vs-')
      .slice(0, 100)
  );
}
