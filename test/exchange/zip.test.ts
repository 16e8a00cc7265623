import { expect, it } from 'vitest';
import { readZip, writeZip } from '../../src/exchange/zip.ts';

it('a file of 3.6 GB is refused by its size, as of one that is whole', () => {
  const archive = Buffer.from(writeZip([{ name: 'huge.npy', bytes: Buffer.from('x') }]));
  const central = archive.indexOf(Buffer.from('504b0102', 'hex'));
  for (const offset of [20, 24]) {
    const huge = Buffer.from(archive);
    huge.writeUInt32LE(3_600_000_000, central + offset);
    expect(() => readZip(huge)).toThrow('huge.npy is of 3,434 MB, more than the 512 MB that are read');
  }
  const torn = Buffer.from(archive);
  torn.writeUInt32LE(1000, central + 20);
  expect(() => readZip(torn)).toThrow('huge.npy does not end inside the archive');
  expect([...(readZip(archive)[0]?.bytes ?? [])]).toEqual([120]);
});

it('zip64, which sizes that are not read need, is named', () => {
  const archive = Buffer.from(writeZip([{ name: 'a.npy', bytes: Buffer.from('x') }]));
  const end = archive.indexOf(Buffer.from('504b0506', 'hex'));
  const files = Buffer.from(archive);
  files.writeUInt16LE(0xffff, end + 10);
  const offset = Buffer.from(archive);
  offset.writeUInt32LE(0xffffffff, end + 16);
  const words = 'a zip64 archive, as of more than 4,096 MB or 65,534 files; at most 512 MB are read';
  for (const large of [files, offset]) expect(() => readZip(large)).toThrow(words);
  const packed = Buffer.from(archive);
  packed.writeUInt32LE(0xffffffff, archive.indexOf(Buffer.from('504b0102', 'hex')) + 20);
  expect(() => readZip(packed)).toThrow('a.npy is of 4,096 MB, more than the 512 MB that are read');
});
