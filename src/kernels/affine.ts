// y[r] = initial[r] + Σ_k a(r,k)·x[k] over rows of samples, with a(r,k) at a + r·rowStep + k·inStep. The steps
// make it the forward product (rows are outputs), the backward product for the inputs (rows are inputs), both
// halves of a jvp and, with samples and outputs in each other's place, the gradient of the weights. Every block
// variant starts from the initial value and adds k = 0, 1, … in order, so a result is the same bits in whichever
// block it falls.
//
// Loops do one k a turn: V8 unrolls them well, and hand-unrolled ones spill registers. They end by a pointer they
// need anyway, compared with !=: a counter, and <, cost an instruction more, and decoding them is the limit.

import { multiplyAdd, ROW } from './panel';

/**
 * Whether V8 makes one instruction on 256 bits of two neighbouring ones on 128 (`--experimental-wasm-revectorize`).
 * Blocks are then twice as wide, to keep as many sums in registers: 47, 67 and 85 GFLOP/s without, with, with both.
 */
export let pairsVectors: bool = false;

/**
 * @param x [inputs] rows
 * @param a coefficients; `rowStep` bytes from one output row to the next, `inStep` from one input to the next
 * @param bias [outputs] initial values, or 0 to add to what stands in y
 * @param y [outputs] rows, `yStep` bytes from one to the next, must not overlap x
 * @param samples multiple of 4
 */
export function affine(
  x: usize,
  a: usize,
  rowStep: usize,
  inStep: usize,
  bias: usize,
  y: usize,
  yStep: usize,
  inputs: i32,
  outputs: i32,
  samples: i32,
): void {
  const bytes = (<usize>samples) << 2;
  const quads = outputs & ~3;
  let s: usize = 0;
  for (const end = pairsVectors ? bytes & ~63 : 0; s < end; s += 64) {
    for (let r = 0; r < quads; r += 4) {
      rows4x16(
        x + s,
        a + <usize>r * rowStep,
        rowStep,
        inStep,
        initial(bias, r),
        y + <usize>r * yStep + s,
        yStep,
        inputs,
      );
    }
  }
  for (; s + 32 <= bytes; s += 32) {
    for (let r = 0; r < quads; r += 4) {
      rows4x8(
        x + s,
        a + <usize>r * rowStep,
        rowStep,
        inStep,
        initial(bias, r),
        y + <usize>r * yStep + s,
        yStep,
        inputs,
      );
    }
  }
  if (s < bytes) {
    for (let r = 0; r < quads; r += 4) {
      rows4x4(
        x + s,
        a + <usize>r * rowStep,
        rowStep,
        inStep,
        initial(bias, r),
        y + <usize>r * yStep + s,
        yStep,
        inputs,
      );
    }
  }
  let r = quads;
  if (outputs & 2) {
    const row = a + <usize>r * rowStep;
    const out = y + <usize>r * yStep;
    s = 0;
    for (; s + 64 <= bytes; s += 64)
      rows2x16(x + s, row, rowStep, inStep, initial(bias, r), out + s, yStep, inputs);
    for (; s < bytes; s += 16) rows2x4(x + s, row, rowStep, inStep, initial(bias, r), out + s, yStep, inputs);
    r += 2;
  }
  if (outputs & 1) {
    const row = a + <usize>r * rowStep;
    const out = y + <usize>r * yStep;
    s = 0;
    for (; s + 128 <= bytes; s += 128) rows1x32(x + s, row, inStep, initial(bias, r), out + s, inputs);
    for (; s < bytes; s += 16) rows1x4(x + s, row, inStep, initial(bias, r), out + s, inputs);
  }
}

function initial(bias: usize, row: i32): usize {
  return bias ? bias + ((<usize>row) << 2) : 0;
}

