// The gradient of a layer's parameters, summed over the samples of a panel.

import { affine } from './affine';
import { laneSums, multiplyAdd, ROW } from './panel';
import { transpose } from './transpose';

/** Outputs whose samples fit into one row of the scratch. */
const BLOCK: i32 = 128;

/**
 * g[i][o] = Σ_s x[i][s]·dy[o][s], added to what stands in g when `accumulate`: a product along the outputs, which takes
 * a row a sample; along the samples for the last one to three outputs, where whole vectors would reach into the next
 * input's row.
 * @param x [inputs] rows
 * @param dy [outputs] rows, zero beyond the last sample
 * @param g [inputs, outputs] row-major
 * @param samples multiple of 4, at most PANEL_SAMPLES
 * @param zeros [inputs]
 * @param scratch PANEL_SAMPLES rows
 */
export function weightGradient(
  x: usize,
  dy: usize,
  g: usize,
  inputs: i32,
  outputs: i32,
  samples: i32,
  accumulate: bool,
  zeros: usize,
  scratch: usize,
): void {
  const gRow = (<usize>outputs) << 2;
  const quads = outputs & ~3;
  for (let o = 0; o < quads; o += BLOCK) {
    const width = min(quads - o, BLOCK);
    transpose(dy + <usize>o * ROW, scratch, width, samples);
    const at = g + ((<usize>o) << 2);
    affine(scratch, x, ROW, 4, accumulate ? 0 : zeros, at, gRow, samples, inputs, width);
  }
  const bytes = (<usize>samples) << 2;
  for (let o = quads; o < outputs; o++) {
    const row = dy + <usize>o * ROW;
    const at = g + ((<usize>o) << 2);
    let i = 0;
    for (; i + 8 <= inputs; i += 8) {
      dots8x1(x + <usize>i * ROW, row, at + <usize>i * gRow, gRow, bytes, accumulate);
    }
    for (; i < inputs; i++) dots1x1(x + <usize>i * ROW, row, at + <usize>i * gRow, bytes, accumulate);
  }
}

/** out[r] = Σ_s dy[r][s], added to what stands in out when `accumulate`: the gradient of biases. */
export function rowSums(dy: usize, out: usize, rows: i32, samples: i32, accumulate: bool): void {
  const bytes = (<usize>samples) << 2;
  let r = 0;
  for (; r + 4 <= rows; r += 4, dy += 4 * ROW, out += 16) {
    let c0 = f32x4.splat(0);
    let c1 = c0;
    let c2 = c0;
    let c3 = c0;
    for (let p = dy, end = dy + bytes; p < end; p += 16) {
      c0 = f32x4.add(c0, v128.load(p));
      c1 = f32x4.add(c1, v128.load(p, ROW));
      c2 = f32x4.add(c2, v128.load(p, 2 * ROW));
      c3 = f32x4.add(c3, v128.load(p, 3 * ROW));
    }
    put4(out, laneSums(c0, c1, c2, c3), accumulate);
  }
  for (; r < rows; r++, dy += ROW, out += 4) {
    let c = f32x4.splat(0);
    for (let p = dy, end = dy + bytes; p < end; p += 16) c = f32x4.add(c, v128.load(p));
    put1(out, laneSum(c), accumulate);
  }
}

/** A column: eight inputs, one output. */
function dots8x1(x: usize, dy: usize, g: usize, gRow: usize, bytes: usize, accumulate: bool): void {
  let c0 = f32x4.splat(0);
  let c1 = c0;
  let c2 = c0;
  let c3 = c0;
  let c4 = c0;
  let c5 = c0;
  let c6 = c0;
  let c7 = c0;
  for (const end = x + bytes; x < end; x += 16, dy += 16) {
    const d = v128.load(dy);
    c0 = multiplyAdd(v128.load(x), d, c0);
    c1 = multiplyAdd(v128.load(x, ROW), d, c1);
    c2 = multiplyAdd(v128.load(x, 2 * ROW), d, c2);
    c3 = multiplyAdd(v128.load(x, 3 * ROW), d, c3);
    c4 = multiplyAdd(v128.load(x, 4 * ROW), d, c4);
    c5 = multiplyAdd(v128.load(x, 5 * ROW), d, c5);
    c6 = multiplyAdd(v128.load(x, 6 * ROW), d, c6);
    c7 = multiplyAdd(v128.load(x, 7 * ROW), d, c7);
  }
  putColumn4(g, gRow, laneSums(c0, c1, c2, c3), accumulate);
  putColumn4(g + (gRow << 2), gRow, laneSums(c4, c5, c6, c7), accumulate);
}

function dots1x1(x: usize, dy: usize, g: usize, bytes: usize, accumulate: bool): void {
  let c = f32x4.splat(0);
  for (const end = x + bytes; x < end; x += 16, dy += 16) c = multiplyAdd(v128.load(x), v128.load(dy), c);
  put1(g, laneSum(c), accumulate);
}

function laneSum(a: v128): f32 {
  return f32x4.extract_lane(laneSums(a, a, a, a), 0);
}

function put4(at: usize, value: v128, accumulate: bool): void {
  v128.store(at, accumulate ? f32x4.add(v128.load(at), value) : value);
}

function put1(at: usize, value: f32, accumulate: bool): void {
  store<f32>(at, accumulate ? load<f32>(at) + value : value);
}

function putColumn4(at: usize, step: usize, values: v128, accumulate: bool): void {
  put1(at, f32x4.extract_lane(values, 0), accumulate);
  put1(at + step, f32x4.extract_lane(values, 1), accumulate);
  put1(at + 2 * step, f32x4.extract_lane(values, 2), accumulate);
  put1(at + 3 * step, f32x4.extract_lane(values, 3), accumulate);
}
