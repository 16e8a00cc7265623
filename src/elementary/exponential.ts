/*
 * exp, log, expm1 and log1p: ports of FreeBSD's msun (fdlibm): e_exp.c, e_log.c, s_expm1.c, s_log1p.c.
 *
 * ====================================================
 * Copyright (C) 1993, 2004 by Sun Microsystems, Inc. All rights reserved.
 *
 * Developed at SunSoft, a Sun Microsystems, Inc. business.
 * Permission to use, copy, modify, and distribute this
 * software is freely granted, provided that this notice
 * is preserved.
 * ====================================================
 *
 * ECMAScript leaves the last bits of Math.exp and its kin to the engine, and V8 has changed them between
 * versions. These use + − × ÷ and bit access only, which IEEE 754 fixes: the same bytes everywhere. All are
 * within 1 ulp of the true value.
 */
import { double, HIGH, POWER_OF_TWO, words } from './float-bits.ts';

/** ln 2 = LN2_HIGH + LN2_LOW; LN2_HIGH has 20 trailing zero bits, so k·LN2_HIGH is exact. */
const LN2_HIGH = 0.6931471803691238;
const LN2_LOW = 1.9082149292705877e-10;
const HALF_LN2 = 0.34657359027997264;
const OVERFLOW = 709.782712893384;
const UNDERFLOW = -745.1332191019411;
const TWO_54 = 18014398509481984;

/** y·2ᵏ for k in [−1075, 1024], y in [½, 2). */
function scale(y: number, k: number): number {
  if (k > 1023) return y * 2 * 8.98846567431158e307; // 2^1023
  if (k >= -1021) return y * POWER_OF_TWO[k + 1074];
  return y * POWER_OF_TWO[k + 2074] * 9.332636185032189e-302; // one rounding, into the subnormals: 2^-1000
}

/** 1.5·2^52: a double below 2^51 added to it is rounded to an integer, ties to even. */
const ROUND = 6755399441055744;

/**
 * eˣ. Of what a policy's log-probabilities are, no two take different branches: which one x takes cannot be
 * predicted, and a wrong guess costs as much as the rest (fdlibm's three ways take 23 to 48 ns, this one 9).
 */
export function exp(x: number): number {
  // One test for NaN and overflow: an inlined `return x` of its own makes V8 allocate every result.
  if (!(x <= OVERFLOW)) return x + Infinity;
  if (x < UNDERFLOW) return 0;
  // fdlibm misses the last bit of e itself; V8 has the same exception.
  if (x === 1) return Math.E;
  const k = Math.LOG2E * x + ROUND - ROUND;
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
  return scale(1 - (low - (r * c) / (2 - c) - high), k);
}

/** eˣ − 1, without the cancellation near 0. */
export function expm1(x: number): number {
  if (!(x <= OVERFLOW)) return x + Infinity; // NaN too
  if (x < -38.816242) return -1; // −56·ln 2
  let k = 0;
  let c = 0;
  let r = x;
  if (x > HALF_LN2 || x < -HALF_LN2) {
    k = (Math.LOG2E * x + (x < 0 ? -0.5 : 0.5)) | 0;
    const high = x - k * LN2_HIGH;
    const low = k * LN2_LOW;
    r = high - low;
    c = high - r - low;
  } else if (x < 5.551115123125783e-17 && x > -5.551115123125783e-17) {
    return x; // |x| < 2^-54, keeps −0
  }
  const half = 0.5 * r;
  const hxs = r * half;
  const r1 =
    1 +
    hxs *
      (-0.03333333333333313 +
        hxs *
          (0.0015873015872548146 +
            hxs * (-0.0000793650757867488 + hxs * (0.000004008217827329362 + hxs * -2.0109921818362437e-7))));
  const t = 3 - r1 * half;
  let e = hxs * ((r1 - t) / (6 - r * t));
  if (k === 0) return r - (r * e - hxs);
  e = r * (e - c) - c - hxs;
  if (k === -1) return 0.5 * (r - e) - 0.5;
  if (k === 1) return r < -0.25 ? -2 * (e - (r + 0.5)) : 1 + 2 * (r - e);
  if (k <= -2 || k > 56) return scale(1 - (e - r), k) - 1;
  const inverse = POWER_OF_TWO[1074 - k];
  const y = k < 20 ? 1 - inverse - (e - r) : r - (e + inverse) + 1;
  return y * POWER_OF_TWO[k + 1074];
}

// Remez coefficients of log: (log(1+f) − f + …)/s in s² with s = f/(2+f), on [√½, √2].
const L1 = 0.6666666666666735;
const L2 = 0.3999999999940942;
const L3 = 0.2857142874366239;
const L4 = 0.22222198432149784;
const L5 = 0.1818357216161805;
const L6 = 0.15313837699209373;
const L7 = 0.14798198605116586;

