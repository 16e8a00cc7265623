/**
 * The q-quantile, linear between order statistics (NumPy's default, R's type 7).
 * @param sorted ascending, at least one value
 * @param q in [0, 1]
 */
export function quantile(sorted: ArrayLike<number>, q: number): number {
  const at = q * (sorted.length - 1);
  const below = sorted[Math.floor(at)] as number;
  const above = sorted[Math.ceil(at)] as number;
  return between(below, above, at - Math.floor(at));
}

/** The value `share` of the way from one order statistic to the next. @param share in [0, 1) */
export function between(below: number, above: number, share: number): number {
  if (share === 0) return below;
  // An infinite neighbour (never, stuck) takes all between, no number being halfway there; of two, the nearer one.
  if (below === -Infinity) return above === Infinity && share >= 0.5 ? above : below;
  if (above === Infinity) return above;
  return below + (above - below) * share;
}
