import { closeSync, openSync, readFileSync, readSync, type Stats, statSync } from 'node:fs';
import { isUtf8 } from 'node:buffer';
import { isAbsolute, resolve } from 'node:path';
import { parseJson } from '../config/json.ts';
import { shorten, UserError } from '../user-error.ts';

/** More is no file of ours. */
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

/**
 * The bytes of a regular file, at most `most`, or of a pipe that the shell holds open (`/dev/stdin`, `<(command)`).
 * What may never end or never begin, a device or another pipe, is not opened.
 * @param what, @throws as `readTextFile`
 */
export function readFile(file: string, what: string, most = MOST_BYTES): Buffer {
  try {
    const stats = statSync(file);
    if (stats.isFile()) {
      if (stats.size > most) throw tooLarge(file, most, `: it has ${size(stats.size)}`);
      // The size that the file system tells is 0 for what stands in /proc.
      return stats.size > 0 ? readFileSync(file) : readToEnd(file, most);
    }
    if (stats.isFIFO() && INHERITED.test(file)) return readToEnd(file, most);
    throw new UserError(`${file} is a ${kindOf(stats)}, not a ${what}`);
  } catch (error) {
    if (error instanceof UserError) throw error;
    const { code } = error as NodeJS.ErrnoException;
    if (code === undefined) throw error;
    if (code === 'ENOENT' || code === 'ENOTDIR') {
      const place = isAbsolute(file) ? '' : `; looked for ${resolve(file)}`;
      throw new UserError(`there is no ${what} ${file}${place}`);
    }
    if (code === 'ERR_INVALID_ARG_VALUE') throw new UserError(`no ${what} has the name ${show(file)}`);
    throw new UserError(`cannot read the ${what} ${file}: ${code}`);
  }
}

/** Files that were opened by who started this process: what waits at the other end is there. */
const INHERITED = /^\/(?:dev\/(?:stdin|fd\/\d+)|proc\/self\/fd\/\d+)$/;

function readToEnd(file: string, most: number): Buffer {
  const handle = openSync(file, 'r');
  try {
    const chunks: Buffer[] = [];
    for (let total = 0; ; ) {
      const chunk = Buffer.allocUnsafe(CHUNK);
      const read = readSync(handle, chunk);
      if (read === 0) return Buffer.concat(chunks, total);
      chunks.push(chunk.subarray(0, read));
      total += read;
      if (total > most) throw tooLarge(file, most);
    }
  } finally {
    closeSync(handle);
  }
}

function kindOf(stats: Stats): string {
  if (stats.isDirectory()) return 'directory';
  if (stats.isFIFO()) return 'named pipe';
  return stats.isSocket() ? 'socket' : 'device';
}

/** @param has how large it is, where that is known before its end */
function tooLarge(file: string, most: number, has = ''): UserError {
  return new UserError(`${file} is larger than ${size(most)}${has}`);
}

function size(bytes: number): string {
  return bytes < 2 ** 20 ? `${bytes} bytes` : `${Math.ceil(bytes / 2 ** 20).toLocaleString('en')} MB`;
}

function show(file: string): string {
  return JSON.stringify(shorten(file, 60));
}

/** The JSON of a file. @param what how errors call it: `config file` @throws UserError naming the file */
export function readJsonFile(file: string, what: string): unknown {
  return parseJson(readTextFile(file, what), file);
}
