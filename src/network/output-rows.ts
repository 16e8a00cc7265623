/**
 * rows[s] = the network's own outputs of sample s, then those that depend on no input: the last
 * `width − outputs` of the flat parameters.
 * @param own [count, outputs]
 * @param rows [≥ count, width], written
 */
export function joinRows(
  own: ArrayLike<number>,
  outputs: number,
  flat: Float32Array,
  rows: Float32Array,
  count: number,
  width: number,
): void {
  const constants = flat.length - width;
  for (let s = 0; s < count; s++) {
    for (let o = 0; o < width; o++) {
      rows[s * width + o] = (o < outputs ? own[s * outputs + o] : flat[constants + o]) as number;
    }
  }
}

/** The first `outputs` of `width` numbers of each row, as rows of their own [count, outputs]. */
export function leadingColumns(
  rows: Float32Array,
  count: number,
  outputs: number,
  width: number,
): Float32Array {
  if (outputs === width) return rows.slice(0, count * outputs);
  const leading = new Float32Array(count * outputs);
  for (let s = 0; s < count; s++) leading.set(rows.subarray(s * width, s * width + outputs), s * outputs);
  return leading;
}

/** The gradient of the outputs that depend on no input: column sums, at the end of `gradient`. */
export function sumConstants(
  rows: Float32Array,
  count: number,
  outputs: number,
  width: number,
  gradient: Float32Array,
): void {
  for (let o = outputs; o < width; o++) {
    let sum = 0;
    for (let s = 0; s < count; s++) sum += rows[s * width + o] as number;
    gradient[gradient.length - width + o] = sum;
  }
}
