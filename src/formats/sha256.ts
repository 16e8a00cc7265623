/** First 32 bits of the fractional parts of the roots of the first primes [FIPS 180-4, sections 4.2.2 and 5.3.3]. */
const [INITIAL, CONSTANTS] = roots();

function roots(): readonly [Uint32Array, Uint32Array] {
  const primes: number[] = [];
  for (let n = 2; primes.length < 64; n++) if (primes.every((p) => n % p !== 0)) primes.push(n);
  // Of integers, so that no platform's rounding is in them: ⌊root · 2³²⌋ modulo 2³².
  const root = (prime: number, power: bigint): number => {
    const scaled = BigInt(prime) << (32n * power);
    let low = 0n;
    for (let high = 1n << 40n; high - low > 1n; ) {
      const middle = (low + high) >> 1n;
      if (middle ** power <= scaled) low = middle;
      else high = middle;
    }
    return Number(low & 0xffff_ffffn);
  };
  return [
    Uint32Array.from(primes.slice(0, 8), (prime) => root(prime, 2n)),
    Uint32Array.from(primes, (prime) => root(prime, 3n)),
  ];
}

/** SHA-256 of bytes in hexadecimal [FIPS 180-4], where no platform's can be asked: a page has one only from safe places. */
export function sha256(bytes: Uint8Array): string {
  const padded = new Uint8Array((((bytes.length + 8) >> 6) + 1) << 6);
  padded.set(bytes);
  padded[bytes.length] = 0x80;
  const view = new DataView(padded.buffer);
  view.setBigUint64(padded.length - 8, BigInt(bytes.length) * 8n);
  const state = INITIAL.slice();
  const words = new Uint32Array(64);
  for (let at = 0; at < padded.length; at += 64) {
    for (let t = 0; t < 16; t++) words[t] = view.getUint32(at + 4 * t);
    takeBlock(state, words);
  }
  return [...state].map((word) => word.toString(16).padStart(8, '0')).join('');
}

const turned = (x: number, by: number): number => (x >>> by) | (x << (32 - by));

/** @param words 64, the first 16 the block's */
function takeBlock(state: Uint32Array, words: Uint32Array): void {
  for (let t = 16; t < 64; t++) {
    const [before, last] = [words[t - 15], words[t - 2]];
    const s0 = turned(before, 7) ^ turned(before, 18) ^ (before >>> 3);
    const s1 = turned(last, 17) ^ turned(last, 19) ^ (last >>> 10);
    words[t] = words[t - 16] + s0 + words[t - 7] + s1;
  }
  let [a, b, c, d, e, f, g, h] = state;
  for (let t = 0; t < 64; t++) {
    const s1 = turned(e, 6) ^ turned(e, 11) ^ turned(e, 25);
    const one = (h + s1 + ((e & f) ^ (~e & g)) + CONSTANTS[t] + words[t]) | 0;
    const s0 = turned(a, 2) ^ turned(a, 13) ^ turned(a, 22);
    const two = (s0 + ((a & b) ^ (a & c) ^ (b & c))) | 0;
    [h, g, f, e, d, c, b, a] = [g, f, e, (d + one) | 0, c, b, a, (one + two) | 0];
  }
  [a, b, c, d, e, f, g, h].forEach((each, i) => {
    state[i] += each;
  });
}
