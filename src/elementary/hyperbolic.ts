/*
 * tanh: a port of FreeBSD's msun (fdlibm): s_tanh.c.
 *
 * ====================================================
 * Copyright (C) 1993 by Sun Microsystems, Inc. All rights reserved.
 *
 * Developed at SunPro, a Sun Microsystems, Inc. business.
 * Permission to use, copy, modify, and distribute this
 * software is freely granted, provided that this notice
 * is preserved.
 * ====================================================
 */
import { expm1 } from './exponential.ts';

/** Hyperbolic tangent, within 2 ulp; exactly ±1 from |x| = 22. */
export function tanh(x: number): number {
  const a = x < 0 ? -x : x;
  if (a < 3.725290298461914e-9) return x; // 2^-28
  let z = 1;
  if (a < 1) {
    const t = expm1(-2 * a);
    z = -t / (t + 2);
  } else if (!(a >= 22)) {
    const t = expm1(2 * a); // NaN passes through here
    z = 1 - 2 / (t + 2);
  }
  return x < 0 ? -z : z;
}
