import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { parseRunAt } from '../node/checkpoints.ts';
import { findRuns } from '../plot/read-runs.ts';
import { UserError } from '../user-error.ts';

/**
 * The runs that a word means: a run, a folder of seeds, any folder above them, or the name of one of these below the
 * folder of runs; with `@UPDATE` each of them at that update.
 * @throws UserError when there is none, with where it was looked for
 */
export function givenRuns(word: string, root: string): readonly string[] {
  const at = parseRunAt(word);
  // A run may itself be called so.
  if (at !== undefined && !existsSync(join(root, word)))
    return runsNamed(at.run, root).map((run) => `${run}@${at.update}`);
  return runsNamed(word, root);
}

function runsNamed(word: string, root: string): readonly string[] {
  const place = [word, join(root, word)].find((each) => word !== '' && existsSync(join(each, 'run.json')));
  // One that is damaged is a run all the same: whoever reads it says how.
  return place === undefined ? findRuns([word], root, true) : [place.replace(/(?<=.)\/+$/, '')];
}

/** The only run that a word means. @throws UserError when there is none, or more than one to choose from */
export function givenRun(word: string, root: string): string {
  const [first, ...others] = givenRuns(word, root);
  if (first === undefined || others.length > 0)
    throw new UserError(`${word} holds ${others.length + 1} runs; name one, such as ${first}`);
  return first;
}
