import { relative } from 'node:path';
import type { EnvironmentOptions } from '../config/load.ts';
import { findContestants, inputOf, remarksOn, sharedSeeds } from '../experiment/found-runs.ts';
import { NOTHING_KNOWN } from '../experiment/known-returns.ts';
import { buildReport } from '../experiment/report.ts';
import { shellWord } from '../run/run-name.ts';
import type { ToldVerdict } from './wire.ts';

/**
 * What `leash compare` says of folders of runs, over the seeds that all of them have.
 * @throws UserError where they cannot be compared
 */
export function verdictOf(
  folders: readonly string[],
  root: string,
  environments: EnvironmentOptions,
): ToldVerdict {
  const found = folders.flatMap((folder) => findContestants(folder, root, environments));
  // Folders of one name in different places are told apart by the way there.
  const isOnly = (label: string): boolean => found.filter((each) => each.label === label).length === 1;
  const contestants = found.map((each, at) => ({
    ...each,
    label: isOnly(each.label) ? each.label : relative(root, folders[at]),
  }));
  const seeds = sharedSeeds(contestants);
  const command = `leash compare ${folders.map((folder) => shellWord(relative(process.cwd(), folder))).join(' ')}`;
  const report = buildReport(
    {
      ...{ kind: 'compare', name: '', description: '', command, node: process.version, seeds },
      ...{ calibration: null, sweep: null, remarks: remarksOn(contestants, seeds) },
    },
    contestants.map((each) => inputOf(each, seeds, NOTHING_KNOWN, root)),
  );
  return { sentences: report.verdict, command };
}
