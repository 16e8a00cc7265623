/** Least and greatest of the finite values; undefined without one. */
export function extent(values: Iterable<number | null | undefined>): [number, number] | undefined {
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const value of values) {
    if (value === null || value === undefined || !Number.isFinite(value)) continue;
    if (value < low) low = value;
    if (value > high) high = value;
  }
  return low <= high ? [low, high] : undefined;
}

/** The values of several lists, one after the other. */
export function* joined<T>(lists: readonly (readonly T[])[]): Generator<T> {
  for (const list of lists) yield* list;
}
