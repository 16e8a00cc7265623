import { basename, dirname, join, relative, resolve } from 'node:path';
import type { EnvironmentOptions } from '../config/load.ts';
import type { Config } from '../config/schema.ts';
import { repeatedAmong, takenTwice } from '../plot/repeated-runs.ts';
import { findRuns, readFacts, readRunRows, type RunFacts } from '../plot/read-runs.ts';
import { experimentAround, readDesign, readOrder, readPlaces } from '../run/experiment-order.ts';
import { reportRowOf } from '../row/report-row.ts';
import { isOfTraining } from '../run/read-rows.ts';
import { differingFiles } from '../run/differing-files.ts';
import { fileInWords, filesOfRun } from '../run/files-of-run.ts';
import { parentInWords } from '../run/parent-in-words.ts';
import { shortHash } from '../run/short-hash.ts';
import { ownUpdates } from '../run/record.ts';
import { endInWords } from '../run/status.ts';
import { shortLine, UserError } from '../user-error.ts';
import { differingPaths } from './differences.ts';
import type { Contestant } from './experiment.ts';
import type { KnownReturns } from './known-returns.ts';
import type { ReportInput } from './report-data.ts';
import { counted } from '../elementary/thousands.ts';

/** A contestant whose runs are there already: they are read, never written. */
export interface FoundContestant extends Contestant {
  /** Seed → its run, which is over. */
  readonly runs: ReadonlyMap<number, RunFacts>;
  /** In the experiment that made them, if one did. */
  readonly place: number | undefined;
}

/** What a run says of itself, its config among it. */
type WithConfig = RunFacts & { readonly config: Config };

/**
 * The contestants at a path: a run, a folder of seeds, or folders of them below it (an experiment's), each by its name. Runs
 * whose `config.json` or `run.json` is damaged are among them, where another of their folder is whole.
 * @param root folder of runs, in which a bare name is looked for, too
 * @throws UserError where there is none, one goes on or is no training, all of a folder are damaged, its seeds are not of one
 *   config, or two of its runs are of one seed
 */
export function findContestants(
  place: string,
  root: string,
  environments: EnvironmentOptions,
): FoundContestant[] {
  const folders = new Map<string, RunFacts[]>();
  for (const path of findRuns([place], root, true)) {
    const folder = dirname(path);
    folders.set(folder, [...(folders.get(folder) ?? []), factsOf(path, environments)]);
  }
  return inTheirOrder([...folders]).map(([folder, runs]) => {
    const damages = runs.flatMap((run) => damageOf(run) ?? []);
    if (damages.length === runs.length) throw new UserError(damages[0]);
    const known = runs.filter((run): run is WithConfig => run.config !== undefined);
    const differing = differingPaths(known.map(({ config }) => config));
    if (differing.length > 0)
      throw new UserError(
        `${folder}: its runs are not seeds of one config, they differ in ${differing.slice(0, 3).join(', ')}; name them one by one`,
      );
    requireSameFiles(folder, known);
    const [repeated] = repeatedAmong(runs, ({ seed }) => seed);
    if (repeated !== undefined) throw takenTwice(repeated);
    const label = basename(resolve(folder));
    const place = readPlaces(dirname(folder)).get(label);
    const [module] = known.flatMap(({ record }) => record?.module ?? []);
    return {
      ...{ label, place, config: known[0].config, module },
      runs: new Map(runs.map((run) => [run.seed, run])),
    };
  });
}

/** @throws UserError where seeds of one config were made with other files of the same name */
function requireSameFiles(folder: string, runs: readonly WithConfig[]): void {
  const files = runs.map(({ config, record }) => filesOfRun(config, record ?? {}));
  const [setting] = differingFiles(files);
  if (setting === undefined) return;
  const seeds = new Map<string, number[]>();
  runs.forEach(({ seed }, i) => {
    const sha256 = files[i][setting];
    if (sha256 !== undefined) seeds.set(sha256, [...(seeds.get(sha256) ?? []), seed]);
  });
  const each = [...seeds].map(([sha256, of]) => `${shortHash(sha256)} of seed ${listedSeeds(of)}`);
  throw new UserError(
    `${folder}: its runs are not seeds of one config: ${fileInWords(runs[0].config, setting)} was another, SHA-256 ${each.join(', ')}; make those of one file again`,
  );
}

