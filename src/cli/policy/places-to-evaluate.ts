import { statSync } from 'node:fs';
import { dirname } from 'node:path';
import { environmentOptions } from '../../../envs/environment-options.ts';
import { parseRunAt } from '../../node/checkpoints.ts';
import { requireKind } from '../../node/file-kind.ts';
import { readFacts } from '../../plot/read-runs.ts';
import { requireOnce } from '../../plot/repeated-runs.ts';
import { filesOfRun } from '../../run/files-of-run.ts';
import { givenRuns } from '../given-run.ts';

/**
 * What a word names that has a policy: runs, or the file of one.
 * @throws UserError when nothing does, it is a file of another kind, or a run is twice in a folder of seeds
 */
export function placesToEvaluate(word: string, root: string): readonly [string, ...string[]] {
  if (statSync(word, { throwIfNoEntry: false })?.isDirectory() === false) {
    requireKind(word, ['run', 'policy']);
    return [word];
  }
  const [first = word, ...others] = givenRuns(word, root);
  if (others.length > 0) requireSeeds([first, ...others]);
  return [first, ...others];
}

/** What is damaged is told by whoever evaluates it. @throws UserError where two runs of a folder are the same */
function requireSeeds(places: readonly string[]): void {
  const runs = places.flatMap((place) => {
    const { path, seed, config, record } = readFacts(parseRunAt(place)?.run ?? place, environmentOptions);
    if (config === undefined || record === undefined) return [];
    return [{ path, seed, config, files: filesOfRun(config, record), parent: record.parent }];
  });
  for (const folder of new Set(runs.map(({ path }) => dirname(path))))
    requireOnce(runs.filter(({ path }) => dirname(path) === folder));
}
