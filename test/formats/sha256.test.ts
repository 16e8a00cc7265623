import { createHash } from 'node:crypto';
import { expect, it } from 'vitest';
import { sha256 } from '../../src/formats/sha256.ts';

it('is that of Node.js, at every length around the borders of blocks', () => {
  const bytes = Uint8Array.from({ length: 70_000 }, (_, at) => (at * 2_654_435_761) >>> 24);
  for (const length of [...Array.from({ length: 200 }, (_, at) => at), 4095, 4096, 70_000]) {
    const part = bytes.subarray(0, length);
    expect(sha256(part), String(length)).toBe(createHash('sha256').update(part).digest('hex'));
  }
});