/** Natural logarithm; −Infinity at ±0, NaN below. */
export function log(x: number): number {
  if (!(x > 0)) return x === 0 ? -Infinity : NaN;
  if (x === Infinity) return x;
  let shift = 0;
  if (x < 2.2250738585072014e-308) {
    shift = 54;
    x *= TWO_54;
  }
  double[0] = x;
  const top = words[HIGH];
  const hx = top & 0xfffff;
  // x = 2^exponent·(1 + f); a fraction above √2 is halved. The product is exact, and writing the exponent
  // into the high word instead would stall on the load of the whole double.
  const exponent = (top >> 20) - 1023 + ((hx + 0x95f64) >> 20);
  const f = x * POWER_OF_TWO[1074 - exponent] - 1;
  const k = exponent - shift;
  if ((0xfffff & (2 + hx)) < 3) {
    // |f| < 2^-20
    if (f === 0) return k * LN2_HIGH + k * LN2_LOW;
    const small = f * f * (0.5 - 0.3333333333333333 * f);
    return k === 0 ? f - small : k * LN2_HIGH - (small - k * LN2_LOW - f);
  }
  const s = f / (2 + f);
  const z = s * s;
  const w = z * z;
  const R = z * (L1 + w * (L3 + w * (L5 + w * L7))) + w * (L2 + w * (L4 + w * L6));
  if (((hx - 0x6147a) | (0x6b851 - hx)) > 0) {
    const hfsq = 0.5 * f * f;
    if (k === 0) return f - (hfsq - s * (hfsq + R));
    return k * LN2_HIGH - (hfsq - (s * (hfsq + R) + k * LN2_LOW) - f);
  }
  if (k === 0) return f - s * (f - R);
  return k * LN2_HIGH - (s * (f - R) - k * LN2_LOW - f);
}

/** log(1 + x), without the cancellation near 0; −Infinity at −1, NaN below. */
export function log1p(x: number): number {
  if (!(x > -1)) return x === -1 ? -Infinity : NaN;
  if (x === Infinity) return x;
  if (x < 1.862645149230957e-9 && x > -1.862645149230957e-9) {
    // |x| < 2^-29; below 2^-54 x itself
    return x < 5.551115123125783e-17 && x > -5.551115123125783e-17 ? x : x - x * x * 0.5;
  }
  double[0] = x;
  const hx = words[HIGH];
  let k = 0;
  let f = x;
  let hu = 1;
  let c = 0;
  if (hx >= 0x3fda827a || (hx < 0 && hx > (0xbfd2bec4 | 0))) {
    // 1 + x outside [√½, √2]: u = 1 + x = 2ᵏ·(1 + f), c the rounding error of that sum
    const u = x < 9007199254740992 ? 1 + x : x;
    double[0] = u;
    hu = words[HIGH];
    k = (hu >> 20) - 1023;
    if (u !== x) c = (k > 0 ? 1 - (u - x) : x - (u - 1)) / u;
    hu &= 0xfffff;
    if (hu >= 0x6a09e) {
      k += 1;
      hu = (0x100000 - hu) >> 2;
    }
    f = u * POWER_OF_TWO[1074 - k] - 1;
  }
  return logOfReduced(f, k, c, hu === 0);
}

/** k·ln 2 + log(1 + f) + c/2ᵏ; apart, so that V8 can inline `log1p`: a result it has to hand over is allocated. */
function logOfReduced(f: number, k: number, c: number, isNearPowerOfTwo: boolean): number {
  const hfsq = 0.5 * f * f;
  if (isNearPowerOfTwo) {
    // |f| < 2^-20
    if (f === 0) return k * LN2_HIGH + (c + k * LN2_LOW);
    const small = hfsq * (1 - 0.6666666666666666 * f);
    return k * LN2_HIGH - (small - (k * LN2_LOW + c) - f);
  }
  const s = f / (2 + f);
  const z = s * s;
  const R = z * (L1 + z * (L2 + z * (L3 + z * (L4 + z * (L5 + z * (L6 + z * L7))))));
  if (k === 0) return f - (hfsq - s * (hfsq + R));
  return k * LN2_HIGH - (hfsq - (s * (hfsq + R) + (k * LN2_LOW + c)) - f);
}

/** σ(x) = 1/(1 + e^(−x)), without overflow. */
export function sigmoid(x: number): number {
  const decay = exp(-Math.abs(x));
  return (x < 0 ? decay : 1) / (1 + decay);
}
