/*
 * DEFLATE [RFC 1951], unpacked: what NumPy's compressed archives hold. Written out here so that one reader serves Node.js and a
 * page, where only a stream could do it.
 */

/** Of the length codes 257 to 285 (§3.2.5): the least length and how many bits more there are. */
const LENGTHS = [
  3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99, 115, 131, 163, 195,
  227, 258,
];
const LENGTH_BITS = [0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0];
/** Likewise of the distance codes 0 to 29. */
const DISTANCES = [
  1, 2, 3, 4, 5, 7, 9, 13, 17, 25, 33, 49, 65, 97, 129, 193, 257, 385, 513, 769, 1025, 1537, 2049, 3073, 4097,
  6145, 8193, 12289, 16385, 24577,
];
const DISTANCE_BITS = [
  0, 0, 0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7, 8, 8, 9, 9, 10, 10, 11, 11, 12, 12, 13, 13,
];
/** In which order the lengths of the code for code lengths stand (§3.2.7). */
const ORDER = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];
const LONGEST = 15;

/** A Huffman code: how many codes there are of each length, and what they stand for in order. */
interface Code {
  readonly counts: Uint16Array;
  readonly symbols: Uint16Array;
}

/** @throws Error where more codes of a length are asked for than there are */
function codeOf(lengths: ArrayLike<number>): Code {
  const counts = new Uint16Array(LONGEST + 1);
  for (let s = 0; s < lengths.length; s++) counts[lengths[s] as number] += 1;
  counts[0] = 0;
  const offsets = new Uint16Array(LONGEST + 2);
  let left = 1;
  for (let length = 1; length <= LONGEST; length++) {
    left = 2 * left - (counts[length] as number);
    if (left < 0) throw new Error('a code has too many words');
    offsets[length + 1] = (offsets[length] as number) + (counts[length] as number);
  }
  const symbols = new Uint16Array(lengths.length);
  for (let s = 0; s < lengths.length; s++) {
    const length = lengths[s] as number;
    if (length > 0) symbols[offsets[length]++] = s;
  }
  return { counts, symbols };
}

/** The codes of blocks that bring none (§3.2.6). */
const FIXED = {
  literals: codeOf(Uint8Array.from({ length: 288 }, (_, s) => (s < 144 ? 8 : s < 256 ? 9 : s < 280 ? 7 : 8))),
  distances: codeOf(new Uint8Array(30).fill(5)),
};

/**
 * The bytes that were packed.
 * @param size how many there are
 * @throws Error where the packed bytes are damaged, or do not come to `size`
 */
export function inflateRaw(packed: Uint8Array, size: number): Uint8Array<ArrayBuffer> {
  // 258 bytes of two bits are the most that a word can stand for: room is made only for what can come.
  if (size > 1032 * (packed.length + 1)) throw new Error('too few bytes for what they are to be');
  const out = new Uint8Array(size);
  const bits = new Bits(packed);
  let at = 0;
  for (let isLast = false; !isLast; ) {
    isLast = bits.take(1) === 1;
    const kind = bits.take(2);
    if (kind === 0) at = bits.copyStored(out, at);
    else if (kind === 1) at = unpackBlock(bits, FIXED, out, at);
    else if (kind === 2) at = unpackBlock(bits, readCodes(bits), out, at);
    else throw new Error('a block of no kind');
  }
  if (at !== size) throw new Error(`${at} bytes, not ${size}`);
  return out;
}

/** Bits of bytes, the lowest first. */
class Bits {
  private readonly bytes: Uint8Array;
  private next = 0;
  private held = 0;
  private count = 0;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
  }

  /** @param count at most 13 */
  take(count: number): number {
    while (this.count < count) {
      if (this.next >= this.bytes.length) throw new Error('it ends before its last block does');
      this.held |= (this.bytes[this.next++] as number) << this.count;
      this.count += 8;
    }
    const value = this.held & ((1 << count) - 1);
    this.held >>>= count;
    this.count -= count;
    return value;
  }

  /** What the next word of a code stands for, its highest bit first. */
  decode({ counts, symbols }: Code): number {
    let code = 0;
    let first = 0;
    let index = 0;
    for (let length = 1; length <= LONGEST; length++) {
      code |= this.take(1);
      const count = counts[length] as number;
      if (code - first < count) return symbols[index + code - first] as number;
      index += count;
      first = (first + count) << 1;
      code <<= 1;
    }
    throw new Error('a word that its code does not have');
  }

  /** A block that was not packed (§3.2.4): from the next whole byte on. */
  copyStored(out: Uint8Array, at: number): number {
    this.held = 0;
    this.count = 0;
    const [a = 0, b = 0, c = 0, d = 0] = this.bytes.subarray(this.next, this.next + 4);
    const length = a | (b << 8);
    const start = this.next + 4;
    if ((length ^ (c | (d << 8))) !== 0xffff || start + length > this.bytes.length)
      throw new Error('a stored block of another length than it says');
    if (at + length > out.length) throw new Error('more bytes than there are to be');
    out.set(this.bytes.subarray(start, start + length), at);
    this.next = start + length;
    return at + length;
  }
}

/** The codes that a block brings along (§3.2.7). */
function readCodes(bits: Bits): typeof FIXED {
  const literals = bits.take(5) + 257;
  const distances = bits.take(5) + 1;
  const own = new Uint8Array(19);
  const given = bits.take(4) + 4;
  for (let i = 0; i < given; i++) own[ORDER[i] as number] = bits.take(3);
  const code = codeOf(own);
  const lengths = new Uint8Array(literals + distances);
  for (let at = 0; at < lengths.length; ) {
    const symbol = bits.decode(code);
    if (symbol < 16) {
      lengths[at++] = symbol;
      continue;
    }
    if (symbol === 16 && at === 0) throw new Error('a length that repeats none');
    const value = symbol === 16 ? (lengths[at - 1] as number) : 0;
    const times = symbol === 16 ? 3 + bits.take(2) : symbol === 17 ? 3 + bits.take(3) : 11 + bits.take(7);
    if (at + times > lengths.length) throw new Error('more lengths than codes');
    lengths.fill(value, at, at + times);
    at += times;
  }
  return { literals: codeOf(lengths.subarray(0, literals)), distances: codeOf(lengths.subarray(literals)) };
}

/** Bytes as they are, and stretches of those before, to the end of the block. @returns where in `out` it ends */
function unpackBlock(
  bits: Bits,
  { literals, distances }: typeof FIXED,
  out: Uint8Array,
  from: number,
): number {
  let at = from;
  for (;;) {
    const symbol = bits.decode(literals);
    if (symbol === 256) return at;
    if (symbol < 256) {
      if (at >= out.length) throw new Error('more bytes than there are to be');
      out[at++] = symbol;
      continue;
    }
    const [least, more] = [LENGTHS[symbol - 257], LENGTH_BITS[symbol - 257]];
    if (least === undefined || more === undefined) throw new Error('a length that there is not');
    const length = least + bits.take(more);
    const code = bits.decode(distances);
    const [nearest, further] = [DISTANCES[code], DISTANCE_BITS[code]];
    if (nearest === undefined || further === undefined) throw new Error('a distance that there is not');
    const distance = nearest + bits.take(further);
    if (distance > at) throw new Error('a stretch of before the beginning');
    if (at + length > out.length) throw new Error('more bytes than there are to be');
    // One by one: a stretch may reach into itself.
    for (const end = at + length; at < end; at++) out[at] = out[at - distance] as number;
  }
}