/** Too many sums for registers, unless two vectors make one. */
function rows4x16(
  x: usize,
  a: usize,
  rowStep: usize,
  inStep: usize,
  bias: usize,
  y: usize,
  yStep: usize,
  inputs: i32,
): void {
  const y1 = y + yStep;
  const y2 = y1 + yStep;
  const y3 = y2 + yStep;
  let c00: v128, c01: v128, c02: v128, c03: v128;
  let c10: v128, c11: v128, c12: v128, c13: v128;
  let c20: v128, c21: v128, c22: v128, c23: v128;
  let c30: v128, c31: v128, c32: v128, c33: v128;
  if (bias) {
    c00 = c01 = c02 = c03 = v128.load_splat<f32>(bias);
    c10 = c11 = c12 = c13 = v128.load_splat<f32>(bias, 4);
    c20 = c21 = c22 = c23 = v128.load_splat<f32>(bias, 8);
    c30 = c31 = c32 = c33 = v128.load_splat<f32>(bias, 12);
  } else {
    c00 = v128.load(y);
    c01 = v128.load(y, 16);
    c02 = v128.load(y, 32);
    c03 = v128.load(y, 48);
    c10 = v128.load(y1);
    c11 = v128.load(y1, 16);
    c12 = v128.load(y1, 32);
    c13 = v128.load(y1, 48);
    c20 = v128.load(y2);
    c21 = v128.load(y2, 16);
    c22 = v128.load(y2, 32);
    c23 = v128.load(y2, 48);
    c30 = v128.load(y3);
    c31 = v128.load(y3, 16);
    c32 = v128.load(y3, 32);
    c33 = v128.load(y3, 48);
  }
  let a1 = a + rowStep;
  let a2 = a1 + rowStep;
  let a3 = a2 + rowStep;
  for (
    const end = x + <usize>inputs * ROW;
    x != end;
    x += ROW, a += inStep, a1 += inStep, a2 += inStep, a3 += inStep
  ) {
    const x0 = v128.load(x);
    const x1 = v128.load(x, 16);
    const x2 = v128.load(x, 32);
    const x3 = v128.load(x, 48);
    let w = v128.load_splat<f32>(a);
    c00 = multiplyAdd(w, x0, c00);
    c01 = multiplyAdd(w, x1, c01);
    c02 = multiplyAdd(w, x2, c02);
    c03 = multiplyAdd(w, x3, c03);
    w = v128.load_splat<f32>(a1);
    c10 = multiplyAdd(w, x0, c10);
    c11 = multiplyAdd(w, x1, c11);
    c12 = multiplyAdd(w, x2, c12);
    c13 = multiplyAdd(w, x3, c13);
    w = v128.load_splat<f32>(a2);
    c20 = multiplyAdd(w, x0, c20);
    c21 = multiplyAdd(w, x1, c21);
    c22 = multiplyAdd(w, x2, c22);
    c23 = multiplyAdd(w, x3, c23);
    w = v128.load_splat<f32>(a3);
    c30 = multiplyAdd(w, x0, c30);
    c31 = multiplyAdd(w, x1, c31);
    c32 = multiplyAdd(w, x2, c32);
    c33 = multiplyAdd(w, x3, c33);
  }
  v128.store(y, c00);
  v128.store(y, c01, 16);
  v128.store(y, c02, 32);
  v128.store(y, c03, 48);
  v128.store(y1, c10);
  v128.store(y1, c11, 16);
  v128.store(y1, c12, 32);
  v128.store(y1, c13, 48);
  v128.store(y2, c20);
  v128.store(y2, c21, 16);
  v128.store(y2, c22, 32);
  v128.store(y2, c23, 48);
  v128.store(y3, c30);
  v128.store(y3, c31, 16);
  v128.store(y3, c32, 32);
  v128.store(y3, c33, 48);
}