function listedSeeds(seeds: readonly number[]): string {
  const sorted = seeds.toSorted((a, b) => a - b);
  return `${sorted.slice(0, 5).join(', ')}${sorted.length > 5 ? ', …' : ''}`;
}

/** Folders of one experiment as that has them, so that a report of all has its colours; others as they were found. */
function inTheirOrder<T>(folders: readonly (readonly [string, T])[]): readonly (readonly [string, T])[] {
  const [experiment, ...others] = new Set(folders.map(([folder]) => dirname(folder)));
  if (experiment === undefined || others.length > 0) return folders;
  const { configs } = readOrder(experiment);
  const place = (folder: string): number => {
    const at = configs.indexOf(basename(folder));
    return at < 0 ? configs.length : at;
  };
  return folders.toSorted(([a], [b]) => place(a) - place(b));
}

/** @throws UserError where the run goes on, or is no training */
function factsOf(path: string, environments: EnvironmentOptions): RunFacts {
  const facts = readFacts(path, environments);
  const { record, status } = facts;
  if (status === 'alive') throw new UserError(`${path} is still going on; compare it when it has ended`, 1);
  if (record?.kind !== undefined)
    throw new UserError(`${path} is a run of leash ${record.kind}; leash compare takes runs of leash train`);
  return facts;
}

/** What of a run is damaged, so that nobody knows what it is or how it ended; undefined: nothing. */
function damageOf({ path, problems: [problem], record }: RunFacts): string | undefined {
  return problem ?? (record === undefined ? `${path} has no run.json` : undefined);
}

/**
 * What a report says of a contestant's runs; one that is damaged failed.
 * @param seeds of which it has a run each
 * @param folder of the report
 */
export function inputOf(
  { label, config, module, runs, place }: FoundContestant,
  seeds: readonly number[],
  known: KnownReturns,
  folder: string,
): ReportInput {
  return {
    ...{ label, place, module },
    config: { ...config, seed: seeds[0] },
    ...known,
    runs: seeds.map((seed) => {
      const run = runs.get(seed) as RunFacts;
      const { path, record, status } = run;
      const damage = damageOf(run);
      const found = damage === undefined ? readRunRows(run).rows : [];
      const rows = found.filter(isOfTraining).map(reportRowOf);
      const updates = record ? ownUpdates(record) : 0;
      const isWhole = damage === undefined && status === 'completed' && rows.length === updates;
      const end = damage === undefined && status === 'interrupted' ? status : 'failed';
      return {
        seed,
        path: relative(folder, path),
        status: isWhole ? 'completed' : end,
        failure: isWhole ? null : (damage ?? record?.failure ?? endOf(status, rows.length, updates)),
        updates,
        rows,
      };
    }),
  };
}

function endOf(status: RunFacts['status'], rows: number, updates: number): string {
  if (status === 'completed' || status === 'alive')
    return `${counted(rows, 'row')} of the ${counted(updates, 'update')} it completed`;
  return endInWords(status, rows);
}

/** The seeds that every one of them has, ascending. @throws UserError where there is none */
export function sharedSeeds(contestants: readonly FoundContestant[]): number[] {
  const [first, ...others] = contestants;
  const shared = [...first.runs.keys()].filter((seed) => others.every(({ runs }) => runs.has(seed)));
  if (shared.length > 0) return shared.sort((a, b) => a - b);
  const each = contestants.map(
    ({ label, runs }) => `${label}: ${[...runs.keys()].sort((a, b) => a - b).join(', ')}`,
  );
  throw new UserError(
    `the runs have no seed in common (${each.join('; ')}); runs are compared over the same seeds`,
  );
}

