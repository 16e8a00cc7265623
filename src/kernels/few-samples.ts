// The forward product for fewer samples than a panel is good for: row-major [sample][feature], vectors along
// the outputs. Sums start from the bias and add k = 0, 1, … in order, as `affine` does: the same bits.

import { multiplyAdd } from './panel';

/**
 * y[s][o] = bias[o] + Σ_k x[s][k]·w[k][o]. What stands in y beyond the last output and beyond the last sample is
 * overwritten up to the next multiple of four; x, w and bias are read as far.
 * @param x [samples, ≥ inputs], `xStep` bytes from one sample to the next
 * @param w [inputs, outputs] row-major
 * @param y [samples, ≥ outputs], both rounded up to multiples of 4; `yStep` bytes from one sample to the next
 */
export function affineFewSamples(
  x: usize,
  xStep: usize,
  w: usize,
  bias: usize,
  y: usize,
  yStep: usize,
  inputs: i32,
  outputs: i32,
  samples: i32,
): void {
  const wRow = (<usize>outputs) << 2;
  for (; samples >= 2; samples -= 4, x += xStep << 2, y += yStep << 2) {
    let o = 0;
    for (; o + 8 <= outputs; o += 8) {
      const at = (<usize>o) << 2;
      samples4x8(x, xStep, w + at, wRow, bias + at, y + at, yStep, inputs);
    }
    for (; o < outputs; o += 4) {
      const at = (<usize>o) << 2;
      samples4x4(x, xStep, w + at, wRow, bias + at, y + at, yStep, inputs);
    }
  }
  if (samples == 1) {
    let o = 0;
    for (; o + 32 <= outputs; o += 32) {
      const at = (<usize>o) << 2;
      sample1x32(x, w + at, wRow, bias + at, y + at, inputs);
    }
    for (; o < outputs; o += 4) {
      const at = (<usize>o) << 2;
      sample1x4(x, w + at, wRow, bias + at, y + at, inputs);
    }
  }
}

function samples4x8(
  x: usize,
  xStep: usize,
  w: usize,
  wRow: usize,
  bias: usize,
  y: usize,
  yStep: usize,
  inputs: i32,
): void {
  let c00: v128, c01: v128, c10: v128, c11: v128, c20: v128, c21: v128, c30: v128, c31: v128;
  c00 = c10 = c20 = c30 = v128.load(bias);
  c01 = c11 = c21 = c31 = v128.load(bias, 16);
  let x1 = x + xStep;
  let x2 = x1 + xStep;
  let x3 = x2 + xStep;
  for (const end = x + ((<usize>inputs) << 2); x != end; w += wRow, x += 4, x1 += 4, x2 += 4, x3 += 4) {
    const w0 = v128.load(w);
    const w1 = v128.load(w, 16);
    let value = v128.load_splat<f32>(x);
    c00 = multiplyAdd(w0, value, c00);
    c01 = multiplyAdd(w1, value, c01);
    value = v128.load_splat<f32>(x1);
    c10 = multiplyAdd(w0, value, c10);
    c11 = multiplyAdd(w1, value, c11);
    value = v128.load_splat<f32>(x2);
    c20 = multiplyAdd(w0, value, c20);
    c21 = multiplyAdd(w1, value, c21);
    value = v128.load_splat<f32>(x3);
    c30 = multiplyAdd(w0, value, c30);
    c31 = multiplyAdd(w1, value, c31);
  }
  v128.store(y, c00);
  v128.store(y, c01, 16);
  y += yStep;
  v128.store(y, c10);
  v128.store(y, c11, 16);
  y += yStep;
  v128.store(y, c20);
  v128.store(y, c21, 16);
  y += yStep;
  v128.store(y, c30);
  v128.store(y, c31, 16);
}

function samples4x4(
  x: usize,
  xStep: usize,
  w: usize,
  wRow: usize,
  bias: usize,
  y: usize,
  yStep: usize,
  inputs: i32,
): void {
  let c0: v128, c1: v128, c2: v128, c3: v128;
  c0 = c1 = c2 = c3 = v128.load(bias);
  let x1 = x + xStep;
  let x2 = x1 + xStep;
  let x3 = x2 + xStep;
  for (const end = x + ((<usize>inputs) << 2); x != end; w += wRow, x += 4, x1 += 4, x2 += 4, x3 += 4) {
    const w0 = v128.load(w);
    c0 = multiplyAdd(w0, v128.load_splat<f32>(x), c0);
    c1 = multiplyAdd(w0, v128.load_splat<f32>(x1), c1);
    c2 = multiplyAdd(w0, v128.load_splat<f32>(x2), c2);
    c3 = multiplyAdd(w0, v128.load_splat<f32>(x3), c3);
  }
  v128.store(y, c0);
  y += yStep;
  v128.store(y, c1);
  y += yStep;
  v128.store(y, c2);
  y += yStep;
  v128.store(y, c3);
}

function sample1x32(x: usize, w: usize, wRow: usize, bias: usize, y: usize, inputs: i32): void {
  let c0 = v128.load(bias);
  let c1 = v128.load(bias, 16);
  let c2 = v128.load(bias, 32);
  let c3 = v128.load(bias, 48);
  let c4 = v128.load(bias, 64);
  let c5 = v128.load(bias, 80);
  let c6 = v128.load(bias, 96);
  let c7 = v128.load(bias, 112);
  for (const end = x + ((<usize>inputs) << 2); x != end; w += wRow, x += 4) {
    const value = v128.load_splat<f32>(x);
    c0 = multiplyAdd(v128.load(w), value, c0);
    c1 = multiplyAdd(v128.load(w, 16), value, c1);
    c2 = multiplyAdd(v128.load(w, 32), value, c2);
    c3 = multiplyAdd(v128.load(w, 48), value, c3);
    c4 = multiplyAdd(v128.load(w, 64), value, c4);
    c5 = multiplyAdd(v128.load(w, 80), value, c5);
    c6 = multiplyAdd(v128.load(w, 96), value, c6);
    c7 = multiplyAdd(v128.load(w, 112), value, c7);
  }
  v128.store(y, c0);
  v128.store(y, c1, 16);
  v128.store(y, c2, 32);
  v128.store(y, c3, 48);
  v128.store(y, c4, 64);
  v128.store(y, c5, 80);
  v128.store(y, c6, 96);
  v128.store(y, c7, 112);
}

function sample1x4(x: usize, w: usize, wRow: usize, bias: usize, y: usize, inputs: i32): void {
  let c = v128.load(bias);
  for (const end = x + ((<usize>inputs) << 2); x != end; w += wRow, x += 4) {
    c = multiplyAdd(v128.load(w), v128.load_splat<f32>(x), c);
  }
  v128.store(y, c);
}

/** target[s] = rows[s][0 … outputs), then values[0 … count): outputs that depend on no input. */
export function joinOutputs(
  rows: usize,
  step: usize,
  outputs: i32,
  values: usize,
  count: i32,
  target: usize,
  samples: i32,
): void {
  for (; samples > 0; samples--, rows += step) {
    for (let o = 0; o < outputs; o++, target += 4) store<f32>(target, load<f32>(rows + ((<usize>o) << 2)));
    for (let v = 0; v < count; v++, target += 4) store<f32>(target, load<f32>(values + ((<usize>v) << 2)));
  }
}