function rows4x8(
  x: usize,
  a: usize,
  rowStep: usize,
  inStep: usize,
  bias: usize,
  y: usize,
  yStep: usize,
  inputs: i32,
): void {
  const y1 = y + yStep;
  const y2 = y1 + yStep;
  const y3 = y2 + yStep;
  let c00: v128, c01: v128, c10: v128, c11: v128, c20: v128, c21: v128, c30: v128, c31: v128;
  if (bias) {
    c00 = c01 = v128.load_splat<f32>(bias);
    c10 = c11 = v128.load_splat<f32>(bias, 4);
    c20 = c21 = v128.load_splat<f32>(bias, 8);
    c30 = c31 = v128.load_splat<f32>(bias, 12);
  } else {
    c00 = v128.load(y);
    c01 = v128.load(y, 16);
    c10 = v128.load(y1);
    c11 = v128.load(y1, 16);
    c20 = v128.load(y2);
    c21 = v128.load(y2, 16);
    c30 = v128.load(y3);
    c31 = v128.load(y3, 16);
  }
  let a1 = a + rowStep;
  let a2 = a1 + rowStep;
  let a3 = a2 + rowStep;
  for (
    const end = x + <usize>inputs * ROW;
    x != end;
    x += ROW, a += inStep, a1 += inStep, a2 += inStep, a3 += inStep
  ) {
    const x0 = v128.load(x);
    const x1 = v128.load(x, 16);
    let w = v128.load_splat<f32>(a);
    c00 = multiplyAdd(w, x0, c00);
    c01 = multiplyAdd(w, x1, c01);
    w = v128.load_splat<f32>(a1);
    c10 = multiplyAdd(w, x0, c10);
    c11 = multiplyAdd(w, x1, c11);
    w = v128.load_splat<f32>(a2);
    c20 = multiplyAdd(w, x0, c20);
    c21 = multiplyAdd(w, x1, c21);
    w = v128.load_splat<f32>(a3);
    c30 = multiplyAdd(w, x0, c30);
    c31 = multiplyAdd(w, x1, c31);
  }
  v128.store(y, c00);
  v128.store(y, c01, 16);
  v128.store(y1, c10);
  v128.store(y1, c11, 16);
  v128.store(y2, c20);
  v128.store(y2, c21, 16);
  v128.store(y3, c30);
  v128.store(y3, c31, 16);
}

function rows4x4(
  x: usize,
  a: usize,
  rowStep: usize,
  inStep: usize,
  bias: usize,
  y: usize,
  yStep: usize,
  inputs: i32,
): void {
  const y1 = y + yStep;
  const y2 = y1 + yStep;
  const y3 = y2 + yStep;
  let c0 = bias ? v128.load_splat<f32>(bias) : v128.load(y);
  let c1 = bias ? v128.load_splat<f32>(bias, 4) : v128.load(y1);
  let c2 = bias ? v128.load_splat<f32>(bias, 8) : v128.load(y2);
  let c3 = bias ? v128.load_splat<f32>(bias, 12) : v128.load(y3);
  let a1 = a + rowStep;
  let a2 = a1 + rowStep;
  let a3 = a2 + rowStep;
  for (
    const end = x + <usize>inputs * ROW;
    x != end;
    x += ROW, a += inStep, a1 += inStep, a2 += inStep, a3 += inStep
  ) {
    const x0 = v128.load(x);
    c0 = multiplyAdd(v128.load_splat<f32>(a), x0, c0);
    c1 = multiplyAdd(v128.load_splat<f32>(a1), x0, c1);
    c2 = multiplyAdd(v128.load_splat<f32>(a2), x0, c2);
    c3 = multiplyAdd(v128.load_splat<f32>(a3), x0, c3);
  }
  v128.store(y, c0);
  v128.store(y1, c1);
  v128.store(y2, c2);
  v128.store(y3, c3);
}

