import { type Dirent, readdirSync, type Stats, statSync } from 'node:fs';
import { naturalOrder } from './natural-order.ts';

/** What who looks for runs sees in a folder. */
export interface Listing {
  readonly isRun: boolean;
  /** Names of the folders in it, in natural order. */
  readonly folders: readonly string[];
  /** Names of the links in it, likewise: to folders, to files, to nothing. */
  readonly links: readonly string[];
}

/** What leash writes into a run's folder; with one of them gone or damaged it is still a run. */
const MARKS: readonly string[] = ['config.json', 'run.json', 'metrics.jsonl'];
const NOTHING: Listing = { isRun: false, folders: [], links: [] };

/**
 * Nothing where the folder is none or went away meanwhile: others are still to be found. One that may not be read may be a run:
 * whoever reads it says why it cannot.
 */
export function listingOf(path: string): Listing {
  try {
    const entries = readdirSync(path, { withFileTypes: true });
    const those = (is: (entry: Dirent) => boolean): string[] =>
      entries
        .filter(is)
        .map(({ name }) => name)
        .sort(naturalOrder);
    return {
      isRun: entries.filter(({ name }) => MARKS.includes(name)).length > 1,
      folders: those((entry) => entry.isDirectory()),
      links: those((entry) => entry.isSymbolicLink()),
    };
  } catch (cause) {
    return isGone(cause) ? NOTHING : { ...NOTHING, isRun: true };
  }
}

/** Undefined where it is gone or in a folder that may not be looked into. */
function statOf(path: string): Stats | undefined {
  try {
    return statSync(path);
  } catch {
    return undefined;
  }
}

function isGone(cause: unknown): boolean {
  const { code } = cause as NodeJS.ErrnoException;
  return code === 'ENOENT' || code === 'ENOTDIR';
}

/** Milliseconds after which something that comes into a folder gives it another time: file systems count in ticks, some of two seconds. */
const TICK = 3000;
/** Milliseconds after which a folder is read again though its time is the same: there are file systems that do not keep one. */
const LONGEST = 30_000;

/** Folders that are looked at again and again: one is read anew where something came into it or left. */
export class KnownFolders {
  private known = new Map<
    string,
    { readonly stamp: string; readonly read: number; readonly listing: Listing }
  >();
  private before = this.known;

  /** Begins another look: what the one before did not ask for is forgotten. */
  begin(): void {
    this.before = this.known;
    this.known = new Map();
  }

  /** As `listingOf`. */
  list(path: string): Listing {
    const found = statOf(path);
    if (found === undefined) return listingOf(path);
    const now = Date.now();
    const stamp = `${found.ino}/${found.mtimeMs}`;
    const kept = this.before.get(path);
    const isSame = kept !== undefined && kept.stamp === stamp && Math.abs(now - kept.read) < LONGEST;
    const listed = isSame ? kept : { stamp, read: now, listing: listingOf(path) };
    if (now - found.mtimeMs > TICK) this.known.set(path, listed);
    return listed.listing;
  }
}
