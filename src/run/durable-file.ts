import { createHash, type Hash, randomBytes } from 'node:crypto';
import {
  closeSync,
  existsSync,
  fstatSync,
  fsyncSync,
  ftruncateSync,
  openSync,
  readSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { UserError } from '../user-error.ts';
import type { RunFile } from './run-files.ts';

/*
 * Files that a full disk or a power cut leaves whole: replaced at once, grown by lines, written over space kept for it.
 */

/** What a disk may refuse, in words. */
export const REFUSALS: Readonly<Record<string, string>> = {
  ENOSPC: 'no space left on the device',
  EDQUOT: 'disk quota exceeded',
  EFBIG: 'larger than a file may be',
  EIO: 'input/output error',
};

/** What a disk did not take. */
export class RefusedWriteError extends UserError {
  constructor(message: string) {
    super(message, 1);
  }
}

/** Runs `write`; what the disk refuses becomes one line that names the file. */
export function naming(path: string, write: () => void): void {
  try {
    write();
  } catch (error) {
    const reason = REFUSALS[(error as NodeJS.ErrnoException).code ?? ''];
    if (reason === undefined) throw error;
    throw new RefusedWriteError(`${path}: ${reason}; what was written before is whole`);
  }
}

/** Runs `write`. @returns why the disk refused it, in words */
export function refused(write: () => void): string | undefined {
  try {
    write();
    return undefined;
  } catch (cause) {
    if (cause instanceof UserError) return cause.message;
    throw cause;
  }
}

/** Replaces a file in a folder of leash's, whose files `NAME.tmp` are its own: see `replaceBy`. */
export function replaceFile(path: string, content: string | Uint8Array): void {
  const draft = `${path}.tmp`;
  // What is there was left by a kill, or put there to lead elsewhere: nothing is written through it.
  rmSync(draft, { force: true });
  replaceBy([{ draft, path, content }]);
}

/** A file as it shall be. */
export interface Output {
  readonly path: string;
  readonly content: string | Uint8Array;
}

/** Replaces files in folders of somebody's, all of them or none: see `replaceBy`. */
export function replaceOutputs(files: Iterable<Output>): void {
  replaceBy(drafted(files));
}

function* drafted(files: Iterable<Output>): Iterable<Output & { draft: string }> {
  for (const each of files) yield { ...each, draft: newDraft(dirname(each.path)) };
}

/** A name that no file of somebody's has. */
export function newDraft(folder: string): string {
  return join(folder, `.leash.${randomBytes(8).toString('hex')}.tmp`);
}

/**
 * Writes beside each file and renames when all are written, so that each is the old or the new one, whole, after a power cut
 * too, and all are the old ones where the disk is full. (atomically 2.1.1 renames what a full disk cut short.)
 * @param files taken one by one, so that their contents need not be in memory together
 */
function replaceBy(files: Iterable<Output & { readonly draft: string }>): void {
  const written: { readonly draft: string; readonly path: string }[] = [];
  try {
    for (const { draft, path, content } of files)
      naming(path, () => {
        const file = openSync(draft, 'wx');
        written.push({ draft, path });
        try {
          writeWhole(file, typeof content === 'string' ? Buffer.from(content) : content, 0);
          fsyncSync(file);
        } finally {
          closeSync(file);
        }
      });
    for (const { draft, path } of written)
      naming(path, () => {
        renameSync(draft, path);
        syncFile(dirname(path));
      });
  } catch (error) {
    for (const { draft } of written) rmSync(draft, { force: true });
    throw error;
  }
}

/** What systems say that let no folder be opened or synced. */
const NO_FOLDER_SYNC = ['EINVAL', 'EPERM', 'EISDIR', 'EBADF', 'EACCES', 'ENOTSUP'];

/** Brings a file, or the names in a folder, to the disk. */
export function syncFile(path: string): void {
  try {
    const file = openSync(path, 'r');
    try {
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
  } catch (cause) {
    if (!NO_FOLDER_SYNC.includes((cause as NodeJS.ErrnoException).code ?? '')) throw cause;
  }
}

/** Takes up space on the disk, at least so much of it. */
export function reserve(path: string, bytes: number): void {
  if ((statSync(path, { throwIfNoEntry: false })?.size ?? 0) >= bytes) return;
  naming(path, () => writeFileSync(path, Buffer.alloc(bytes, '\n')));
}

/** Writes over the space that `reserve` took and gives it the name of `path`: on a full disk, too. */
export function writeOver(reserved: string, path: string, text: string): void {
  if (!existsSync(reserved)) {
    replaceFile(path, text);
    return;
  }
  naming(path, () => {
    const file = openSync(reserved, 'r+');
    try {
      writeWhole(file, Buffer.from(text), 0);
      ftruncateSync(file, Buffer.byteLength(text));
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    renameSync(reserved, path);
    syncFile(dirname(path));
  });
}

export interface LineFile {
  readonly name: RunFile;
  readonly file: number;
  append(line: string): void;
  /** Bytes. */
  size(): number;
  /** SHA-256 of all of them, in hexadecimal; what was there the last time is not read again. */
  digest(): string;
  /** Takes off what stands after so many bytes. */
  cut(bytes: number): void;
  sync(): void;
  close(): void;
}

/**
 * A file that grows by whole lines: one that does not fit on the disk is taken back. Nobody else writes to it.
 * @param run the folder that messages name
 */
export function lineFile(path: string, name: RunFile, run: string): LineFile {
  const file = openSync(path, 'a+');
  let { size } = fstatSync(file);
  let hash = createHash('sha256');
  let hashed = 0;
  return {
    name,
    file,
    append: (line) =>
      naming(join(run, name), () => {
        const bytes = Buffer.from(`${line}\n`);
        try {
          writeWhole(file, bytes, null);
        } catch (error) {
          ftruncateSync(file, size);
          throw error;
        }
        size += bytes.length;
      }),
    size: () => size,
    digest() {
      hashed = hashBytes(hash, file, hashed, size);
      return hash.copy().digest('hex');
    },
    cut(bytes) {
      ftruncateSync(file, bytes);
      size = bytes;
      hash = createHash('sha256');
      hashed = 0;
    },
    sync: () => fsyncSync(file),
    close: () => closeSync(file),
  };
}

/** Bytes that are read at once. */
const CHUNK = 2 ** 16;

/** Adds bytes [from, to) of an open file to a hash. @returns `to`, or where the file ends before */
export function hashBytes(hash: Hash, file: number, from: number, to: number): number {
  const chunk = Buffer.allocUnsafe(Math.min(CHUNK, to - from));
  let at = from;
  while (at < to) {
    const read = readSync(file, chunk, 0, Math.min(chunk.length, to - at), at);
    if (read === 0) break;
    hash.update(chunk.subarray(0, read));
    at += read;
  }
  return at;
}

/** A disk that fills up takes a part, and refuses the rest the next time. @param from null: where the file ends */
function writeWhole(file: number, bytes: Uint8Array, from: number | null): void {
  for (let done = 0; done < bytes.length; ) {
    done += writeSync(file, bytes, done, bytes.length - done, from === null ? null : from + done);
  }
}
