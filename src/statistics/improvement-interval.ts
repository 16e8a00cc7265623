import type { Interval } from './bootstrap.ts';
import { scoreInterval } from './score-interval.ts';

/** P(a run of one side is above one of the other) as it was seen, U/(m·n), of m and n runs. */
export interface Improvement {
  readonly value: number;
  readonly m: number;
  readonly n: number;
}

/**
 * V(θ) = θ(1 − θ)·(1 + N·((1 − θ)/(2 − θ) + θ/(1 + θ)))/(m·n), N = (m + n)/2 − 1. [Newcombe 2006, method 5]
 * @param theta θ
 */
function squaredError(theta: number, { m, n }: Improvement): number {
  const spread = 1 + ((m + n) / 2 - 1) * ((1 - theta) / (2 - theta) + theta / (1 + theta));
  return (theta * (1 - theta) * spread) / (m * n);
}

/**
 * Of the mean of P(improvement) over worlds whose runs are independent: all with |θ̂ − θ| ≤ z·√V(θ). Of one world it is Newcombe's
 * interval [Newcombe 2006, method 5]; no point where all runs of one side are above, too.
 * @param improvements one a world
 */
export function improvementInterval(improvements: readonly Improvement[]): Interval {
  const weight = 1 / improvements.length;
  return scoreInterval(
    improvements.map(({ value }) => ({ value, weight })),
    (thetas) =>
      thetas.reduce((sum, theta, w) => sum + weight * weight * squaredError(theta, improvements[w]), 0),
  );
}

/**
 * Of a mean rank: 1 + Σ P(another is above), mean over worlds. Half of each V is of the own runs, which are the same
 * against all others, so that these halves add up as if they varied together; the others' runs are independent.
 * @param above of each world the probability that a run of each other one is above an own
 */
export function rankInterval(above: readonly (readonly Improvement[])[]): Interval {
  const all = above.flat();
  const others = all.length / above.length;
  const { low, high } = scoreInterval(
    all.map(({ value }) => ({ value, weight: 1 / all.length })),
    (thetas) => {
      const errors = thetas.map((theta, i) => squaredError(theta, all[i]));
      const sum = above.reduce((total, _, w) => {
        const own = errors.slice(w * others, (w + 1) * others);
        const roots = own.reduce((roots, error) => roots + Math.sqrt(error), 0);
        return total + (roots * roots + own.reduce((sum, error) => sum + error, 0)) / 2;
      }, 0);
      return sum / all.length ** 2;
    },
  );
  return { low: 1 + others * low, high: 1 + others * high };
}

/** Of the share of all runs of all worlds above a threshold. @param shares of each world the share of so many runs */
export function shareInterval(
  shares: readonly { readonly value: number; readonly runs: number }[],
): Interval {
  const all = shares.reduce((sum, { runs }) => sum + runs, 0);
  return scoreInterval(
    shares.map(({ value, runs }) => ({ value, weight: runs / all })),
    (values) => values.reduce((sum, p, w) => sum + (p * (1 - p) * shares[w].runs) / (all * all), 0),
  );
}
