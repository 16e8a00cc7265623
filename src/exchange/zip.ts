import { inflateSync } from 'fflate';
import { concatBytes, textBytes } from '../formats/bytes.ts';
import { crc32 } from '../formats/crc.ts';

/** A file inside an archive. */
export interface ZipEntry {
  readonly name: string;
  readonly bytes: Uint8Array;
}

/** PKZIP's APPNOTE 4.3: the three records a stored archive is made of, and where a name stands in each. */
const LOCAL = { signature: 0x04034b50, size: 30 };
const CENTRAL = { signature: 0x02014b50, size: 46 };
const END = { signature: 0x06054b50, size: 22 };
/** What an archive, or an array in it, may unpack to: no policy is larger. */
export const MOST_BYTES = 2 ** 29;
const STORED = 0;
const DEFLATED = 8;
/** What a deflated byte can stand for at most. [RFC 1951: 258 bytes in two bits] */
const MOST_OF_BYTE = 1032;
/** 1980-01-01, the first that the format can say: the same policy gives the same bytes on any day. */
const DATE = 0x0021;

/** A zip archive without compression, the same bytes for the same entries. Names are ASCII. */
export function writeZip(entries: readonly ZipEntry[]): Uint8Array<ArrayBuffer> {
  const files: Uint8Array[] = [];
  const directory: Uint8Array[] = [];
  let offset = 0;
  for (const { name, bytes } of entries) {
    const shared = record(26, [
      [0, 20, 2], // version that can read it
      [4, STORED, 2],
      [8, DATE, 2],
      [10, crc32(bytes), 4],
      [14, bytes.length, 4],
      [18, bytes.length, 4],
      [22, name.length, 2],
    ]);
    const local = concatBytes([word(LOCAL.signature), shared, textBytes(name), bytes]);
    const attributes = record(14, [[10, offset, 4]]);
    const version = record(2, [[0, 20, 2]]);
    directory.push(concatBytes([word(CENTRAL.signature), version, shared, attributes, textBytes(name)]));
    files.push(local);
    offset += local.length;
  }
  const central = concatBytes(directory);
  const end = record(END.size - 4, [
    [4, entries.length, 2],
    [6, entries.length, 2],
    [8, central.length, 4],
    [12, offset, 4],
  ]);
  return concatBytes([...files, central, word(END.signature), end]);
}

/** Zeros but for these numbers, little-endian. */
function record(
  size: number,
  numbers: readonly (readonly [at: number, value: number, bytes: 2 | 4])[],
): Uint8Array {
  const view = new DataView(new ArrayBuffer(size));
  for (const [at, value, bytes] of numbers)
    if (bytes === 2) view.setUint16(at, value, true);
    else view.setUint32(at, value, true);
  return new Uint8Array(view.buffer);
}

/** The names of the files in a zip archive. @throws Error when it is damaged */
export function zipNames(archive: Uint8Array): string[] {
  return directoryOf(archive).map(({ name }) => name);
}

/**
 * The files of a zip archive, stored or deflated, each checked against its CRC-32.
 * @throws Error when it is none, is damaged, uses anything else or unpacks to more than 512 MB
 */
export function readZip(archive: Uint8Array): ZipEntry[] {
  const packed = directoryOf(archive);
  // Before a byte of it is inflated: a few bytes can stand for many.
  const total = packed.reduce((sum, { size }) => sum + size, 0);
  if (total > MOST_BYTES)
    throw new Error(`unpacked it would take ${megabytes(total)}; at most ${megabytes(MOST_BYTES)} are read`);
  return packed.map(({ name, method, bytes, size, crc }) => {
    const unpacked = unpack(name, method, bytes, size);
    if (crc32(unpacked) !== crc)
      throw new Error(`${name} is damaged: its CRC-32 is not the one in the archive`);
    return { name, bytes: unpacked };
  });
}

