import { existsSync, mkdirSync, readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { naming, replaceFile, syncFile } from './durable-file.ts';
import { isUpdateFile, type UpdateFolder, updateFile, updateOf } from './run-files.ts';

/** A file of an update in a run's folder. */
export interface UpdateFile {
  readonly update: number;
  readonly file: string;
}

/** The files of updates in a run's folder, the newest first; none where there is no such folder. */
export function updateFiles(run: string, folder: UpdateFolder): UpdateFile[] {
  const path = join(run, folder);
  if (!statSync(path, { throwIfNoEntry: false })?.isDirectory()) return [];
  return readdirSync(path)
    .flatMap((name) => {
      const update = updateOf(name);
      return update === undefined ? [] : [{ update, file: join(path, name) }];
    })
    .sort((a, b) => b.update - a.update);
}

export function writeUpdate(run: string, folder: UpdateFolder, update: number, bytes: Uint8Array): void {
  const path = join(run, folder);
  naming(path, () => {
    if (existsSync(path)) return;
    mkdirSync(path);
    syncFile(run);
  });
  replaceFile(join(path, updateFile(update)), bytes);
}

/** Half-written ones go too. */
export function removeUpdatesAfter(run: string, folder: UpdateFolder, update: number): void {
  for (const { file } of updateFiles(run, folder).filter((each) => each.update > update))
    rmSync(file, { force: true });
  const path = join(run, folder);
  if (!existsSync(path)) return;
  for (const name of readdirSync(path))
    if (name.endsWith('.tmp') && isUpdateFile(name)) rmSync(join(path, name), { force: true });
}
