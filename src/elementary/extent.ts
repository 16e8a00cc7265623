/**
 * Least and greatest of the finite values of some lists; undefined without one. Of lists as long as there are runs, rows or
 * observations `Math.min(...values)` has no room: a call takes about 120,000 arguments.
 */
export function extent(lists: readonly ArrayLike<number | null>[]): [number, number] | undefined {
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  // No iterators: a page asks for it with every movement of the pointer.
  for (const values of lists) {
    for (let i = 0; i < values.length; i++) {
      const value = values[i];
      if (value === null || !Number.isFinite(value)) continue;
      if (value < low) low = value;
      if (value > high) high = value;
    }
  }
  return low <= high ? [low, high] : undefined;
}
