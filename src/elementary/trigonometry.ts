/*
 * sin and cos: ports of FreeBSD's msun (fdlibm): s_sin.c, s_cos.c, k_sin.c, k_cos.c and the Cody–Waite
 * part of e_rem_pio2.c.
 *
 * ====================================================
 * Copyright (C) 1993 by Sun Microsystems, Inc. All rights reserved.
 *
 * Developed at SunPro, a Sun Microsystems, Inc. business.
 * Permission to use, copy, modify, and distribute this
 * software is freely granted, provided that this notice
 * is preserved.
 * ====================================================
 *
 * Optimized by Bruce D. Evans.
 */
import { double, HIGH, words } from './float-bits.ts';

/** 2^20·π/2: beyond it three parts of π/2 no longer carry enough bits. */
const LARGEST = 1647099.4;
const QUARTER_PI = 0.7853981633974483;
const INVERSE_HALF_PI = 0.6366197723675814;
// π/2 in parts of 33 bits (HALF_PI_i), each with what is left after it (TAIL_i).
const HALF_PI_1 = 1.5707963267341256;
const TAIL_1 = 6.077100506506192e-11;
const HALF_PI_2 = 6.077100506303966e-11;
const TAIL_2 = 2.0222662487959506e-21;
const HALF_PI_3 = 2.0222662487111665e-21;
const TAIL_3 = 8.4784276603689e-32;

/** What `reduce` writes: the argument left over, and the tail its rounding lost. */
const rest = new Float64Array(2);

/** Sine of an angle in radians. @throws RangeError beyond |x| = 2^20·π/2 */
export function sin(x: number): number {
  if (x <= QUARTER_PI && x >= -QUARTER_PI) return sinKernel(x, 0);
  if (x - x !== 0) return NaN;
  return sinOfQuadrant(reduce(x));
}

/** Cosine of an angle in radians. @throws RangeError beyond |x| = 2^20·π/2 */
export function cos(x: number): number {
  if (x <= QUARTER_PI && x >= -QUARTER_PI) return cosKernel(x, 0);
  if (x - x !== 0) return NaN;
  return sinOfQuadrant(reduce(x) + 1);
}

/**
 * Sine and cosine of one angle, the bits of `sin` and `cos`; without what V8 allocates for the results of calls that it
 * does not inline.
 * @param out [2], written: sin x, cos x
 * @throws RangeError as they do
 */
export function sinCos(x: number, out: Float64Array): void {
  if (x <= QUARTER_PI && x >= -QUARTER_PI) {
    out[0] = sinKernel(x, 0);
    out[1] = cosKernel(x, 0);
  } else {
    out[0] = sin(x);
    out[1] = cos(x);
  }
}

/** sin(n·π/2 + rest), which turns through sin, cos, −sin, −cos. */
function sinOfQuadrant(n: number): number {
  const y = (n & 1) === 0 ? sinKernel(rest[0], rest[1]) : cosKernel(rest[0], rest[1]);
  return (n & 2) === 0 ? y : -y;
}

/**
 * x minus the nearest multiple n·π/2, into `rest`; more parts of π/2 where the first ones cancel.
 * @returns n
 */
function reduce(x: number): number {
  if (x > LARGEST || x < -LARGEST) throw new RangeError(`angle must be within ±${LARGEST} radians, got ${x}`);
  const n = Math.round(x * INVERSE_HALF_PI);
  const xExponent = exponent(x);
  let r = x - n * HALF_PI_1;
  let w = n * TAIL_1;
  let high = r - w;
  if (xExponent - exponent(high) > 16) {
    let t = r;
    w = n * HALF_PI_2;
    r = t - w;
    w = n * TAIL_2 - (t - r - w);
    high = r - w;
    if (xExponent - exponent(high) > 49) {
      t = r;
      w = n * HALF_PI_3;
      r = t - w;
      w = n * TAIL_3 - (t - r - w);
      high = r - w;
    }
  }
  rest[0] = high;
  rest[1] = r - high - w;
  return n;
}

function exponent(x: number): number {
  double[0] = x;
  return (words[HIGH] >> 20) & 0x7ff;
}

/** sin(x + y) on [−π/4, π/4], y the tail of x. */
function sinKernel(x: number, y: number): number {
  if (x < 7.450580596923828e-9 && x > -7.450580596923828e-9) return x; // 2^-27, keeps −0
  const z = x * x;
  const w = z * z;
  const r =
    0.00833333333332249 +
    z * (-0.0001984126982985795 + z * 0.0000027557313707070068) +
    z * w * (-2.5050760253406863e-8 + z * 1.58969099521155e-10);
  const v = z * x;
  return x - (z * (0.5 * y - v * r) - y - v * -0.16666666666666632);
}

/** cos(x + y) on [−π/4, π/4], y the tail of x. */
function cosKernel(x: number, y: number): number {
  const z = x * x;
  const w = z * z;
  const r =
    z * (0.0416666666666666 + z * (-0.001388888888887411 + z * 0.00002480158728947673)) +
    w * w * (-2.7557314351390663e-7 + z * (2.087572321298175e-9 + z * -1.1359647557788195e-11));
  const half = 0.5 * z;
  const top = 1 - half;
  return top + (1 - top - half + (z * r - x * y));
}
