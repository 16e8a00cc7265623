/** A picture of an animation: a rectangle that is put over what was there. */
export interface GifFrame {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
  /** [height, width] of indices into the palette. */
  readonly pixels: Uint8Array;
  /** In hundredths of a second. */
  readonly delay: number;
}

/**
 * An animated GIF that repeats for ever. [GIF89a, CompuServe 1990]
 * @param palette red, green and blue of each of at most 256 colours
 */
export function encodeGif(
  width: number,
  height: number,
  palette: readonly (readonly [number, number, number])[],
  frames: readonly GifFrame[],
): Uint8Array {
  // The colour table has a power of two entries, at least four where codes begin with three bits.
  const bits = Math.max(2, 32 - Math.clz32(palette.length - 1));
  const table = Array.from({ length: 1 << bits }, (_, i) => palette[i] ?? [0, 0, 0]);
  const bytes: number[] = [
    ...text('GIF89a'),
    ...word(width),
    ...word(height),
    0x80 | 0x70 | (bits - 1),
    0,
    0,
  ];
  for (const color of table) bytes.push(...color);
  bytes.push(0x21, 0xff, 11, ...text('NETSCAPE2.0'), 3, 1, 0, 0, 0);
  for (const { left, top, width: across, height: down, pixels, delay } of frames) {
    // What is drawn stays (disposal 1).
    bytes.push(0x21, 0xf9, 4, 1 << 2, ...word(delay), 0, 0);
    bytes.push(0x2c, ...word(left), ...word(top), ...word(across), ...word(down), 0, bits);
    const data = compress(pixels, bits);
    for (let at = 0; at < data.length; at += 255) {
      const block = data.slice(at, at + 255);
      bytes.push(block.length, ...block);
    }
    bytes.push(0);
  }
  bytes.push(0x3b);
  return Uint8Array.from(bytes);
}

function word(value: number): [number, number] {
  return [value & 0xff, value >> 8];
}

function text(letters: string): number[] {
  return Array.from(letters, (letter) => letter.charCodeAt(0));
}

/** Codes have at most twelve bits. */
const MOST_CODES = 4096;

/** LZW with codes that grow, the least bit first. [GIF89a, appendix F] @param bits of an index */
function compress(pixels: Uint8Array, bits: number): number[] {
  const clear = 1 << bits;
  const bytes: number[] = [];
  let size = bits + 1;
  let next = clear + 2;
  /** Code of a run and the index after it → code of both. */
  let known = new Map<number, number>();
  let pending = 0;
  let filled = 0;
  const put = (code: number): void => {
    pending |= code << filled;
    filled += size;
    for (; filled >= 8; filled -= 8) {
      bytes.push(pending & 0xff);
      pending >>>= 8;
    }
  };
  put(clear);
  let run = pixels[0] ?? 0;
  for (let at = 1; at < pixels.length; at++) {
    const key = (run << 8) | pixels[at];
    const longer = known.get(key);
    if (longer !== undefined) {
      run = longer;
      continue;
    }
    put(run);
    run = pixels[at];
    if (next === MOST_CODES) {
      put(clear);
      known = new Map();
      size = bits + 1;
      next = clear + 2;
      continue;
    }
    // The reader learns a code one step later: sizes grow when it has.
    if (next === 1 << size) size += 1;
    known.set(key, next++);
  }
  put(run);
  put(clear + 1);
  if (filled > 0) bytes.push(pending & 0xff);
  return bytes;
}
