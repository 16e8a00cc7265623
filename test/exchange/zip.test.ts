import { expect, it } from 'vitest';
import { readZip, writeZip } from '../../src/exchange/zip.ts';

it('a file of 3.6 GB is refused by its size, as of one that is whole', () => {
  const archive = writeZip([{ name: 'huge.npy', bytes: Buffer.from('x') }]);
  const central = archive.indexOf(Buffer.from('504b0102', 'hex'));
  for (const offset of [20, 24]) {
    const huge = Buffer.from(archive);
    huge.writeUInt32LE(3_600_000_000, central + offset);
    expect(() => readZip(huge)).toThrow('huge.npy is of 3,434 MB, more than the 512 MB that are read');
  }
  const torn = Buffer.from(archive);
  torn.writeUInt32LE(1000, central + 20);
  expect(() => readZip(torn)).toThrow('huge.npy does not end inside the archive');
  expect(readZip(archive)[0]?.bytes.toString()).toBe('x');
});
