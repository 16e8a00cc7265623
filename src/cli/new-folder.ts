import { foundAt, requireOutsideRuns } from '../run/output-file.ts';
import { makeFolders } from '../run/folders.ts';
import { UserError } from '../user-error.ts';

/** Refuses what can be no folder to write files into, before any is. @param name how errors call it: `DIR` @throws UserError */
export function requireFolderPlace(name: string, folder: string): void {
  if (folder.trim() === '') throw new UserError(`${name} must name a folder, got a blank`);
  if (foundAt(name, folder)?.isFile())
    throw new UserError(`${name} must be a folder, or not there yet, got the file ${folder}`);
  requireOutsideRuns(name, folder);
}

/**
 * @returns the folders made, the deepest first
 * @throws UserError where a link that leads nowhere, or a file, is in the way
 */
export function makeNewFolder(name: string, folder: string): readonly string[] {
  try {
    return makeFolders(folder);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') throw new UserError(`${name}: no folder can be made at ${folder} (ENOENT)`);
    if (code !== 'EEXIST' && code !== 'ENOTDIR') throw error;
    throw new UserError(
      `${name} must be a folder, or not there yet, but something else is in the way of ${folder}`,
    );
  }
}
