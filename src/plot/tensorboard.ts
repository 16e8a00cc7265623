import type { PlottedRun } from './plotted-run.ts';
import { numberOf } from './plotted-run.ts';

/**
 * The scalars of a run as a TensorBoard event file: TFRecords of `Event` messages (tensorflow/core/util/
 * event.proto). One event a row; its step is the environment step, its tags are the names of the columns. Words
 * and null are left out, true is 1.
 *
 * @param startedAt seconds since 1970, to which the row's own seconds are added
 */
export function encodeEvents(run: PlottedRun, startedAt: number): Buffer {
  const steps = run.columns.get('steps');
  const names = [...run.columns.keys()].filter((name) => name !== 'update' && name !== 'steps');
  const columns = names.map((name) => ({ name, cells: run.columns.get(name) ?? [] }));
  const records = [record(message([double(1, startedAt), text(3, 'brain.Event:2')]))];
  run.updates.forEach((update, at) => {
    const values = columns.flatMap(({ name, cells }) => {
      const cell = cells[at];
      if (cell === null || (typeof cell === 'string' && !/^(NaN|-?Infinity)$/.test(cell))) return [];
      const value = numberOf(cell);
      if (value === null || isBeyondFloat32(value)) return [];
      return [bytes(1, message([text(1, name), float(2, value)]))];
    });
    const step = numberOf(steps?.[at]) ?? update;
    const seconds = startedAt + (run.seconds[at] ?? 0);
    records.push(record(message([double(1, seconds), varint(2, step), bytes(5, message(values))])));
  });
  return Buffer.concat(records);
}

/** Finite, and infinite as the float32 that a scalar of TensorBoard is (`simple_value`). */
function isBeyondFloat32(value: number): boolean {
  return Number.isFinite(value) && !Number.isFinite(Math.fround(value));
}

/** What `encodeEvents` leaves out, one line a column: values that float32 cannot hold. */
export function valuesLeftOut(run: PlottedRun): string[] {
  return [...run.columns].flatMap(([name, cells]) => {
    const beyond = cells.filter((cell) => typeof cell === 'number' && isBeyondFloat32(cell));
    if (beyond.length === 0) return [];
    return [
      `${run.path}: ${beyond.length} values of ${name} left out, such as ${beyond[0]}: TensorBoard's are float32`,
    ];
  });
}

/** One TFRecord: length, its checksum, the data, its checksum; all little-endian. */
export function record(data: Buffer): Buffer {
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(data.length));
  return Buffer.concat([length, uint32(maskedCrc32c(length)), data, uint32(maskedCrc32c(data))]);
}

function uint32(value: number): Buffer {
  const four = Buffer.alloc(4);
  four.writeUInt32LE(value);
  return four;
}

/** CRC-32C, turned right by 15 bits and shifted by a constant, as tensorflow/core/lib/hash/crc32c.h has it. */
export function maskedCrc32c(data: Buffer): number {
  const crc = crc32c(data);
  return (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0;
}

/** Castagnoli's polynomial, reflected. [RFC 3720, appendix B.4] */
const POLYNOMIAL = 0x82f63b78;
const TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte;
  for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ POLYNOMIAL : crc >>> 1;
  return crc;
});

/** CRC-32C. [RFC 3720, appendix B.4] */
export function crc32c(data: Buffer): number {
  let crc = 0xffffffff;
  for (const byte of data) crc = TABLE[(crc ^ byte) & 0xff] ^ (crc >>> 8);
  return (crc ^ 0xffffffff) >>> 0;
}

/*
 * Protocol buffers: a message is its fields one after the other, each a key (number · 8 + wire type) and its
 * value. Wire types: 0 varint, 1 eight bytes, 2 length and bytes, 5 four bytes.
 */
function message(fields: readonly Buffer[]): Buffer {
  return Buffer.concat(fields);
}

function key(field: number, wireType: number): number {
  return field * 8 + wireType;
}

function double(field: number, value: number): Buffer {
  const encoded = Buffer.alloc(9);
  encoded[0] = key(field, 1);
  encoded.writeDoubleLE(value, 1);
  return encoded;
}

function float(field: number, value: number): Buffer {
  const encoded = Buffer.alloc(5);
  encoded[0] = key(field, 5);
  encoded.writeFloatLE(value, 1);
  return encoded;
}

function varint(field: number, value: number): Buffer {
  return Buffer.from([key(field, 0), ...base128(value)]);
}

function bytes(field: number, content: Buffer): Buffer {
  return Buffer.concat([Buffer.from([key(field, 2), ...base128(content.length)]), content]);
}

function text(field: number, content: string): Buffer {
  return bytes(field, Buffer.from(content, 'utf8'));
}

/** Seven bits a byte, the least first; the top bit says that more follow. @param value whole, ≥ 0, < 2⁵³ */
function base128(value: number): number[] {
  const digits: number[] = [];
  let rest = value;
  while (rest >= 128) {
    digits.push((rest % 128) + 128);
    rest = Math.floor(rest / 128);
  }
  return [...digits, rest];
}
