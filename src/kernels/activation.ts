// Activations, in place over rows of a panel. Derivatives are written in the activation's own value, so the
// pre-activation need not be kept. pmin and pmax pass NaN on when the variable is their first argument.

import { multiplyAdd, ROW } from './panel';

/**
 * Coefficients of the 9/8 rational approximation of tanh in Eigen (ptanh_float, MathFunctionsImpl.h), each
 * four times over, because a vector is read from memory faster than it is built from a constant. First the
 * bounds beyond which tanh is taken for constant: up to there the approximation never exceeds 1.
 */
// biome-ignore format: a line a coefficient
const TANH: usize = memory.data<f32>(
  [
    7.90531110763549805, 7.90531110763549805, 7.90531110763549805, 7.90531110763549805,
    -7.90531110763549805, -7.90531110763549805, -7.90531110763549805, -7.90531110763549805,
    1.394553628e-8, 1.394553628e-8, 1.394553628e-8, 1.394553628e-8,
    2.10273356e-5, 2.10273356e-5, 2.10273356e-5, 2.10273356e-5,
    3.520756727e-3, 3.520756727e-3, 3.520756727e-3, 3.520756727e-3,
    1.3402161e-1, 1.3402161e-1, 1.3402161e-1, 1.3402161e-1,
    8.015776984e-7, 8.015776984e-7, 8.015776984e-7, 8.015776984e-7,
    3.326951409e-4, 3.326951409e-4, 3.326951409e-4, 3.326951409e-4,
    2.597254514e-2, 2.597254514e-2, 2.597254514e-2, 2.597254514e-2,
    4.67354834e-1, 4.67354834e-1, 4.67354834e-1, 4.67354834e-1,
    1.0, 1.0, 1.0, 1.0,
  ],
  16,
);

/** h = tanh(h), absolute error below 3.3e-7. */
export function tanhRows(h: usize, rows: i32, samples: i32): void {
  const bytes = (<usize>samples) << 2;
  // Read before the loops: read inside them, each vector would wait for all of them (9.1 µs, not 5.2, for 64×128).
  const high = v128.load(TANH);
  const low = v128.load(TANH, 16);
  const p9 = v128.load(TANH, 32);
  const p7 = v128.load(TANH, 48);
  const p5 = v128.load(TANH, 64);
  const p3 = v128.load(TANH, 80);
  const q8 = v128.load(TANH, 96);
  const q6 = v128.load(TANH, 112);
  const q4 = v128.load(TANH, 128);
  const q2 = v128.load(TANH, 144);
  const q0 = v128.load(TANH, 160);
  for (let r = 0; r < rows; r++, h += ROW) {
    for (let at = h, end = h + bytes; at < end; at += 16) {
      const x = f32x4.pmax(f32x4.pmin(v128.load(at), high), low);
      const x2 = f32x4.mul(x, x);
      let p = multiplyAdd(x2, p9, p7);
      p = multiplyAdd(x2, p, p5);
      p = multiplyAdd(x2, p, p3);
      p = multiplyAdd(f32x4.mul(x, x2), p, x);
      let q = multiplyAdd(x2, q8, q6);
      q = multiplyAdd(x2, q, q4);
      q = multiplyAdd(x2, q, q2);
      q = multiplyAdd(x2, q, q0);
      v128.store(at, f32x4.div(p, q));
    }
  }
}

/** h = max(h, 0). */
export function reluRows(h: usize, rows: i32, samples: i32): void {
  const bytes = (<usize>samples) << 2;
  const zero = f32x4.splat(0);
  for (let r = 0; r < rows; r++, h += ROW) {
    for (let p = h, end = h + bytes; p < end; p += 16) v128.store(p, f32x4.pmax(v128.load(p), zero));
  }
}

/** d = d·(1 − h²), the derivative of tanh at h = tanh(z). */
export function tanhDerivative(d: usize, h: usize, rows: i32, samples: i32): void {
  const bytes = (<usize>samples) << 2;
  const one = f32x4.splat(1);
  for (let r = 0; r < rows; r++, h += ROW, d += ROW) {
    for (let p: usize = 0; p < bytes; p += 16) {
      const value = v128.load(h + p);
      v128.store(d + p, f32x4.mul(v128.load(d + p), f32x4.sub(one, f32x4.mul(value, value))));
    }
  }
}

/** d = d where h > 0, else 0, the derivative of relu at h = relu(z). */
export function reluDerivative(d: usize, h: usize, rows: i32, samples: i32): void {
  const bytes = (<usize>samples) << 2;
  const zero = f32x4.splat(0);
  for (let r = 0; r < rows; r++, h += ROW, d += ROW) {
    for (let p: usize = 0; p < bytes; p += 16) {
      v128.store(d + p, v128.and(v128.load(d + p), f32x4.gt(v128.load(h + p), zero)));
    }
  }
}