/** @throws UserError where one has no run of one of the seeds */
export function requireSeeds(contestants: readonly FoundContestant[], seeds: readonly number[]): void {
  for (const { label, runs } of contestants) {
    const missing = seeds.filter((seed) => !runs.has(seed));
    if (missing.length === 0) continue;
    const there = [...runs.keys()].sort((a, b) => a - b).join(', ');
    throw new UserError(
      `${label} has no run of seed ${listedSeeds(missing)}; there are ${there}: say --seeds`,
    );
  }
}

/** What is not the same of runs that are compared, a sentence each. */
export function remarksOn(contestants: readonly FoundContestant[], seeds: readonly number[]): string[] {
  const remarks = contestants.flatMap(({ label, runs }) => {
    const left = [...runs.keys()].filter((seed) => !seeds.includes(seed));
    if (left.length === 0) return [];
    return [
      `${label} has runs of seed ${left.sort((a, b) => a - b).join(', ')} besides, which are left out: not all compared have them.`,
    ];
  });
  // How many runs there are was decided by what they gave: tests of a number that was planned say too much of them.
  const experiments = new Set(foldersOf(contestants).map(experimentAround));
  for (const folder of experiments) {
    if (readDesign(folder) === undefined) continue;
    remarks.push(
      `Seeds of ${folder} were added until its pairs were decided: of those runs this verdict, which takes their number as planned, says “better” more often than its error; ${join(folder, 'report.json')} keeps it.`,
    );
  }
  for (const { label, runs } of contestants) {
    const parents = seeds.flatMap((seed) => runs.get(seed)?.record?.parent ?? []);
    if (parents.length === 0) continue;
    const of = [...new Set(parents.map((parent) => shortLine(parentInWords(parent))))].join(', ');
    remarks.push(`${label} begins from ${of}: its figures are of the updates after that.`);
  }
  const versions = contestants.map(({ runs }) => [
    ...new Set(seeds.flatMap((seed) => runs.get(seed)?.record?.versions.leash ?? [])),
  ]);
  if (new Set(versions.flat()).size > 1) {
    const each = contestants.flatMap(({ label }, i) =>
      versions[i].length === 0 ? [] : [`${label} by ${versions[i].join(' and ')}`],
    );
    remarks.push(
      `The runs were made by different versions of leash (${each.join(', ')}): what differs may be the version.`,
    );
  }
  for (const file of new Set(contestants.flatMap(({ config }) => config.environment.module ?? []))) {
    const made = contestants.flatMap(({ label, config, module }) =>
      config.environment.module === file && module ? [{ label, sha256: module.sha256 }] : [],
    );
    if (new Set(made.map(({ sha256 }) => sha256)).size < 2) continue;
    const each = made.map(({ label, sha256 }) => `${label} by ${shortHash(sha256)}`);
    remarks.push(
      `${file} was changed in between (SHA-256: ${each.join(', ')}): these are different environments.`,
    );
  }
  const relaxed = contestants.filter(({ runs }) => seeds.some((seed) => runs.get(seed)?.record?.fastMath));
  if (relaxed.length > 0 && relaxed.length < contestants.length)
    remarks.push(`With --fast-math: ${relaxed.map(({ label }) => label).join(', ')}.`);
  return remarks;
}

/** The folders of the runs that are compared. */
export function foldersOf(contestants: readonly FoundContestant[]): string[] {
  return contestants.flatMap(({ runs }) => [...runs.values()].map(({ path }) => path));
}

/** @throws UserError where the report would be written over what belongs to these runs */
export function requireApart(contestants: readonly FoundContestant[], runs: string, name: string): void {
  const folder = resolve(join(runs, name));
  const inside = foldersOf(contestants).find((path) => !relative(folder, resolve(path)).startsWith('..'));
  if (inside === undefined) return;
  throw new UserError(
    `--name ${name}: ${inside} is in that folder, and nothing is written beside runs that are compared; choose another --name`,
  );
}
