// exp and log1p over arrays of doubles, two at a time. Every operation is the one that src/elementary does, in its
// order, so that the results are its bits: IEEE 754 fixes + − × ÷. Where a value needs another branch than most, the
// pair is left to the scalar ports below. No relaxed operation here: these are the same bits in both builds.

const LOG2E: f64 = 1.4426950408889634;
const LN2_HIGH: f64 = 0.6931471803691238;
const LN2_LOW: f64 = 1.9082149292705877e-10;
/** 1.5·2^52: a double below 2^51 added to it is rounded to an integer, ties to even. */
const ROUND: f64 = 6755399441055744;

/** y[i] = e^x[i]; count is rounded up to an even number. */
export function expTile(x: usize, y: usize, count: i32): void {
  const log2e = load2(EXP, 0);
  const round = load2(EXP, 1);
  const ln2High = load2(EXP, 2);
  const ln2Low = load2(EXP, 3);
  const p5 = load2(EXP, 4);
  const p4 = load2(EXP, 5);
  const p3 = load2(EXP, 6);
  const p2 = load2(EXP, 7);
  const p1 = load2(EXP, 8);
  const one = load2(EXP, 9);
  const two = load2(EXP, 10);
  const bound = load2(EXP, 11);
  for (const end = x + ((<usize>((count + 1) & ~1)) << 3); x < end; x += 16, y += 16) {
    const v = v128.load(x);
    // Without x = 1, whose result is a constant, and without what leaves the normal numbers; false for NaN.
    if (!i64x2.all_true(v128.and(f64x2.lt(f64x2.abs(v), bound), f64x2.ne(v, one)))) {
      store<f64>(y, expOf(load<f64>(x)));
      store<f64>(y, expOf(load<f64>(x, 8)), 8);
      continue;
    }
    const shifted = f64x2.add(f64x2.mul(log2e, v), round);
    const k = f64x2.sub(shifted, round);
    const high = f64x2.sub(v, f64x2.mul(k, ln2High));
    const low = f64x2.mul(k, ln2Low);
    const r = f64x2.sub(high, low);
    const t = f64x2.mul(r, r);
    let p = f64x2.mul(t, f64x2.add(p4, f64x2.mul(t, p5)));
    p = f64x2.mul(t, f64x2.add(p3, p));
    p = f64x2.mul(t, f64x2.add(p2, p));
    p = f64x2.mul(t, f64x2.add(p1, p));
    const c = f64x2.sub(r, p);
    const q = f64x2.div(f64x2.mul(r, c), f64x2.sub(two, c));
    const e = f64x2.sub(one, f64x2.sub(f64x2.sub(low, q), high));
    // The low bits of k + ROUND are those of k: added to the exponent they multiply by 2ᵏ.
    v128.store(y, i64x2.add(e, i64x2.shl(shifted, 52)));
  }
}

/** Constants, each twice over, because a vector is read from memory faster than it is built from a constant. */
// biome-ignore format: a line a constant
const EXP: usize = memory.data<f64>(
  [
    1.4426950408889634, 1.4426950408889634,
    6755399441055744, 6755399441055744,
    0.6931471803691238, 0.6931471803691238,
    1.9082149292705877e-10, 1.9082149292705877e-10,
    4.1381367970572385e-8, 4.1381367970572385e-8,
    -0.0000016533902205465252, -0.0000016533902205465252,
    0.00006613756321437934, 0.00006613756321437934,
    -0.0027777777777015593, -0.0027777777777015593,
    0.16666666666666602, 0.16666666666666602,
    1, 1,
    2, 2,
    708, 708,
  ],
  16,
);

function load2(table: usize, index: usize): v128 {
  return v128.load(table + (index << 4));
}

function expOf(x: f64): f64 {
  if (!(x <= 709.782712893384)) return x + Infinity;
  if (x < -745.1332191019411) return 0;
  if (x == 1) return 2.718281828459045;
  const k = LOG2E * x + ROUND - ROUND;
  const high = x - k * LN2_HIGH;
  const low = k * LN2_LOW;
  const r = high - low;
  const t = r * r;
  const c =
    r -
    t *
      (0.16666666666666602 +
        t *
          (-0.0027777777777015593 +
            t * (0.00006613756321437934 + t * (-0.0000016533902205465252 + t * 4.1381367970572385e-8))));
  const y = 1 - (low - (r * c) / (2 - c) - high);
  const n = <i64>k;
  if (n > 1023) return y * 2 * 8.98846567431158e307; // 2^1023
  if (n >= -1021) return y * powerOfTwo(n);
  return y * powerOfTwo(n + 1000) * 9.332636185032189e-302; // one rounding, into the subnormals: 2^-1000
}

/** 2ⁿ for n in [−1022, 1023]. */
function powerOfTwo(n: i64): f64 {
  return reinterpret<f64>((n + 1023) << 52);
}

/** y[i] = log(1 + x[i]); count is rounded up to an even number. */
export function log1pTile(x: usize, y: usize, count: i32): void {
  for (const end = x + ((<usize>((count + 1) & ~1)) << 3); x < end; x += 16, y += 16) {
    const pair = v128.load(x);
    // Sums of probabilities; neither so small that log1p is a line, nor so large that 1 + x is x.
    const plain = v128.and(
      f64x2.ge(pair, f64x2.splat(1.862645149230957e-9)),
      f64x2.lt(pair, f64x2.splat(9007199254740992)),
    );
    if (i64x2.all_true(plain)) {
      const u = f64x2.add(pair, f64x2.splat(1));
      const fraction = v128.and(u, i64x2.splat(0xfffff00000000));
      const reduced = i64x2.lt_s(pair, i64x2.splat(0x3fda827a00000000));
      // 1 + x next to a power of two has a branch of its own.
      const between = v128.and(
        i64x2.ne(fraction, i64x2.splat(0)),
        i64x2.lt_s(fraction, i64x2.splat(0xffffd00000000)),
      );
      if (i64x2.all_true(v128.or(reduced, between))) {
        v128.store(y, log1pPair(pair, u, fraction, reduced));
        continue;
      }
    }
    store<f64>(y, log1pOf(load<f64>(x)));
    store<f64>(y, log1pOf(load<f64>(x, 8)), 8);
  }
}

