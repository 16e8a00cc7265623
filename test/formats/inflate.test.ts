import { deflateRawSync, inflateRawSync } from 'node:zlib';
import { fc, test } from '@fast-check/vitest';
import { describe, expect, it } from 'vitest';
import { inflateRaw } from '../../src/formats/inflate.ts';

const random = (length: number, letters: number): Uint8Array =>
  Uint8Array.from({ length }, (_, i) => Math.floor(letters * Math.abs(Math.sin(i * i + 1))));

describe('inflateRaw', () => {
  const texts: readonly [string, Uint8Array][] = [
    ['nothing', new Uint8Array(0)],
    ['a byte', Uint8Array.of(7)],
    ['zeros, far more than they take', new Uint8Array(300_000)],
    ['noise, which is stored', random(200_000, 256)],
    ['few letters', random(150_000, 5)],
    [
      'numbers of a network',
      new Uint8Array(Float32Array.from({ length: 9000 }, (_, i) => Math.cos(i)).buffer),
    ],
  ];
  it.each(texts)('unpacks %s at every level of zlib', (_, bytes) => {
    for (let level = 0; level <= 9; level++)
      expect(inflateRaw(deflateRawSync(bytes, { level }), bytes.length)).toEqual(Uint8Array.from(bytes));
    // Without codes of its own: Z_FIXED.
    expect(inflateRaw(deflateRawSync(bytes, { strategy: 4 }), bytes.length)).toEqual(Uint8Array.from(bytes));
  });

  test.prop([fc.uint8Array({ maxLength: 400 }), fc.integer({ min: 0, max: 9 })])(
    'unpacks what zlib packed',
    (bytes, level) => {
      expect(inflateRaw(deflateRawSync(bytes, { level }), bytes.length)).toEqual(bytes);
    },
  );

  test.prop([fc.uint8Array({ maxLength: 60 }), fc.integer({ min: 0, max: 200 })])(
    'of any bytes says what zlib says, or that they are damaged',
    (bytes, size) => {
      let right: Uint8Array | undefined;
      try {
        right = inflateRawSync(bytes);
      } catch {
        right = undefined;
      }
      if (right !== undefined && right.length === size)
        expect(inflateRaw(bytes, size)).toEqual(new Uint8Array(right));
      else expect(() => inflateRaw(bytes, size)).toThrow(Error);
    },
  );

  test.prop([fc.uint8Array({ minLength: 1, maxLength: 300 }), fc.nat(), fc.integer({ min: 0, max: 7 })])(
    'of packed bytes with a bit turned ends, with other bytes or an error, and never gives more',
    (bytes, where, bit) => {
      const packed = Uint8Array.from(deflateRawSync(bytes));
      packed[where % packed.length] ^= 1 << bit;
      try {
        expect(inflateRaw(packed, bytes.length)).toHaveLength(bytes.length);
      } catch (error) {
        expect((error as Error).constructor).toBe(Error);
      }
    },
  );

  it('makes no room for what so few bytes cannot come to', () => {
    const packed = deflateRawSync(new Uint8Array(1000));
    expect(() => inflateRaw(packed, 2 ** 29)).toThrow('too few bytes for what they are to be');
    expect(() => inflateRaw(packed, 999)).toThrow('more bytes than there are to be');
    expect(() => inflateRaw(packed, 1001)).toThrow('1000 bytes, not 1001');
  });
});
