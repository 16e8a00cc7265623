import type { Interval } from './bootstrap.ts';

/** The standard normal at 0.975. */
const Z = 1.959964;
const HALVINGS = 60;

/**
 * Of the probability that a run of one side is above one of the other: all θ with |θ̂ − θ| ≤ z·√V(θ), V(θ) = θ(1 − θ)·(1 +
 * N·((1 − θ)/(2 − θ) + θ/(1 + θ)))/(m·n), N = (m + n)/2 − 1. No point where all runs of one side are above, too.
 * [Newcombe 2006, method 5]
 * @param improvement θ̂ in [0, 1], U/(m·n)
 */
export function improvementInterval(improvement: number, m: number, n: number): Interval {
  const isWithin = (theta: number): boolean => {
    const spread = 1 + ((m + n) / 2 - 1) * ((1 - theta) / (2 - theta) + theta / (1 + theta));
    return (improvement - theta) ** 2 <= (Z * Z * theta * (1 - theta) * spread) / (m * n);
  };
  const endTowards = (outer: 0 | 1): number => {
    if (improvement === outer) return outer;
    let [inside, outside] = [improvement, outer as number];
    for (let i = 0; i < HALVINGS; i++) {
      const middle = (inside + outside) / 2;
      if (isWithin(middle)) inside = middle;
      else outside = middle;
    }
    return inside;
  };
  return { low: endTowards(0), high: endTowards(1) };
}
