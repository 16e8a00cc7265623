import { environmentName } from '../../config/environment-name.ts';
import { decimal } from '../../config/decimal.ts';
import type { Contestant } from '../../experiment/experiment.ts';
import { isFound } from '../../experiment/comparison.ts';
import { type Looks, planLooks } from '../../experiment/looks.ts';
import { sharesEnvironment } from '../../experiment/pairs.ts';
import { parseSeeds } from '../../experiment/seeds.ts';
import { shortHash } from '../../run/short-hash.ts';
import { shellWord } from '../../run/run-name.ts';
import { UserError } from '../../user-error.ts';

/** The most runs of an experiment: each is a folder on the disk and a place in the report. */
const MOST_RUNS = 100_000;
/** Of --until-decided, where --max-seeds does not say. */
const MOST_SEEDS = 20;

/**
 * The seeds that a flag or a file asks for.
 * @param flag `--seeds`, where it is given
 * @throws UserError, for more than 100,000 runs too
 */
export function seedsOf(flag: string | undefined, usual: string, configs: number): number[] {
  const seeds = parseSeeds(flag ?? usual, flag === undefined ? 'seeds' : '--seeds');
  requireRuns(configs, seeds.length);
  return seeds;
}

/** @throws UserError */
function requireRuns(configs: number, seeds: number): void {
  if (configs * seeds <= MOST_RUNS) return;
  throw new UserError(
    `an experiment has at most ${MOST_RUNS} runs, got ${configs} configs × ${seeds} seeds = ${configs * seeds}`,
  );
}

/** The return whose first reach is timed. @throws UserError */
export function thresholdOf(threshold: string | undefined): number | undefined {
  if (threshold === undefined) return undefined;
  const value = decimal(threshold);
  if (!Number.isFinite(value)) throw new UserError(`--threshold must be a number, got ${threshold}`);
  return value;
}

/** Mean KL per update, nats. @throws UserError */
export function matchKlOf(matchKl: string | undefined): number | undefined {
  if (matchKl === undefined) return undefined;
  const value = decimal(matchKl);
  if (Number.isFinite(value) && value > 0) return value;
  throw new UserError(`--match-kl must be a mean KL per update in nats, > 0, got ${matchKl}`);
}

/** By how much a return may be lower and still be no worse. @throws UserError */
export function marginOf(margin: string | undefined): number | undefined {
  if (margin === undefined) return undefined;
  const value = decimal(margin);
  if (Number.isFinite(value) && value > 0) return value;
  throw new UserError(`--margin must be a difference of returns > 0, got ${margin === '' ? 'none' : margin}`);
}

/**
 * Groups of seeds, where they are added until pairs are decided.
 * @param first seeds of the first group
 * @throws UserError
 */
export function looksOf(
  {
    untilDecided,
    maxSeeds,
  }: { readonly untilDecided?: boolean | undefined; readonly maxSeeds?: string | undefined },
  first: readonly number[],
  contestants: readonly Contestant[],
): Looks | undefined {
  if (!untilDecided) return undefined;
  if (contestants.length < 2)
    throw new UserError('--until-decided adds seeds until pairs of configs are decided; there is one config');
  const found = contestants.find(isFound);
  if (found !== undefined)
    throw new UserError(
      `--until-decided makes runs; ${found.label} is runs that are there, to which none are added`,
    );
  if (maxSeeds !== undefined && !/^\s*\d+\s*$/.test(maxSeeds))
    throw new UserError(
      `--max-seeds must be a whole number above the ${first.length} of --seeds, got ${maxSeeds}`,
    );
  const looks = planLooks(first, Number(maxSeeds ?? Math.max(MOST_SEEDS, 2 * first.length)));
  requireRuns(contestants.length, looks.seeds.length);
  return looks;
}

/** Contestants whose returns can be compared, each under a name of its own. @throws UserError */
export function requireComparable(contestants: readonly Contestant[], acrossEnvironments: boolean): void {
  const labels = new Set<string>();
  const twice = contestants.find(({ label }) => labels.size === labels.add(label).size);
  if (twice !== undefined) {
    throw new UserError(`two configs are called ${twice.label}; give one of the files another name`);
  }
  const other = contestants.find((each) => !sharesEnvironment(each, contestants[0]));
  // A study's worlds are said to be several.
  const isSaid = acrossEnvironments || contestants.every(({ world }) => world !== undefined);
  if (other !== undefined && !isSaid) {
    const [a, b] = [contestants[0], other].map(
      ({ label, config: { environment }, module }) =>
        `${label}: ${environmentName(environment)} ${JSON.stringify(environment.options)}${module ? ` SHA-256 ${shortHash(module.sha256)}` : ''}`,
    );
    throw new UserError(
      `the configs' environments differ (${a}; ${b}): their returns can't be compared; --across-environments compares within each`,
    );
  }
}

/** What changes the result of an experiment. */
export interface ResultFlags {
  readonly seeds: string;
  readonly set?: string | string[] | undefined;
  readonly steps?: string | undefined;
  readonly threshold?: string | undefined;
  readonly matchKl?: string | undefined;
  readonly margin?: string | undefined;
  readonly untilDecided?: boolean | undefined;
  readonly maxSeeds?: string | undefined;
  readonly acrossEnvironments?: boolean | undefined;
  readonly byEvaluations?: boolean | undefined;
  readonly byExactReturns?: boolean | undefined;
  readonly name: string;
}

/** What was run, where flags change what a file says of itself: that comes after it. */
export function describedAs(description: string, { set, steps }: Pick<ResultFlags, 'set' | 'steps'>): string {
  const changes = [
    ...(steps === undefined ? [] : [`--steps ${steps}`]),
    ...(set === undefined ? [] : [set].flat().map((each) => `--set ${each}`)),
  ];
  if (description === '' || changes.length === 0) return description;
  return `Run with ${changes.join(' ')}, over what the file says of itself: “${description}”`;
}

/** Flags of experiments that change nothing of the result. */
export const aside: readonly string[] = [
  'workers',
  'runs',
  'shard',
  'queue',
  'queue-prefix',
  'json',
  'tag',
  'note',
  'python',
  'watch',
];

/** The command again: what changes the result, not where or on how many threads. */
export function commandAgain(command: string, files: readonly string[], given: ResultFlags): string {
  const { set, seeds, steps, name, threshold, matchKl, acrossEnvironments } = given;
  const flag = (key: string, value: string | undefined): string[] =>
    value === undefined ? [] : [`--${key}`, value];
  const words = [
    ...flag('seeds', seeds),
    ...(set === undefined ? [] : [set].flat().flatMap((each) => ['--set', each])),
    ...flag('steps', steps),
    ...flag('threshold', threshold),
    ...flag('match-kl', matchKl),
    ...flag('margin', given.margin),
    ...(given.untilDecided ? ['--until-decided'] : []),
    ...flag('max-seeds', given.maxSeeds),
    ...(given.byEvaluations ? ['--by-evaluations'] : []),
    ...(given.byExactReturns ? ['--by-exact-returns'] : []),
    ...(acrossEnvironments ? ['--across-environments'] : []),
    ...flag('name', name),
  ];
  return ['leash', command, ...files, ...words].map(shellWord).join(' ');
}
