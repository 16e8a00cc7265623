import {
  closeSync,
  fstatSync,
  futimesSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { describeOwner, HEARTBEAT, isAlive, ownerHere, parseOwner, processStart } from '../run/owner.ts';
import { lockName, OLD_LOCK } from '../run/experiment-files.ts';
import { linkOnce } from '../run/link-once.ts';
import { UserError } from '../user-error.ts';

const FORMAT = 'leash-lock-1';
const RELEASED = 'released';
/** ms for which a lock that cannot be read is taken for one that is just being written. */
const WRITING = 10_000;

/** A folder of an experiment as this process holds it. */
export interface Lock {
  readonly held: HeldFile;
  release(): void;
}

/** A file that is this process's as long as its path leads to it; threads can be given it. */
export interface HeldFile {
  readonly folder: string;
  readonly path: string;
  readonly ino: number;
  readonly dev: number;
}

/** @throws UserError when the experiment's folder was taken away from the process that holds it */
export function requireHeld({ folder, path, ino, dev }: HeldFile): void {
  try {
    const now = statSync(path);
    if (now.ino === ino && now.dev === dev) return;
  } catch {
    // It is gone.
  }
  throw new UserError(`${folder} was removed or replaced; the experiment in it ends and leaves it alone`, 1);
}

/**
 * Takes the folder of an experiment, which one process at a time holds.
 *
 * Holds are numbered. Whoever finds that hold N is over (released, or its process dead) links its own finished
 * file to the name of hold N + 1, which one process can, and holds the folder if no greater number is there
 * afterwards. The greatest number is never deleted and never reused (a release adds a word to its file), so
 * it only grows: a process that was slow and took a number that others had left behind finds the greater one
 * and withdraws. Whoever holds the folder deletes the lesser numbers. A folder that was removed and made again
 * has another token, and other names.
 *
 * A shard holds its part of the runs: numbered by itself, beside other parts, not beside the whole. Each looks for the
 * others before it takes its number and after: of two at one instant, one or both withdraw.
 *
 * @param tokenNow the experiment's token; undefined: there is none any more
 * @param of all, or a part of it; `report`: what all parts share, which one of them takes at the end
 * @returns undefined where the experiment is another by now, or none
 * @throws UserError when another process holds it
 */
export function acquireLock(
  folder: string,
  tokenNow: () => string | undefined,
  of: 'all' | 'report' | Part = 'all',
): Lock | undefined {
  const experiment = tokenNow();
  if (experiment === undefined) return undefined;
  requireNoOldHolder(folder);
  const token = typeof of === 'string' ? experiment : partToken(experiment, of);
  const others = (): string | undefined =>
    of === 'report'
      ? undefined
      : of === 'all'
        ? holderOfPart(folder, experiment)
        : holderOf(join(folder, lockName(experiment, lastGeneration(folder, experiment))));
  const owner = ownerHere(FORMAT);
  const draft = join(folder, `.lock.${owner.token}.tmp`);
  try {
    writeFileSync(draft, `${JSON.stringify(owner)}\n`);
    for (;;) {
      const last = lastGeneration(folder, token);
      const holder = holderOf(join(folder, lockName(token, last))) ?? others();
      if (holder !== undefined) throw new UserError(describeHolder(folder, holder), 1);
      const path = join(folder, lockName(token, last + 1));
      if (!linkOnce(draft, path)) continue;
      const isSame = tokenNow() === experiment;
      if (isSame && lastGeneration(folder, token) === last + 1) {
        clear(folder, token, last);
        const lock = holdOpen(folder, path);
        const other = others();
        if (other === undefined) return lock;
        lock.release();
        throw new UserError(describeHolder(folder, other), 1);
      }
      rmSync(path, { force: true });
      if (!isSame) return undefined;
    }
  } catch (cause) {
    // The folder itself was removed meanwhile.
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw cause;
  } finally {
    rmSync(draft, { force: true });
  }
}

/** One of so many parts, counted from 1. */
export interface Part {
  readonly index: number;
  readonly count: number;
}

/** Of the numbers by which a part is held; no experiment's token has an s. */
export function partToken(token: string, { index, count }: Part): string {
  return `${token}s${index}of${count}`;
}

/** Who holds a part of the experiment; undefined: nobody. */
function holderOfPart(folder: string, token: string): string | undefined {
  const start = `${lockName(token, 0).slice(0, -'.0'.length)}s`;
  const parts = new Set(
    readdirSync(folder).flatMap((name) => {
      const found = name.startsWith(start) ? /^(\d+of\d+)\.\d+$/.exec(name.slice(start.length)) : null;
      return found === null ? [] : [`${token}s${found[1]}`];
    }),
  );
  for (const part of parts) {
    const holder = holderOf(join(folder, lockName(part, lastGeneration(folder, part))));
    if (holder !== undefined) return holder;
  }
  return undefined;
}

/** Deletes the holds up to that number, and what leash 0.1.0 left. */
function clear(folder: string, token: string, last: number): void {
  for (const name of readdirSync(folder)) {
    const generation = generationOf(name, token);
    const isOver = name === OLD_LOCK || (generation > 0 && generation <= last);
    if (isOver) rmSync(join(folder, name), { force: true });
  }
}

/** The first hold of a folder that nobody else knows yet. @param place where the folder is for now */
export function firstLock(place: string, token: string): void {
  writeFileSync(join(place, lockName(token, 1)), `${JSON.stringify(ownerHere(FORMAT))}\n`, { flag: 'wx' });
}

/** Keeps a lock that was taken, and gives a sign of life for hosts that cannot see this process. */
export function holdOpen(folder: string, path: string): Lock {
  const file = openSync(path, 'a');
  const { ino, dev } = fstatSync(file);
  const heartbeat = setInterval(() => {
    const now = new Date();
    futimesSync(file, now, now);
  }, HEARTBEAT).unref();
  let isHeld = true;
  return {
    held: { folder, path, ino, dev },
    release() {
      if (!isHeld) return;
      isHeld = false;
      clearInterval(heartbeat);
      try {
        writeSync(file, `${RELEASED}\n`);
      } catch {
        // A full disk takes not even that: the hold then ends with the process.
      }
      closeSync(file);
    },
  };
}

/** The greatest number; 0 where nobody ever held the folder. */
function lastGeneration(folder: string, token: string): number {
  return readdirSync(folder).reduce((last, name) => Math.max(last, generationOf(name, token)), 0);
}

function generationOf(name: string, token: string): number {
  const start = lockName(token, 0).slice(0, -1);
  return name.startsWith(start) && /^\d{1,15}$/.test(name.slice(start.length))
    ? Number(name.slice(start.length))
    : 0;
}

/** Says who holds a folder, or a part of it, now; undefined: nobody. */
export function holderNow(folder: string, token: string): string | undefined {
  try {
    requireNoOldHolder(folder);
  } catch (cause) {
    return (cause as Error).message;
  }
  const whole = holderOf(join(folder, lockName(token, lastGeneration(folder, token))));
  const holder = whole ?? holderOfPart(folder, token);
  return holder === undefined ? undefined : describeHolder(folder, holder);
}

/** Whose that hold is, in words; undefined where it is over. */
function holderOf(path: string): string | undefined {
  let text: string;
  let lastSign: number;
  try {
    text = readFileSync(path, 'utf8');
    lastSign = statSync(path).mtimeMs;
  } catch {
    // None, or one that was withdrawn or cleared away at this moment: the next look finds the greater number.
    return undefined;
  }
  const [line, end] = text.split('\n');
  const owner = parseOwner(line);
  if (owner === undefined) return Date.now() - lastSign < WRITING ? 'another process' : undefined;
  return end !== RELEASED && isAlive(owner, lastSign) ? describeOwner(owner) : undefined;
}

function describeHolder(folder: string, holder: string): string {
  return `${holder} is at work in ${folder}; wait for it, or choose another --name`;
}

/** @throws UserError when a process of leash 0.1.0, whose lock is a process id, holds the folder */
function requireNoOldHolder(folder: string): void {
  const path = join(folder, OLD_LOCK);
  let pid: number;
  try {
    pid = Number(readFileSync(path, 'utf8'));
  } catch {
    return;
  }
  if (!Number.isSafeInteger(pid) || pid <= 0 || pid === process.pid || processStart(pid) === undefined)
    return;
  throw new UserError(`${describeHolder(folder, `process ${pid}`)}, or remove ${path} if it is no leash`, 1);
}