/**
 * log(1 + x) for u = 1 + x.
 * @param fraction the 20 leading bits of u's fraction, in place
 * @param reduced where x < √2 − 1 and nothing need be taken out
 */
function log1pPair(x: v128, u: v128, fraction: v128, reduced: v128): v128 {
  // u = 2ᵏ·(1 + f) with 1 + f below √2: one more than its exponent where the fraction is above.
  const above = i64x2.ge_s(fraction, i64x2.splat(0x6a09e00000000));
  const exponent = i64x2.sub(i64x2.shr_u(u, 52), i64x2.splat(1023));
  const k = v128.andnot(i64x2.sub(exponent, above), reduced);
  const one = f64x2.splat(1);
  // What rounding u lost.
  const lost = v128.bitselect(
    f64x2.sub(x, f64x2.sub(u, one)),
    f64x2.sub(one, f64x2.sub(u, x)),
    i64x2.eq(exponent, i64x2.splat(0)),
  );
  const c = v128.and(f64x2.div(lost, u), i64x2.ne(k, i64x2.splat(0)));
  const inverse = i64x2.shl(i64x2.sub(i64x2.splat(1023), k), 52);
  const f = v128.bitselect(x, f64x2.sub(f64x2.mul(u, inverse), one), reduced);
  // k as a double, by way of the low bits of ROUND.
  const n = f64x2.sub(i64x2.add(f64x2.splat(ROUND), k), f64x2.splat(ROUND));

  const hfsq = f64x2.mul(f64x2.mul(f64x2.splat(0.5), f), f);
  const s = f64x2.div(f, f64x2.add(f64x2.splat(2), f));
  const z = f64x2.mul(s, s);
  let p = f64x2.mul(z, f64x2.splat(0.14798198605116586));
  p = f64x2.mul(z, f64x2.add(f64x2.splat(0.15313837699209373), p));
  p = f64x2.mul(z, f64x2.add(f64x2.splat(0.1818357216161805), p));
  p = f64x2.mul(z, f64x2.add(f64x2.splat(0.22222198432149784), p));
  p = f64x2.mul(z, f64x2.add(f64x2.splat(0.2857142874366239), p));
  p = f64x2.mul(z, f64x2.add(f64x2.splat(0.3999999999940942), p));
  p = f64x2.mul(z, f64x2.add(f64x2.splat(0.6666666666666735), p));
  const low = f64x2.add(f64x2.mul(s, f64x2.add(hfsq, p)), f64x2.add(f64x2.mul(n, f64x2.splat(LN2_LOW)), c));
  // With k = 0 and c = 0 this is f − (hfsq − s·(hfsq + p)), in the same bits.
  return f64x2.sub(f64x2.mul(n, f64x2.splat(LN2_HIGH)), f64x2.sub(f64x2.sub(hfsq, low), f));
}

function log1pOf(x: f64): f64 {
  if (!(x > -1)) return x == -1 ? -Infinity : NaN;
  if (x == Infinity) return x;
  if (x < 1.862645149230957e-9 && x > -1.862645149230957e-9) {
    return x < 5.551115123125783e-17 && x > -5.551115123125783e-17 ? x : x - x * x * 0.5;
  }
  const hx = <i32>(reinterpret<i64>(x) >> 32);
  let k: i64 = 0;
  let f = x;
  let hu = 1;
  let c: f64 = 0;
  if (hx >= 0x3fda827a || (hx < 0 && hx > <i32>0xbfd2bec4)) {
    const u: f64 = x < 9007199254740992 ? 1 + x : x;
    hu = <i32>(reinterpret<i64>(u) >> 32);
    k = (hu >> 20) - 1023;
    if (u != x) c = (k > 0 ? 1 - (u - x) : x - (u - 1)) / u;
    hu &= 0xfffff;
    if (hu >= 0x6a09e) {
      k += 1;
      hu = (0x100000 - hu) >> 2;
    }
    f = k > 1022 ? u * powerOfTwo(-512) * powerOfTwo(512 - k) - 1 : u * powerOfTwo(-k) - 1;
  }
  const hfsq = 0.5 * f * f;
  const n = <f64>k;
  if (hu == 0) {
    if (f == 0) return n * LN2_HIGH + (c + n * LN2_LOW);
    const small = hfsq * (1 - 0.6666666666666666 * f);
    return n * LN2_HIGH - (small - (n * LN2_LOW + c) - f);
  }
  const s = f / (2 + f);
  const z = s * s;
  const R =
    z *
    (0.6666666666666735 +
      z *
        (0.3999999999940942 +
          z *
            (0.2857142874366239 +
              z *
                (0.22222198432149784 +
                  z * (0.1818357216161805 + z * (0.15313837699209373 + z * 0.14798198605116586))))));
  if (k == 0) return f - (hfsq - s * (hfsq + R));
  return n * LN2_HIGH - (hfsq - (s * (hfsq + R) + (n * LN2_LOW + c)) - f);
}
