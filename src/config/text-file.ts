import { closeSync, openSync, readSync } from 'node:fs';
import { isUtf8 } from 'node:buffer';
import { UserError } from '../user-error.ts';

/** More is no file of ours, and may be a device that never ends. */
const MOST_BYTES = 2 ** 26;
const CHUNK = 2 ** 16;

/**
 * The text of a file.
 * @param what how errors call it, to stand after "no": `config file`
 * @throws UserError naming the file when there is none, it cannot be read, is larger than 64 MB or not UTF-8
 */
export function readTextFile(file: string, what: string): string {
  const bytes = readFile(file, what);
  const text = bytes.toString('utf8');
  if (isUtf8(bytes)) return text;
  // Written again, the first byte that was no UTF-8 differs.
  const again = Buffer.from(text);
  const at = bytes.findIndex((byte, i) => byte !== again[i]);
  const line = bytes.subarray(0, at).toString('latin1').split('\n').length;
  const hex = (bytes[at] ?? 0).toString(16).toUpperCase().padStart(2, '0');
  throw new UserError(`${file}:${line}: not UTF-8 text: byte 0x${hex} at offset ${at}`);
}

/** The bytes of a file, at most `most`. @param what, @throws as `readTextFile` */
export function readFile(file: string, what: string, most = MOST_BYTES): Buffer {
  let handle: number | undefined;
  try {
    handle = openSync(file, 'r');
    const chunks: Buffer[] = [];
    // The size that the file system tells is 0 for what a pipe or /dev/stdin holds.
    for (let total = 0; ; ) {
      const chunk = Buffer.allocUnsafe(total < CHUNK ? CHUNK : 16 * CHUNK);
      const read = readSync(handle, chunk);
      if (read === 0) return Buffer.concat(chunks, total);
      chunks.push(chunk.subarray(0, read));
      total += read;
      if (total > most) throw new UserError(`${file} is larger than ${size(most)}`);
    }
  } catch (error) {
    if (error instanceof UserError) throw error;
    const { code } = error as NodeJS.ErrnoException;
    if (code === undefined) throw error;
    if (code === 'ENOENT' || code === 'ENOTDIR') throw new UserError(`there is no ${what} ${file}`);
    if (code === 'EISDIR') throw new UserError(`${file} is a directory, not a ${what}`);
    if (code === 'ERR_INVALID_ARG_VALUE') throw new UserError(`no ${what} has the name ${show(file)}`);
    throw new UserError(`cannot read the ${what} ${file}: ${code}`);
  } finally {
    if (handle !== undefined) closeSync(handle);
  }
}

function size(bytes: number): string {
  return bytes < 2 ** 20 ? `${bytes} bytes` : `${Math.round(bytes / 2 ** 20)} MB`;
}

function show(file: string): string {
  return JSON.stringify(file.length > 60 ? `${file.slice(0, 57)}…` : file);
}
