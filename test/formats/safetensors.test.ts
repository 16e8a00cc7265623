import { fc, test as property } from '@fast-check/vitest';
import { describe, expect, test } from 'vitest';
import { decodeSafetensors, encodeSafetensors } from '../../src/formats/safetensors.ts';
import { file, join, type Parts, partsOf } from './rewrite.ts';

const floats = (...values: number[]): Buffer => Buffer.from(Float32Array.from(values).buffer);
const two: Parts = {
  metadata: { who: 'a test' },
  arrays: [
    { name: 'b', dtype: 'F32', shape: [2, 1], bytes: floats(1, 2) },
    { name: 'a', dtype: 'F32', shape: [], bytes: floats(3) },
  ],
};
const read = (bytes: Buffer) => decodeSafetensors(bytes, 'x.safetensors');

describe('a file', () => {
  test.each([
    ['as it was written', join(two)],
    ['with the header in another order', join(two, [1, 0])],
    ['with the data in another order', join({ ...two, arrays: two.arrays.toReversed() })],
    ['with a header that is not aligned', join(two, undefined, 1)],
    ['with a header padded to 64', join(two, undefined, 64)],
  ])('is read by name: %s', (_, bytes) => {
    const { arrays, metadata } = read(bytes);
    expect(metadata).toEqual({ who: 'a test' });
    expect(arrays.get('b')).toEqual({ shape: [2, 1], data: Float32Array.of(1, 2) });
    expect(arrays.get('a')).toEqual({ shape: [], data: Float32Array.of(3) });
    expect(arrays.size).toBe(2);
  });

  test('may have no metadata, no arrays, and arrays of no numbers', () => {
    const empty = { name: 'none', dtype: 'F32', shape: [0, 3], bytes: Buffer.alloc(0) };
    expect(read(join({ metadata: undefined, arrays: [] }))).toEqual({ metadata: {}, arrays: new Map() });
    for (const arrays of [
      [empty, ...two.arrays],
      [...two.arrays, empty],
    ])
      expect(read(join({ ...two, arrays })).arrays.get('none')).toEqual({
        shape: [0, 3],
        data: new Float32Array(0),
      });
  });

  property.prop([
    fc.uniqueArray(
      fc.record({ name: fc.string({ minLength: 1 }), data: fc.float32Array({ maxLength: 9 }) }),
      {
        selector: ({ name }) => name,
        maxLength: 5,
      },
    ),
    fc.infiniteStream(fc.nat()),
  ])('comes back bit for bit in whatever order it is written again', (given, random) => {
    const named = given.filter(({ name }) => name !== '__metadata__' && name !== '__proto__');
    const arrays = new Map(named.map(({ name, data }) => [name, { shape: [data.length], data }]));
    const parts = partsOf(Buffer.from(encodeSafetensors({ arrays, metadata: {} })));
    const shuffled = parts.arrays
      .map((array) => ({ array, key: random.next().value as number }))
      .sort((a, b) => a.key - b.key)
      .map(({ array }) => array);
    const back = read(join({ ...parts, arrays: shuffled })).arrays;
    expect(back.size).toBe(arrays.size);
    for (const [name, { data }] of arrays)
      expect(Buffer.from(back.get(name)?.data.buffer as ArrayBuffer)).toEqual(
        Buffer.from(data.slice().buffer),
      );
  });
});

describe('is refused in one line that says why:', () => {
  const array = (dtype: unknown, shape: unknown, offsets: unknown, name = '"a"'): string =>
    `${name}:${JSON.stringify({ dtype, shape, data_offsets: offsets })}`;
  const one = (...entries: string[]): Buffer => file(`{${entries.join(',')}}`, [floats(1, 2)]);
  const long = Buffer.alloc(8);
  long.writeBigUInt64LE(2n ** 63n);

  test.each<[string, Buffer, string]>([
    ['no header', Buffer.from('abc'), 'it has 3 bytes, the length of its header takes 8'],
    ['a header beyond the file', long, 'its header must be of at most 0 bytes, it says 9223372036854775808'],
    ['no JSON', file('{', []), 'x.safetensors: its header:1:9: not valid JSON'],
    ['no object', file('[1]', []), 'its header must be a JSON object, got [1]'],
    [
      'no UTF-8',
      Buffer.concat([Buffer.of(2, 0, 0, 0, 0, 0, 0, 0), Buffer.of(0xff, 0xfe)]),
      'its header is not UTF-8',
    ],
    [
      'a name twice',
      one(array('F32', [1], [0, 4]), array('F32', [1], [4, 8])),
      'the key "a" stands there twice',
    ],
    [
      'metadata that are no words',
      one('"__metadata__":{"a":1}'),
      'its __metadata__ must be an object of strings, got {"a":1}',
    ],
    ['an entry that is none', one('"a":7'), 'a must be an object of dtype, shape and data_offsets, got 7'],
    ['another type', one(array('F64', [1], [0, 8])), 'a must have dtype "F32" (float32), got "F64"'],
    ['half precision', one(array('BF16', [4], [0, 8])), 'a must have dtype "F32" (float32), got "BF16"'],
    [
      'a fractional shape',
      one(array('F32', [1.5], [0, 6])),
      'a must have a shape of integers ≥ 0, got [1.5]',
    ],
    [
      'a negative shape',
      one(array('F32', [-1, -2], [0, 8])),
      'a must have a shape of integers ≥ 0, got [-1,-2]',
    ],
    ['no shape', one(array('F32', 2, [0, 8])), 'a must have a shape of integers ≥ 0, got 2'],
    [
      'offsets of another size',
      one(array('F32', [3], [0, 8])),
      'a of shape [3] takes 12 bytes, its data_offsets 8',
    ],
    [
      'offsets backwards',
      one(array('F32', [2], [8, 0])),
      'a of shape [2] takes 8 bytes, its data_offsets -8',
    ],
    [
      'three offsets',
      one(array('F32', [2], [0, 8, 8])),
      'a must have data_offsets of two integers ≥ 0, got [0,8,8]',
    ],
    ['a huge shape', one(array('F32', [2 ** 40, 2 ** 40], [0, 8])), 'takes 4.835703278458517e+24 bytes'],
    [
      'a gap',
      one(array('F32', [1], [4, 8])),
      'a starts at byte 4 of the data, what stands before it ends at 0',
    ],
    [
      'an overlap',
      one(array('F32', [2], [0, 8]), array('F32', [1], [4, 8], '"b"')),
      'b starts at byte 4 of the data, what stands before it ends at 8',
    ],
    [
      'data beyond the file',
      one(array('F32', [3], [0, 12])),
      'a ends at byte 12 of the data, of which there are 8',
    ],
    [
      'data that nobody names',
      one(array('F32', [1], [0, 4])),
      'its arrays end at byte 4 of the data, of which there are 8',
    ],
  ])('%s', (_, bytes, message) => {
    expect(() => read(bytes)).toThrow(
      expect.objectContaining({ name: 'UserError', message: expect.stringContaining(message) }),
    );
  });
});
