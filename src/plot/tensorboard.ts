import { concatBytes } from '../formats/bytes.ts';
import { crc32c } from '../formats/crc.ts';
import { bytesField, doubleField, floatField, integerField } from '../formats/protobuf.ts';
import type { PlottedRun } from './plotted-run.ts';
import { numberOf } from './plotted-run.ts';

/**
 * The scalars of a run as a TensorBoard event file: TFRecords of `Event` messages (tensorflow/core/util/
 * event.proto). One event a row; its step is the environment step, its tags are the names of the columns. Words
 * and null are left out, true is 1.
 *
 * @param startedAt seconds since 1970, to which the row's own seconds are added
 */
export function encodeEvents(run: PlottedRun, startedAt: number): Uint8Array {
  const steps = run.columns.get('steps');
  const names = [...run.columns.keys()].filter((name) => name !== 'update' && name !== 'steps');
  const columns = names.map((name) => ({ name, cells: run.columns.get(name) ?? [] }));
  const records = [record([doubleField(1, startedAt), bytesField(3, 'brain.Event:2')])];
  run.updates.forEach((update, at) => {
    const values = columns.flatMap(({ name, cells }) => {
      const cell = cells[at];
      if (cell === null || (typeof cell === 'string' && !/^(NaN|-?Infinity)$/.test(cell))) return [];
      const value = numberOf(cell);
      if (value === null || isBeyondFloat32(value)) return [];
      return [bytesField(1, [bytesField(1, name), floatField(2, value)])];
    });
    const step = numberOf(steps?.[at]) ?? update;
    const seconds = startedAt + (run.seconds[at] ?? 0);
    records.push(record([doubleField(1, seconds), integerField(2, step), bytesField(5, values)]));
  });
  return concatBytes(records);
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

/** One TFRecord of a message of these fields: length, its checksum, the data, its checksum; all little-endian. */
export function record(fields: readonly Uint8Array[]): Uint8Array {
  const data = concatBytes(fields);
  const length = concatBytes([uint32(data.length), uint32(0)]);
  return concatBytes([length, uint32(maskedCrc32c(length)), data, uint32(maskedCrc32c(data))]);
}

function uint32(value: number): Uint8Array {
  return Uint8Array.from([0, 8, 16, 24], (shift) => value >>> shift);
}

/** CRC-32C, turned right by 15 bits and shifted by a constant, as tensorflow/core/lib/hash/crc32c.h has it. */
export function maskedCrc32c(data: Uint8Array): number {
  const crc = crc32c(data);
  return (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0;
}
