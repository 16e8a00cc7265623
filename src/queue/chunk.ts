import { createHash } from 'node:crypto';
import { promisify } from 'node:util';
import { deflateRaw, inflateRaw } from 'node:zlib';
import { UserError } from '../user-error.ts';

/*
 * What travels: pieces of at most so many bytes, compressed, each with a sum of what it unpacks to.
 */

/** Bytes of a piece before it is compressed. */
export const MOST_BYTES = 256 * 1024;

const deflate = promisify(deflateRaw);
const inflate = promisify(inflateRaw);

export function pack(bytes: Uint8Array): Promise<Buffer> {
  return deflate(bytes, { level: 3 });
}

/** @throws UserError where it is damaged, or would become more than a piece may have */
export async function unpack(packed: Buffer, most = MOST_BYTES): Promise<Buffer> {
  try {
    return await inflate(packed, { maxOutputLength: Math.max(1, most) });
  } catch (cause) {
    throw new UserError(`what came through the queue is damaged (${(cause as Error).message})`, 1);
  }
}

/** SHA-256 in hexadecimal of pieces one after the other. */
export function sumOf(...pieces: readonly Uint8Array[]): string {
  const hash = createHash('sha256');
  for (const piece of pieces) hash.update(piece);
  return hash.digest('hex');
}

/** Cuts bytes into what may travel; nothing is one empty piece. */
export function piecesOf(bytes: Uint8Array): Uint8Array[] {
  const pieces: Uint8Array[] = [];
  for (let at = 0; at === 0 || at < bytes.length; at += MOST_BYTES)
    pieces.push(bytes.subarray(at, at + MOST_BYTES));
  return pieces;
}
