import type { Contestant } from '../../experiment/experiment.ts';
import type { Study } from '../../experiment/study-file.ts';
import { UserError } from '../../user-error.ts';
import { defineCommand } from '../command.ts';
import { experimentExcludes, experimentFlags, experimentNeeds } from '../shared-flags.ts';

const DEFAULT_SEEDS = '10';
/** Of the first group, where seeds are added. */
const FIRST_SEEDS = '5';

export const compareCommand = defineCommand({
  summary: 'train configs on many seeds, or take runs that are there, and say what the difference is worth',
  arguments: {
    CONFIG: {
      type: 'several',
      describe: 'files of configs/, a study of configs/studies/, or runs that are there: runs/NAME',
    },
  },
  flags: {
    ...experimentFlags,
    'match-kl': {
      type: 'text',
      describe: 'calibrate ε, β, δ or the learning rate to this mean KL per update, then compare',
    },
    'until-decided': {
      type: 'switch',
      describe:
        'begin with --seeds (5) and add as many again until every pair is decided or hopeless, or there are --max-seeds',
    },
    'max-seeds': { type: 'text', describe: 'with --until-decided: seeds at most; default 20' },
    margin: {
      type: 'text',
      describe: 'by how much a final return may be lower and still be called no worse',
    },
    'by-evaluations': {
      type: 'switch',
      describe: 'judge by the evaluations in the course of training, not by its own episodes',
    },
    'by-exact-returns': {
      type: 'switch',
      describe: 'judge by the exact returns of the policies (groundTruth), not by its own episodes',
    },
    'across-environments': { type: 'switch', describe: 'allow different environments' },
  },
  examples: [
    '$0 compare configs/a.json configs/b.json --seeds 10',
    '$0 compare configs/a.json configs/b.json --until-decided --max-seeds 30',
    '$0 compare runs/a runs/b configs/c.json',
  ],
  excludes: [
    ...experimentExcludes,
    ['by-evaluations', 'by-exact-returns'],
    // What seeds are added depends on all runs so far.
    ['until-decided', 'shard'],
  ],
  needs: [...experimentNeeds, ['max-seeds', 'until-decided']],
  makesRuns: true,
  async run(given, { listen, onOwnThread }) {
    // Over a queue no update of this process's has to end first.
    if (onOwnThread !== undefined) return onOwnThread(given.json || given.queue !== undefined);
    const { comparison, isFound } = await import('../../experiment/comparison.ts');
    const { requireApart, requireSeeds } = await import('../../experiment/found-runs.ts');
    const {
      commandAgain,
      describedAs,
      looksOf,
      marginOf,
      matchKlOf,
      requireComparable,
      seedsOf,
      thresholdOf,
    } = await import('../experiment/flags.ts');
    const { conductHere } = await import('../experiment/conduct-here.ts');
    const { entriesOf, seedsAmong } = await import('../experiment/entries.ts');
    const { requireEvaluations } = await import('../../experiment/by-evaluations.ts');
    const { requireExactReturns } = await import('../../experiment/by-exact-returns.ts');
    const { openEnvironments } = await import('../../node/environments.ts');
    const environments = openEnvironments();
    const { found, studies, contestants, files } = await entriesOf(given, environments);
    requireComparable(contestants, given.acrossEnvironments ?? false);
    if (given.byEvaluations) requireEvaluations(contestants);
    if (given.byExactReturns) requireExactReturns(contestants);
    const usualSeeds =
      given.seeds ??
      agreed('seeds', studies, files) ??
      seedsAmong(found) ??
      (given.untilDecided ? FIRST_SEEDS : DEFAULT_SEEDS);
    const seeds = seedsOf(given.seeds, usualSeeds, contestants.length);
    const looks = looksOf(given, seeds, contestants);
    const name = given.name ?? defaultName(files, contestants, found.length > 0);
    requireSeeds(found, seeds);
    requireApart(found, given.runs, name);
    const command = commandAgain('compare', given.CONFIG, { ...given, seeds: usualSeeds, name });
    const experiment = comparison({
      contestants,
      seeds,
      threshold: thresholdOf(given.threshold) ?? agreed('threshold', studies, files),
      matchKl: matchKlOf(given.matchKl) ?? agreed('matchKl', studies, files),
      margin: marginOf(given.margin) ?? agreed('margin', studies, files),
      looks,
      by: given.byEvaluations ? 'evaluations' : given.byExactReturns ? 'exact' : undefined,
      title: {
        name,
        description: describedAs(
          studies
            .flatMap((study) => study?.description ?? [])
            .filter((each) => each !== '')
            .join(' '),
          given,
        ),
        command,
      },
    });
    const toTrain = contestants.filter((each) => !isFound(each));
    const labels = contestants.filter(isFound).map(({ label }) => label);
    const local = { kind: 'compare' as const, name, contestants: toTrain, found: labels };
    return conductHere({ ...local, seeds, experiment, command }, given, environments, listen);
  },
});

const FLAGS = {
  seeds: '--seeds',
  threshold: '--threshold',
  matchKl: '--match-kl',
  margin: '--margin',
} as const;

/** What the studies say of it, if any does. @throws UserError where two say different things: one would be ignored */
function agreed<Key extends keyof typeof FLAGS>(
  key: Key,
  studies: readonly (Study | undefined)[],
  files: readonly string[],
): Study[Key] {
  const given = studies.flatMap((study, i) =>
    study?.[key] === undefined ? [] : [{ value: study[key], file: files[i] }],
  );
  const [first] = given;
  const other = given.find(({ value }) => JSON.stringify(value) !== JSON.stringify(first?.value));
  if (first === undefined || other === undefined) return first?.value as Study[Key];
  throw new UserError(
    `${key} is ${inWords(first.value)} in ${first.file} and ${inWords(other.value)} in ${other.file}: say ${FLAGS[key]}`,
  );
}

function inWords(value: unknown): string {
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

/** Of one file its name, of several, and of runs, which have theirs, `a-vs-b`; of one folder of runs `compare-a`. */
function defaultName(files: readonly string[], contestants: readonly Contestant[], hasRuns: boolean): string {
  const only = files.length === 1 ? /([^/\\]+?)(?:\.json)?[/\\]*$/.exec(files[0])?.[1] : undefined;
  if (only !== undefined) return hasRuns ? `compare-${only}` : only;
  return contestants
    .map(({ label }) => label)
    .join('-vs-')
    .slice(0, 100);
}
