import { statSync } from 'node:fs';
import { requireKind } from '../../node/file-kind.ts';
import { givenRuns } from '../given-run.ts';

/**
 * What a word names that has a policy: runs, or the file of one.
 * @throws UserError when nothing does, or it is a file of another kind
 */
export function placesToEvaluate(word: string, root: string): readonly [string, ...string[]] {
  if (statSync(word, { throwIfNoEntry: false })?.isDirectory() === false) {
    requireKind(word, ['run', 'policy']);
    return [word];
  }
  const [first = word, ...others] = givenRuns(word, root);
  return [first, ...others];
}
