import { fc, test as property } from '@fast-check/vitest';
import { expect, it } from 'vitest';
import { encodeGif } from '../../src/formats/gif.ts';

/** Frames of a GIF that `encodeGif` wrote, read by the standard alone. [GIF89a, CompuServe 1990] */
function decode(bytes: Uint8Array): {
  width: number;
  height: number;
  frames: { box: number[]; delay: number; pixels: number[] }[];
} {
  const word = (at: number): number => bytes[at] + 256 * bytes[at + 1];
  expect(Buffer.from(bytes.subarray(0, 6)).toString('latin1')).toBe('GIF89a');
  const frames: { box: number[]; delay: number; pixels: number[] }[] = [];
  let at = 13 + 3 * (2 << (bytes[10] & 7));
  let delay = 0;
  for (; bytes[at] !== 0x3b; ) {
    if (bytes[at] === 0x21) {
      if (bytes[at + 1] === 0xf9) delay = word(at + 4);
      at += 2;
      while (bytes[at] !== 0) at += bytes[at] + 1;
      at += 1;
      continue;
    }
    expect(bytes[at]).toBe(0x2c);
    const box = [1, 3, 5, 7].map((offset) => word(at + offset));
    const bits = bytes[at + 10];
    at += 11;
    const data: number[] = [];
    while (bytes[at] !== 0) {
      data.push(...bytes.subarray(at + 1, at + 1 + bytes[at]));
      at += bytes[at] + 1;
    }
    at += 1;
    frames.push({ box, delay, pixels: expand(data, bits) });
  }
  expect(at).toBe(bytes.length - 1);
  return { width: word(6), height: word(8), frames };
}

function expand(data: readonly number[], bits: number): number[] {
  const [clear, end] = [1 << bits, (1 << bits) + 1];
  const start = (): number[][] => Array.from({ length: clear + 2 }, (_, i) => [i]);
  let codes = start();
  let size = bits + 1;
  let previous: number[] | undefined;
  const pixels: number[] = [];
  for (let position = 0; ; position += 0) {
    let code = 0;
    for (let b = 0; b < size; b++, position++) code |= ((data[position >> 3] >> (position & 7)) & 1) << b;
    if (code === end) return pixels;
    if (code === clear) {
      codes = start();
      size = bits + 1;
      previous = undefined;
      continue;
    }
    const run: number[] = codes[code] ?? [...(previous as number[]), (previous as number[])[0]];
    if (previous !== undefined && codes.length < 4096) codes.push([...previous, run[0]]);
    if (codes.length === 1 << size && size < 12) size += 1;
    pixels.push(...run);
    previous = run;
  }
}

const palette = (count: number): [number, number, number][] =>
  Array.from({ length: count }, (_, i) => [i, 0, 255 - i]);

property.prop([
  fc.integer({ min: 2, max: 256 }),
  fc.array(fc.integer({ min: 0, max: 255 }), { minLength: 1, maxLength: 600 }),
])('every picture comes back', (count, values) => {
  const pixels = Uint8Array.from(values, (value) => value % count);
  const frame = { left: 3, top: 0, width: pixels.length, height: 1, pixels, delay: 7 };
  const gif = decode(encodeGif(700, 5, palette(count), [frame]));
  expect(gif).toMatchObject({ width: 700, height: 5 });
  expect(gif.frames).toEqual([{ box: [3, 0, pixels.length, 1], delay: 7, pixels: [...pixels] }]);
});

it('comes back where codes run out: more than 4096 of them', () => {
  let state = 1;
  const pixels = Uint8Array.from({ length: 60_000 }, () => {
    state = (state * 16_807) % 2_147_483_647;
    return state % 97;
  });
  const frame = { left: 0, top: 0, width: 300, height: 200, pixels, delay: 2 };
  const [first, second] = decode(encodeGif(300, 200, palette(97), [frame, { ...frame, delay: 100 }])).frames;
  expect(first?.pixels).toEqual([...pixels]);
  expect(second).toMatchObject({ delay: 100, box: [0, 0, 300, 200] });
});
