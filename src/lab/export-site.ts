import { existsSync, lstatSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { replaceOutputs } from '../run/durable-file.ts';
import { removeEmpty } from '../run/folders.ts';
import { writing } from '../run/output-file.ts';
import type { ServedFile } from '../server/local-server.ts';
import { UserError } from '../user-error.ts';
import { GENERATOR } from './site.ts';

type Site = ReadonlyMap<string, ServedFile>;

/** Refuses a folder that has files of others where the site's would be. @param flag how errors call it @throws UserError */
export function requireOwnSite(flag: string, folder: string, site: Site): void {
  const found = [...site.keys()].flatMap((name) => {
    const entry = lstatSync(join(folder, name), { throwIfNoEntry: false });
    return entry === undefined ? [] : [{ name, entry }];
  });
  const own = isSite(folder) ? found.filter(({ entry }) => entry.isFile()) : [];
  const others = found.filter((each) => !own.includes(each)).map(({ name }) => name);
  if (others.length > 0)
    throw new UserError(
      `${flag} ${folder} has ${others.join(', ')} already, which no leash lab wrote; name another folder`,
    );
}

/** Whether a laboratory was written there before. */
function isSite(folder: string): boolean {
  const page = join(folder, 'index.html');
  return existsSync(page) && lstatSync(page).isFile() && readFileSync(page, 'utf8').includes(GENERATOR);
}

/**
 * Writes the site into a folder, all of it or nothing.
 * @param made folders that go again where it cannot be, the deepest first
 * @throws UserError
 */
export function writeSite(flag: string, folder: string, site: Site, made: readonly string[]): void {
  const files = [...site].map(([name, { body }]) => ({ path: join(folder, name), content: body }));
  try {
    writing(flag, folder, () => replaceOutputs(files));
  } catch (cause) {
    removeEmpty(made);
    throw cause;
  }
}