function rows2x16(
  x: usize,
  a: usize,
  rowStep: usize,
  inStep: usize,
  bias: usize,
  y: usize,
  yStep: usize,
  inputs: i32,
): void {
  const y1 = y + yStep;
  let c00 = bias ? v128.load_splat<f32>(bias) : v128.load(y);
  let c01 = bias ? v128.load_splat<f32>(bias) : v128.load(y, 16);
  let c02 = bias ? v128.load_splat<f32>(bias) : v128.load(y, 32);
  let c03 = bias ? v128.load_splat<f32>(bias) : v128.load(y, 48);
  let c10 = bias ? v128.load_splat<f32>(bias, 4) : v128.load(y1);
  let c11 = bias ? v128.load_splat<f32>(bias, 4) : v128.load(y1, 16);
  let c12 = bias ? v128.load_splat<f32>(bias, 4) : v128.load(y1, 32);
  let c13 = bias ? v128.load_splat<f32>(bias, 4) : v128.load(y1, 48);
  let a1 = a + rowStep;
  for (const end = x + <usize>inputs * ROW; x != end; x += ROW, a += inStep, a1 += inStep) {
    const w0 = v128.load_splat<f32>(a);
    const w1 = v128.load_splat<f32>(a1);
    let x0 = v128.load(x);
    c00 = multiplyAdd(w0, x0, c00);
    c10 = multiplyAdd(w1, x0, c10);
    x0 = v128.load(x, 16);
    c01 = multiplyAdd(w0, x0, c01);
    c11 = multiplyAdd(w1, x0, c11);
    x0 = v128.load(x, 32);
    c02 = multiplyAdd(w0, x0, c02);
    c12 = multiplyAdd(w1, x0, c12);
    x0 = v128.load(x, 48);
    c03 = multiplyAdd(w0, x0, c03);
    c13 = multiplyAdd(w1, x0, c13);
  }
  v128.store(y, c00);
  v128.store(y, c01, 16);
  v128.store(y, c02, 32);
  v128.store(y, c03, 48);
  v128.store(y1, c10);
  v128.store(y1, c11, 16);
  v128.store(y1, c12, 32);
  v128.store(y1, c13, 48);
}

function rows2x4(
  x: usize,
  a: usize,
  rowStep: usize,
  inStep: usize,
  bias: usize,
  y: usize,
  yStep: usize,
  inputs: i32,
): void {
  const y1 = y + yStep;
  let c0 = bias ? v128.load_splat<f32>(bias) : v128.load(y);
  let c1 = bias ? v128.load_splat<f32>(bias, 4) : v128.load(y1);
  let a1 = a + rowStep;
  for (const end = x + <usize>inputs * ROW; x != end; x += ROW, a += inStep, a1 += inStep) {
    const x0 = v128.load(x);
    c0 = multiplyAdd(v128.load_splat<f32>(a), x0, c0);
    c1 = multiplyAdd(v128.load_splat<f32>(a1), x0, c1);
  }
  v128.store(y, c0);
  v128.store(y1, c1);
}

function rows1x32(x: usize, a: usize, inStep: usize, bias: usize, y: usize, inputs: i32): void {
  let c0: v128, c1: v128, c2: v128, c3: v128, c4: v128, c5: v128, c6: v128, c7: v128;
  if (bias) {
    c0 = c1 = c2 = c3 = c4 = c5 = c6 = c7 = v128.load_splat<f32>(bias);
  } else {
    c0 = v128.load(y);
    c1 = v128.load(y, 16);
    c2 = v128.load(y, 32);
    c3 = v128.load(y, 48);
    c4 = v128.load(y, 64);
    c5 = v128.load(y, 80);
    c6 = v128.load(y, 96);
    c7 = v128.load(y, 112);
  }
  for (const end = x + <usize>inputs * ROW; x != end; x += ROW, a += inStep) {
    const w = v128.load_splat<f32>(a);
    c0 = multiplyAdd(w, v128.load(x), c0);
    c1 = multiplyAdd(w, v128.load(x, 16), c1);
    c2 = multiplyAdd(w, v128.load(x, 32), c2);
    c3 = multiplyAdd(w, v128.load(x, 48), c3);
    c4 = multiplyAdd(w, v128.load(x, 64), c4);
    c5 = multiplyAdd(w, v128.load(x, 80), c5);
    c6 = multiplyAdd(w, v128.load(x, 96), c6);
    c7 = multiplyAdd(w, v128.load(x, 112), c7);
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

function rows1x4(x: usize, a: usize, inStep: usize, bias: usize, y: usize, inputs: i32): void {
  let c = bias ? v128.load_splat<f32>(bias) : v128.load(y);
  for (const end = x + <usize>inputs * ROW; x != end; x += ROW, a += inStep) {
    c = multiplyAdd(v128.load_splat<f32>(a), v128.load(x), c);
  }
  v128.store(y, c);
}
