import { relative } from 'node:path';
import type { EnvironmentOptions } from '../config/load.ts';
import { findContestants, inputOf, remarksOn, sharedSeeds } from '../experiment/found-runs.ts';
import { knownReturnsOfRuns } from '../experiment/known-returns.ts';
import { buildReport } from '../experiment/report.ts';
import { openEnvironments } from '../node/environments.ts';
import { shellWord } from '../run/run-name.ts';
import type { ToldVerdict } from './wire.ts';

/**
 * What `leash compare` says of folders of runs, over the seeds that all of them have.
 * @throws UserError where they cannot be compared
 */
export async function verdictOf(
  folders: readonly string[],
  root: string,
  environments: EnvironmentOptions,
): Promise<ToldVerdict> {
  const found = folders.flatMap((folder) => findContestants(folder, root, environments));
  // Folders of one name in different places are told apart by the way there.
  const isOnly = (label: string): boolean => found.filter((each) => each.label === label).length === 1;
  const contestants = found.map((each, at) => ({
    ...each,
    label: isOnly(each.label) ? each.label : relative(root, folders[at]),
  }));
  const seeds = sharedSeeds(contestants);
  const { resolve } = openEnvironments();
  const inputs = await Promise.all(
    contestants.map(async (each) =>
      inputOf(each, seeds, await knownReturnsOfRuns(each.config.environment, resolve), root),
    ),
  );
  const command = `leash compare ${folders.map((folder) => shellWord(relative(process.cwd(), folder))).join(' ')}`;
  const report = buildReport(
    {
      ...{ kind: 'compare', name: '', description: '', command, node: process.version, seeds },
      ...{ calibration: null, sweep: null, remarks: remarksOn(contestants, seeds) },
    },
    inputs,
  );
  return { sentences: report.verdict, command };
}
