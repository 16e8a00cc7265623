import type { Interval } from './bootstrap.ts';

/** The standard normal at 0.975. */
const Z = 1.959964;
const HALVINGS = 60;

/** A share that was seen, in [0, 1], and what it counts in the mean. */
export interface Share {
  readonly value: number;
  readonly weight: number;
}

/**
 * Of a weighted mean of shares: all means that are within z standard errors of it, the error taken where the shares then are, all
 * moved by the same, none out of [0, 1]. So it is within [0, 1], and no point where all shares are 0 or 1. Of a single
 * proportion it is Wilson's interval.
 * @param shares weights sum to 1
 * @param squaredError of the mean, where the shares are these
 */
export function scoreInterval(
  shares: readonly Share[],
  squaredError: (shares: readonly number[]) => number,
): Interval {
  const moved = (by: number): number[] => shares.map(({ value }) => Math.min(1, Math.max(0, value + by)));
  const meanOf = (values: readonly number[]): number =>
    values.reduce((sum, value, i) => sum + shares[i].weight * value, 0);
  const middle = meanOf(moved(0));
  const isWithin = (by: number): boolean => {
    const values = moved(by);
    return (meanOf(values) - middle) ** 2 <= Z * Z * squaredError(values);
  };
  const endTowards = (sign: 1 | -1): number => {
    let [inside, outside] = [0, 1];
    for (let i = 0; i < HALVINGS; i++) {
      const by = (inside + outside) / 2;
      if (isWithin(sign * by)) inside = by;
      else outside = by;
    }
    return meanOf(moved(sign * inside));
  };
  return { low: endTowards(-1), high: endTowards(1) };
}
