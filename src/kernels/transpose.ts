// Between row-major [sample, feature] outside and a panel's [feature][sample] rows inside, and back.

import { ROW } from './panel';

/**
 * rows[f][s] = source[s, f]; the samples from `count` to the next multiple of 4 become 0.
 * @param source [count, features] row-major
 */
export function pack(source: usize, rows: usize, count: i32, features: i32): void {
  const step = (<usize>features) << 2;
  const quads = features & ~3;
  let s = 0;
  for (; s + 4 <= count; s += 4, source += step << 2, rows += 16) {
    let f = 0;
    let to = rows;
    for (; f < quads; f += 4, to += 4 * ROW) {
      const from = source + ((<usize>f) << 2);
      put4x4(
        to,
        v128.load(from),
        v128.load(from + step),
        v128.load(from + 2 * step),
        v128.load(from + 3 * step),
      );
    }
    for (; f < features; f++, to += ROW) {
      const from = source + ((<usize>f) << 2);
      store<f32>(to, load<f32>(from));
      store<f32>(to, load<f32>(from + step), 4);
      store<f32>(to, load<f32>(from + 2 * step), 8);
      store<f32>(to, load<f32>(from + 3 * step), 12);
    }
  }
  const rest = count - s;
  if (rest == 0) return;
  for (let f = 0; f < features; f++, rows += ROW, source += 4) {
    v128.store(rows, f32x4.splat(0));
    for (let i = 0; i < rest; i++) store<f32>(rows + ((<usize>i) << 2), load<f32>(source + <usize>i * step));
  }
}

/**
 * columns[s][r] = rows[r][s].
 * @param count of rows, multiple of 4
 * @param samples multiple of 4
 */
export function transpose(rows: usize, columns: usize, count: i32, samples: i32): void {
  for (; count > 0; count -= 4, rows += 4 * ROW, columns += 16) {
    let to = columns;
    for (let p = rows, end = rows + ((<usize>samples) << 2); p != end; p += 16, to += 4 * ROW) {
      put4x4(to, v128.load(p), v128.load(p, ROW), v128.load(p, 2 * ROW), v128.load(p, 3 * ROW));
    }
  }
}

/** Stores the columns of the matrix whose rows are a, b, c, d, each in a row of its own. */
function put4x4(to: usize, a: v128, b: v128, c: v128, d: v128): void {
  const ab = v128.shuffle<f32>(a, b, 0, 4, 1, 5);
  const AB = v128.shuffle<f32>(a, b, 2, 6, 3, 7);
  const cd = v128.shuffle<f32>(c, d, 0, 4, 1, 5);
  const CD = v128.shuffle<f32>(c, d, 2, 6, 3, 7);
  v128.store(to, v128.shuffle<f32>(ab, cd, 0, 1, 4, 5));
  v128.store(to, v128.shuffle<f32>(ab, cd, 2, 3, 6, 7), ROW);
  v128.store(to, v128.shuffle<f32>(AB, CD, 0, 1, 4, 5), 2 * ROW);
  v128.store(to, v128.shuffle<f32>(AB, CD, 2, 3, 6, 7), 3 * ROW);
}

/** target[s, f] = rows[f][s], target [count, features] row-major. */
export function unpack(rows: usize, target: usize, count: i32, features: i32): void {
  const step = (<usize>features) << 2;
  for (let f = 0; f < features; f++, rows += ROW, target += 4) {
    let to = target;
    for (let p = rows, end = rows + ((<usize>count) << 2); p < end; p += 4, to += step) {
      store<f32>(to, load<f32>(p));
    }
  }
}

/** rows[r][s] = values[r]: outputs that depend on no input. */
export function fillRows(values: usize, rows: usize, count: i32, samples: i32): void {
  for (let r = 0; r < count; r++, rows += ROW, values += 4) {
    const value = v128.load_splat<f32>(values);
    for (let p = rows, end = rows + ((<usize>samples) << 2); p < end; p += 16) v128.store(p, value);
  }
}
