// Activations, in place over rows of a panel. Derivatives are written in the activation's own value, so the
// pre-activation need not be kept. pmin and pmax pass NaN on when the variable is their first argument.

import { multiplyAdd, ROW } from './panel';

/**
 * Coefficients of the 9/8 rational approximation of tanh in Eigen (ptanh_float, MathFunctionsImpl.h). First the
 * bounds beyond which tanh is taken for constant: up to there the approximation never exceeds 1. A vector is read from
 * memory faster than it is built from a constant.
 */
// biome-ignore format: a line a polynomial
const TANH: usize = memory.data<f32>(
  [
    7.90531110763549805, -7.90531110763549805,
    1.394553628e-8, 2.10273356e-5, 3.520756727e-3, 1.3402161e-1,
    8.015776984e-7, 3.326951409e-4, 2.597254514e-2, 4.67354834e-1, 1.0,
  ],
  4,
);

/**
 * h = tanh(h), absolute error below 3.3e-7. Rows are taken two vectors at a time, so that V8 can make one of them,
 * and written up to the next multiple of 8.
 */
export function tanhRows(h: usize, rows: i32, samples: i32): void {
  const bytes = (<usize>samples) << 2;
  // Read before the loops: read inside them, each vector would wait for all of them (9.1 µs, not 5.2, for 64×128).
  const high = coefficient(0);
  const low = coefficient(1);
  const p9 = coefficient(2);
  const p7 = coefficient(3);
  const p5 = coefficient(4);
  const p3 = coefficient(5);
  const q8 = coefficient(6);
  const q6 = coefficient(7);
  const q4 = coefficient(8);
  const q2 = coefficient(9);
  const q0 = coefficient(10);
  for (let r = 0; r < rows; r++, h += ROW) {
    for (let at = h, end = h + bytes; at < end; at += 32) {
      const x = f32x4.pmax(f32x4.pmin(v128.load(at), high), low);
      const y = f32x4.pmax(f32x4.pmin(v128.load(at, 16), high), low);
      const x2 = f32x4.mul(x, x);
      const y2 = f32x4.mul(y, y);
      let px = multiplyAdd(x2, p9, p7);
      let py = multiplyAdd(y2, p9, p7);
      px = multiplyAdd(x2, px, p5);
      py = multiplyAdd(y2, py, p5);
      px = multiplyAdd(x2, px, p3);
      py = multiplyAdd(y2, py, p3);
      px = multiplyAdd(f32x4.mul(x, x2), px, x);
      py = multiplyAdd(f32x4.mul(y, y2), py, y);
      let qx = multiplyAdd(x2, q8, q6);
      let qy = multiplyAdd(y2, q8, q6);
      qx = multiplyAdd(x2, qx, q4);
      qy = multiplyAdd(y2, qy, q4);
      qx = multiplyAdd(x2, qx, q2);
      qy = multiplyAdd(y2, qy, q2);
      qx = multiplyAdd(x2, qx, q0);
      qy = multiplyAdd(y2, qy, q0);
      v128.store(at, f32x4.div(px, qx));
      v128.store(at, f32x4.div(py, qy), 16);
    }
  }
}

function coefficient(index: usize): v128 {
  return v128.load_splat<f32>(TANH + (index << 2));
}

/** h = max(h, 0). */
export function reluRows(h: usize, rows: i32, samples: i32): void {
  const bytes = (<usize>samples) << 2;
  const zero = f32x4.splat(0);
  for (let r = 0; r < rows; r++, h += ROW) {
    for (let p = h, end = h + bytes; p < end; p += 16) v128.store(p, f32x4.pmax(v128.load(p), zero));
  }
}

/**
 * d = d·(1 − h²), the derivative of tanh at h = tanh(z). Two vectors at a time, so that V8 can make one of them; d is
 * written up to the next multiple of 8.
 */
export function tanhDerivative(d: usize, h: usize, rows: i32, samples: i32): void {
  const bytes = (<usize>samples) << 2;
  const one = f32x4.splat(1);
  for (let r = 0; r < rows; r++, h += ROW, d += ROW) {
    for (let p: usize = 0; p < bytes; p += 32) {
      const x = v128.load(h + p);
      const y = v128.load(h + p, 16);
      const dx = f32x4.mul(v128.load(d + p), f32x4.sub(one, f32x4.mul(x, x)));
      const dy = f32x4.mul(v128.load(d + p, 16), f32x4.sub(one, f32x4.mul(y, y)));
      v128.store(d + p, dx);
      v128.store(d + p, dy, 16);
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
