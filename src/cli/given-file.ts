import { statSync } from 'node:fs';
import type { FileKind } from '../config/file-kind.ts';
import { givenRun } from './given-run.ts';
import { UserError } from '../user-error.ts';
import { kindOfPlace, requireKind } from '../node/file-kind.ts';

/**
 * The file that a command was given: a path, or the name of a config here or among those that came with leash.
 * @throws UserError when there is none, with where it was looked for, or when it is of a kind that the command does not
 *   take
 * @param names other words that it could have been
 * @param runs the folder of runs, where the command takes these too
 */
export async function configFile(
  word: string,
  takes: readonly FileKind[],
  names: readonly string[] = [],
  runs?: string,
): Promise<string> {
  if (word.trim() === '') throw new UserError(`a config must be named, got ${JSON.stringify(word)}`);
  const stats = statSync(word, { throwIfNoEntry: false });
  // A run, a folder: what it is tells more than that no config has its name.
  if (stats === undefined) {
    const { findConfig } = await import('../node/find-config.ts');
    const found = findConfig(word, names, runs);
    requireKind(found, takes);
    return found;
  }
  // The seeds of a config: the only one, or one to be named.
  const isOneOfRuns = takes.includes('run') && !takes.includes('runs') && kindOfPlace(word) === 'runs';
  if (isOneOfRuns) return givenRun(word, word);
  requireKind(word, takes);
  return word;
}