function directoryOf(archive: Uint8Array) {
  const end = lastRecord(archive, END);
  if (end === undefined) throw new Error('not a zip archive, or one cut short');
  const count = two(archive, end + 10);
  let at = four(archive, end + 16);
  // APPNOTE 4.4.1.4: a field full of ones stands for one of zip64, which only such sizes need.
  if (count === 0xffff || at === 0xffffffff)
    throw new Error(
      `a zip64 archive, as of more than 4,096 MB or 65,534 files; at most ${megabytes(MOST_BYTES)} are read`,
    );
  return Array.from({ length: count }, () => {
    const entry = readDirectoryEntry(archive, at);
    at = entry.next;
    return entry;
  });
}

/** What the archive's directory says of one file, its packed bytes, and where the next entry stands. */
function readDirectoryEntry(archive: Uint8Array, at: number) {
  requireRecord(archive, at, CENTRAL);
  const nameLength = two(archive, at + 28);
  const name = new TextDecoder().decode(archive.subarray(at + CENTRAL.size, at + CENTRAL.size + nameLength));
  const packed = four(archive, at + 20);
  const local = four(archive, at + 42);
  requireRecord(archive, local, LOCAL);
  const start = local + LOCAL.size + two(archive, local + 26) + two(archive, local + 28);
  // In what was written whole: a size beyond the limit is said as such, and not as damage.
  const declared = Math.max(packed, four(archive, at + 24));
  if (declared > MOST_BYTES)
    throw new Error(
      `${name} is of ${megabytes(declared)}, more than the ${megabytes(MOST_BYTES)} that are read`,
    );
  if (start + packed > archive.length) throw new Error(`${name} does not end inside the archive`);
  return {
    name,
    method: two(archive, at + 10),
    crc: four(archive, at + 16),
    size: four(archive, at + 24),
    bytes: archive.subarray(start, start + packed),
    next: at + CENTRAL.size + nameLength + two(archive, at + 30) + two(archive, at + 32),
  };
}

/** A size in words. */
export function megabytes(bytes: number): string {
  return `${Math.ceil(bytes / 2 ** 20).toLocaleString('en')} MB`;
}

/** @throws Error unless a record of that kind stands there whole */
function requireRecord(archive: Uint8Array, at: number, { signature, size }: typeof LOCAL): void {
  if (at + size > archive.length || four(archive, at) !== signature)
    throw new Error('a damaged zip archive: its directory leads nowhere');
}

/** @param size what the archive says that the bytes unpacked are */
function unpack(name: string, method: number, bytes: Uint8Array, size: number): Uint8Array {
  if (method !== STORED && method !== DEFLATED) throw new Error(`${name} is compressed by method ${method}`);
  const unpacked = method === DEFLATED ? inflated(bytes, size) : bytes;
  if (unpacked === undefined)
    throw new Error(`${name} is damaged: it cannot be inflated to its ${size} bytes`);
  if (unpacked.length === size) return unpacked;
  throw new Error(`${name} is damaged: it has ${unpacked.length} bytes, not its ${size}`);
}

/** Undefined where they are damaged or come to more than `size`, beyond which nothing is unpacked. */
function inflated(bytes: Uint8Array, size: number): Uint8Array | undefined {
  if (size > MOST_OF_BYTE * (bytes.length + 1)) return undefined;
  try {
    // Into a byte more than it may have.
    const unpacked = inflateSync(bytes, { out: new Uint8Array(size + 1) });
    return unpacked.length > size ? undefined : unpacked;
  } catch {
    return undefined;
  }
}

/** Where the last whole record of a kind begins. */
function lastRecord(archive: Uint8Array, { signature, size }: typeof END): number | undefined {
  for (let at = archive.length - size; at >= 0; at--) if (four(archive, at) === signature) return at;
  return undefined;
}

function word(value: number): Uint8Array {
  return record(4, [[0, value, 4]]);
}

/** An integer of two bytes. @throws Error beyond the end */
function two(bytes: Uint8Array, at: number): number {
  const [low, high] = bytes.subarray(at, at + 2);
  if (low === undefined || high === undefined) throw new Error('a zip archive cut short');
  return low | (high << 8);
}

/** One of four. */
function four(bytes: Uint8Array, at: number): number {
  return two(bytes, at) + 2 ** 16 * two(bytes, at + 2);
}
