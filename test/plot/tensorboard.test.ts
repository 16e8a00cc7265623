import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { readPlottedRun } from '../../src/plot/read-runs.ts';
import { crc32c } from '../../src/formats/crc.ts';
import { encodeEvents, maskedCrc32c, record, valuesLeftOut } from '../../src/plot/tensorboard.ts';
import { temporaryFolder, writeRun } from './runs-on-disk.ts';

test('CRC-32C agrees with the vectors of RFC 3720, appendix B.4', () => {
  expect(crc32c(Buffer.alloc(32))).toBe(0x8a9136aa);
  expect(crc32c(Buffer.alloc(32, 0xff))).toBe(0x62a8ab43);
  expect(crc32c(Buffer.from(Array.from({ length: 32 }, (_, i) => i)))).toBe(0x46dd794e);
  expect(crc32c(Buffer.from(Array.from({ length: 32 }, (_, i) => 31 - i)))).toBe(0x113fdb5c);
});

test('the mask turns by 15 bits and adds TensorFlow’s constant', () => {
  // crc32c("123456789") is e3069283; (crc >>> 15 | crc << 17) + a282ead8 modulo 2³².
  expect(crc32c(Buffer.from('123456789'))).toBe(0xe3069283);
  const turned = ((0xe3069283 >>> 15) | (0xe3069283 << 17)) >>> 0;
  expect(maskedCrc32c(Buffer.from('123456789'))).toBe((turned + 0xa282ead8) % 2 ** 32);
});

test('an event file begins with its version, as TensorBoard’s own writer has it', () => {
  const root = temporaryFolder();
  const run = readPlottedRun(writeRun(root, { updates: 0 }), { timing: true });
  // Event{wall_time: 1.5, file_version: "brain.Event:2"}: 24 bytes.
  const event = Buffer.from(`09000000000000f83f1a0d${Buffer.from('brain.Event:2').toString('hex')}`, 'hex');
  expect(event.length).toBe(24);
  const bytes = Buffer.from(encodeEvents(run, 1.5));
  expect(bytes.equals(record([event]))).toBe(true);
  expect(bytes.subarray(0, 8).toString('hex')).toBe('1800000000000000');
  // The checksum of the length 24, known from every file TensorBoard writes.
  expect(bytes.subarray(8, 12).toString('hex')).toBe('a37f4b22');
});

test('what float32 cannot hold is left out, and said to be', () => {
  const root = temporaryFolder();
  const row = (update: number) => ({
    returnMean: update === 2 ? -1e300 : 1,
    valueLoss: 3e38,
    k1: Number.POSITIVE_INFINITY,
  });
  const run = readPlottedRun(writeRun(root, { updates: 3, row }), { timing: true });
  expect(valuesLeftOut(run)).toEqual([
    `${run.path}: 1 values of returnMean left out, such as -1e+300: TensorBoard's are float32`,
  ]);
  const names = Buffer.from(encodeEvents(run, 0)).toString('latin1');
  expect(names.match(/returnMean/g)).toHaveLength(2);
  expect(names.match(/valueLoss/g)).toHaveLength(3);
});

const python = process.env.LEASH_TENSORBOARD_PYTHON ?? 'python3';

function hasTensorboard(): boolean {
  try {
    execFileSync(python, ['-c', 'import tensorboard'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

const READER = `
import json, sys
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
events = EventAccumulator(sys.argv[1], size_guidance={'scalars': 0})
events.Reload()
print(json.dumps({tag: [[e.step, e.value, e.wall_time] for e in events.Scalars(tag)] for tag in events.Tags()['scalars']}))
`;

test.skipIf(!hasTensorboard())(
  'TensorBoard reads the values, steps and times back (skipped where Python has no tensorboard; LEASH_TENSORBOARD_PYTHON names another Python)',
  () => {
    const root = temporaryFolder();
    const row = (update: number) => ({
      returnMean: update === 2 ? null : update / 4,
      deltaViolated: update === 3,
    });
    const run = readPlottedRun(writeRun(root, { updates: 3, row }), { timing: true });
    writeFileSync(join(root, 'events.out.tfevents.1.leash'), encodeEvents(run, 1_700_000_000));
    const read = JSON.parse(execFileSync(python, ['-c', READER, root], { encoding: 'utf8' }));
    expect(read.returnMean).toEqual([
      [100, 0.25, 1_700_000_000.1],
      [300, 0.75, 1_700_000_000.3],
    ]);
    expect(read.deltaViolated.map(([, value]: number[]) => value)).toEqual([0, 0, 1]);
    expect(read.stopReason).toBeUndefined();
  },
);
