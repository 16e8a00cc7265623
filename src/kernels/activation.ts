// Activations, in place over rows of a panel. Derivatives are written in the activation's own value, so the
// pre-activation need not be kept. pmin and pmax pass NaN on when the variable is their first argument.

import { multiplyAdd, ROW } from './panel';

/**
 * The coefficients of Eigen's float tanh (13/6 rational, MathFunctionsImpl.h), each four times over: reading
 * a vector from memory is cheaper than building it from a constant. Order: bound, −bound, α13 … α1, β6 … β0.
 */
const COEFFICIENTS: usize = memory.data<f32>(
  [
    7.90531110763549805, 7.90531110763549805, 7.90531110763549805, 7.90531110763549805, -7.90531110763549805,
    -7.90531110763549805, -7.90531110763549805, -7.90531110763549805, -2.76076847742355e-16,
    -2.76076847742355e-16, -2.76076847742355e-16, -2.76076847742355e-16, 2.00018790482477e-13,
    2.00018790482477e-13, 2.00018790482477e-13, 2.00018790482477e-13, -8.60467152213735e-11,
    -8.60467152213735e-11, -8.60467152213735e-11, -8.60467152213735e-11, 5.12229709037114e-8,
    5.12229709037114e-8, 5.12229709037114e-8, 5.12229709037114e-8, 1.48572235717979e-5, 1.48572235717979e-5,
    1.48572235717979e-5, 1.48572235717979e-5, 6.37261928875436e-4, 6.37261928875436e-4, 6.37261928875436e-4,
    6.37261928875436e-4, 4.89352455891786e-3, 4.89352455891786e-3, 4.89352455891786e-3, 4.89352455891786e-3,
    1.19825839466702e-6, 1.19825839466702e-6, 1.19825839466702e-6, 1.19825839466702e-6, 1.18534705686654e-4,
    1.18534705686654e-4, 1.18534705686654e-4, 1.18534705686654e-4, 2.268434632439e-3, 2.268434632439e-3,
    2.268434632439e-3, 2.268434632439e-3, 4.89352518554385e-3, 4.89352518554385e-3, 4.89352518554385e-3,
    4.89352518554385e-3,
  ],
  16,
);

function tanh4(x: v128): v128 {
  x = f32x4.pmax(f32x4.pmin(x, v128.load(COEFFICIENTS)), v128.load(COEFFICIENTS, 16));
  const x2 = f32x4.mul(x, x);
  let p = multiplyAdd(x2, v128.load(COEFFICIENTS, 32), v128.load(COEFFICIENTS, 48));
  p = multiplyAdd(x2, p, v128.load(COEFFICIENTS, 64));
  p = multiplyAdd(x2, p, v128.load(COEFFICIENTS, 80));
  p = multiplyAdd(x2, p, v128.load(COEFFICIENTS, 96));
  p = multiplyAdd(x2, p, v128.load(COEFFICIENTS, 112));
  p = multiplyAdd(x2, p, v128.load(COEFFICIENTS, 128));
  let q = multiplyAdd(x2, v128.load(COEFFICIENTS, 144), v128.load(COEFFICIENTS, 160));
  q = multiplyAdd(x2, q, v128.load(COEFFICIENTS, 176));
  q = multiplyAdd(x2, q, v128.load(COEFFICIENTS, 192));
  return f32x4.div(f32x4.mul(x, p), q);
}

/** h = tanh(h), absolute error below 3e-7. */
export function tanhRows(h: usize, rows: i32, samples: i32): void {
  const bytes = (<usize>samples) << 2;
  for (let r = 0; r < rows; r++, h += ROW) {
    for (let p = h, end = h + bytes; p < end; p += 16) v128.store(p, tanh4(v128.load(p)));
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
