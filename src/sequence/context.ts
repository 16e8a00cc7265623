/**
 * What is seen of tokens: the last k, each one-hot, the oldest first; zeros where there are fewer.
 * @param tokens numbers 0 … V − 1; the first `count` of them
 * @param out [k·V], overwritten
 */
export function encodeContext(
  tokens: ArrayLike<number>,
  count: number,
  context: number,
  vocabulary: number,
  out: Float32Array,
): void {
  out.fill(0);
  for (let before = 1; before <= Math.min(context, count); before++)
    out[(context - before) * vocabulary + tokens[count - before]] = 1;
}
