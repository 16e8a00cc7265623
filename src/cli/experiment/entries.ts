import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { environmentOptions } from '../../../envs/environment-options.ts';
import type { Contestant } from '../../experiment/experiment.ts';
import { type FoundContestant, findContestants, sharedSeeds } from '../../experiment/found-runs.ts';
import { readStudy, type Study } from '../../experiment/study-file.ts';
import type { Environments } from '../../node/environments.ts';
import { recordedModule } from '../../run/changed-module.ts';
import { UserError } from '../../user-error.ts';
import { overridesOf } from '../flag-values.ts';
import { configFile } from '../given-file.ts';

/** What `leash compare` was told to compare. */
export interface EntriesGiven {
  readonly CONFIG: readonly string[];
  readonly runs: string;
  readonly set?: string | string[] | undefined;
  readonly steps?: string | undefined;
  readonly matchKl?: string | undefined;
  readonly shard?: string | undefined;
}

/** All that is compared, in the order of the command line. */
export interface Entries {
  /** Of each argument its path; of a study what else it says. */
  readonly files: readonly string[];
  readonly studies: readonly (Study | undefined)[];
  readonly contestants: readonly (Contestant | FoundContestant)[];
  readonly found: readonly FoundContestant[];
}

/**
 * A folder is one of runs, anything else a config or a study.
 * @throws UserError, for settings that nothing is trained by, too
 */
export async function entriesOf(given: EntriesGiven, environments: Environments): Promise<Entries> {
  const read = await Promise.all(
    given.CONFIG.map(async (word) => {
      if (isFolder(word) || (await namesRuns(word, given.runs))) {
        const found = findContestants(word, given.runs, environmentOptions);
        return { file: word, study: undefined, found, contestants: found };
      }
      const file = await configFile(
        word,
        ['config', 'study', 'run', 'runs'],
        namesIn(given.runs),
        given.runs,
      );
      const study = await environments.reading((options) => readStudy(file, overridesOf(given), options));
      const contestants = await Promise.all(study.contestants.map((each) => withModule(each, environments)));
      return { file, study, found: [], contestants };
    }),
  );
  const found = read.flatMap((each) => each.found);
  const contestants = read.flatMap((each): readonly (Contestant | FoundContestant)[] => each.contestants);
  if (found.length > 0) requireNoTraining(given, found.length === contestants.length);
  return { files: read.map(({ file }) => file), studies: read.map(({ study }) => study), contestants, found };
}

/** With the file that it is trained in as it is now. */
async function withModule(contestant: Contestant, { resolve }: Environments): Promise<Contestant> {
  const { environment } = contestant.config;
  if (environment.module === undefined) return contestant;
  return { ...contestant, module: recordedModule(await resolve(environment)) };
}

/** @throws UserError where the word is the name of a config, too: one of them would be passed over */
async function namesRuns(word: string, runs: string): Promise<boolean> {
  if (existsSync(word) || !isFolder(join(runs, word))) return false;
  const config = await configFile(word, ['config', 'study']).catch(() => undefined);
  if (config === undefined) return true;
  throw new UserError(
    `${word} is the config ${config} and the runs ${join(runs, word)}: name one by its path`,
  );
}

/** Of the runs that could have been meant. */
function namesIn(runs: string): string[] {
  return isFolder(runs) ? readdirSync(runs) : [];
}

function isFolder(path: string): boolean {
  return existsSync(path) && statSync(path).isDirectory();
}

/** @throws UserError for flags that could change nothing of runs that are there */
function requireNoTraining({ set, steps, shard, matchKl }: EntriesGiven, isAll: boolean): void {
  if (matchKl !== undefined)
    throw new UserError(
      '--match-kl calibrates configs before they are trained; runs that are there cannot be',
    );
  const flags = Object.entries({ '--set': set, '--steps': steps, '--shard': shard });
  const flag = flags.find(([, value]) => value !== undefined)?.[0];
  if (isAll && flag !== undefined)
    throw new UserError(
      `${flag} has no effect here: nothing is trained, all that is compared are runs that are there`,
    );
}

/** The seeds of runs that are there, as `--seeds` has them; undefined where there are none. */
export function seedsAmong(found: readonly FoundContestant[]): string | undefined {
  if (found.length === 0) return undefined;
  const seeds = sharedSeeds(found);
  // A number alone would be read as how many.
  return seeds.length === 1 ? `${seeds[0]}-${seeds[0]}` : seeds.join(',');
}
