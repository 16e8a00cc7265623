import { inflateRawSync } from 'node:zlib';
import { crc32 } from '../formats/crc.ts';

/** A file inside an archive. */
export interface ZipEntry {
  readonly name: string;
  readonly bytes: Buffer;
}

/** PKZIP's APPNOTE 4.3: the three records a stored archive is made of, and where a name stands in each. */
const LOCAL = { signature: 0x04034b50, size: 30 };
const CENTRAL = { signature: 0x02014b50, size: 46 };
const END = { signature: 0x06054b50, size: 22 };
/** What an archive, or an array in it, may unpack to: no policy is larger. */
export const MOST_BYTES = 2 ** 29;
const STORED = 0;
const DEFLATED = 8;
/** 1980-01-01, the first that the format can say: the same policy gives the same bytes on any day. */
const DATE = 0x0021;

/** A zip archive without compression, the same bytes for the same entries. Names are ASCII. */
export function writeZip(entries: readonly ZipEntry[]): Buffer {
  const files: Buffer[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  for (const { name, bytes } of entries) {
    const shared = Buffer.alloc(26);
    shared.writeUInt16LE(20, 0); // version that can read it
    shared.writeUInt16LE(STORED, 4);
    shared.writeUInt16LE(DATE, 8);
    shared.writeUInt32LE(crc32(bytes), 10);
    shared.writeUInt32LE(bytes.length, 14);
    shared.writeUInt32LE(bytes.length, 18);
    shared.writeUInt16LE(name.length, 22);
    const local = Buffer.concat([word(LOCAL.signature), shared, Buffer.from(name), bytes]);
    const attributes = Buffer.alloc(14);
    attributes.writeUInt32LE(offset, 10);
    const version = Buffer.from([20, 0]);
    directory.push(Buffer.concat([word(CENTRAL.signature), version, shared, attributes, Buffer.from(name)]));
    files.push(local);
    offset += local.length;
  }
  const central = Buffer.concat(directory);
  const end = Buffer.alloc(END.size - 4);
  end.writeUInt16LE(entries.length, 4);
  end.writeUInt16LE(entries.length, 6);
  end.writeUInt32LE(central.length, 8);
  end.writeUInt32LE(offset, 12);
  return Buffer.concat([...files, central, word(END.signature), end]);
}

/** The names of the files in a zip archive. @throws Error when it is damaged */
export function zipNames(archive: Buffer): string[] {
  return directoryOf(archive).map(({ name }) => name);
}

/**
 * The files of a zip archive, stored or deflated, each checked against its CRC-32.
 * @throws Error when it is none, is damaged, uses anything else or unpacks to more than 512 MB
 */
export function readZip(archive: Buffer): ZipEntry[] {
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

function directoryOf(archive: Buffer) {
  const end = archive.lastIndexOf(word(END.signature));
  if (end < 0 || end + END.size > archive.length) throw new Error('not a zip archive, or one cut short');
  const count = archive.readUInt16LE(end + 10);
  let at = archive.readUInt32LE(end + 16);
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
function readDirectoryEntry(archive: Buffer, at: number) {
  requireRecord(archive, at, CENTRAL);
  const nameLength = archive.readUInt16LE(at + 28);
  const name = archive.toString('utf8', at + CENTRAL.size, at + CENTRAL.size + nameLength);
  const packed = archive.readUInt32LE(at + 20);
  const local = archive.readUInt32LE(at + 42);
  requireRecord(archive, local, LOCAL);
  const start = local + LOCAL.size + archive.readUInt16LE(local + 26) + archive.readUInt16LE(local + 28);
  // In what was written whole: a size beyond the limit is said as such, and not as damage.
  const declared = Math.max(packed, archive.readUInt32LE(at + 24));
  if (declared > MOST_BYTES)
    throw new Error(
      `${name} is of ${megabytes(declared)}, more than the ${megabytes(MOST_BYTES)} that are read`,
    );
  if (start + packed > archive.length) throw new Error(`${name} does not end inside the archive`);
  return {
    name,
    method: archive.readUInt16LE(at + 10),
    crc: archive.readUInt32LE(at + 16),
    size: archive.readUInt32LE(at + 24),
    bytes: archive.subarray(start, start + packed),
    next: at + CENTRAL.size + nameLength + archive.readUInt16LE(at + 30) + archive.readUInt16LE(at + 32),
  };
}

/** A size in words. */
export function megabytes(bytes: number): string {
  return `${Math.ceil(bytes / 2 ** 20).toLocaleString('en')} MB`;
}

/** @throws Error unless a record of that kind stands there whole */
function requireRecord(archive: Buffer, at: number, { signature, size }: typeof LOCAL): void {
  if (at + size > archive.length || archive.readUInt32LE(at) !== signature)
    throw new Error('a damaged zip archive: its directory leads nowhere');
}

/** @param size what the archive says that the bytes unpacked are */
function unpack(name: string, method: number, bytes: Buffer, size: number): Buffer {
  if (method !== STORED && method !== DEFLATED) throw new Error(`${name} is compressed by method ${method}`);
  let unpacked = bytes;
  if (method === DEFLATED) {
    try {
      unpacked = inflateRawSync(bytes, { maxOutputLength: size + 1 });
    } catch {
      throw new Error(`${name} is damaged: it cannot be inflated to its ${size} bytes`);
    }
  }
  if (unpacked.length === size) return unpacked;
  throw new Error(`${name} is damaged: it has ${unpacked.length} bytes, not its ${size}`);
}

function word(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}
