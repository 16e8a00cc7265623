import type { Random } from '../random/random.ts';

/** Runs of both sides together up to which the Mann–Whitney test counts every assignment. */
const EXACT_RUNS = 100;
/** Shuffles beyond that. */
const SHUFFLES = 10_000;

/** What would be found: a difference in either direction, or x above y. */
export type Alternative = 'different' | 'greater';

/**
 * Mann–Whitney test: the probability, were there no difference, of a rank sum at least as far from
 * its expectation, in either direction or above it. Exact over all assignments of the runs to the two sides, ties by midranks, up to 100 runs;
 * by 10,000 seeded shuffles beyond. [Mann & Whitney 1947] It says what a bootstrap of few runs cannot: with
 * three seeds a side no outcome is significant at 0.05.
 */
export function mannWhitneyPValue(
  xs: Float64Array,
  ys: Float64Array,
  random: Pick<Random, 'integer'>,
  alternative: Alternative = 'different',
): number {
  const ranks = doubledMidranks([...xs, ...ys]);
  const expected = xs.length * (ranks.length + 1);
  const extentOf = (rankSum: number): number =>
    alternative === 'greater' ? rankSum - expected : Math.abs(rankSum - expected);
  const observed = extentOf(sum(ranks.subarray(0, xs.length)));
  if (ranks.length > EXACT_RUNS) return shuffledPValue(ranks, xs.length, extentOf, observed, random);
  return Math.min(
    1,
    rankSumLaw(ranks, xs.length).reduce((p, chance, s) => p + (extentOf(s) >= observed ? chance : 0), 0),
  );
}

/**
 * How the doubled rank sum of one side is distributed where every assignment is as likely as any other.
 * @param ranks doubled midranks of the runs of both sides
 * @param count runs of the side
 * @returns [sum of the ranks + 1]: the probability of each doubled rank sum
 */
export function rankSumLaw(ranks: Float64Array, count: number): Float64Array {
  const total = sum(ranks);
  // chances[k][s]: probability that k of the runs seen so far are on the side, with doubled rank sum s.
  const chances = Array.from({ length: count + 1 }, () => new Float64Array(total + 1));
  chances[0][0] = 1;
  ranks.forEach((rank, seen) => {
    for (let k = Math.min(count, seen + 1); k >= 0; k--) {
      for (let s = total; s >= 0; s--) {
        // Of the runs still to come, this one is on the side as often as the side has places left.
        const stay = (chances[k][s] * (ranks.length - seen - (count - k))) / (ranks.length - seen);
        const join =
          k > 0 && s >= rank ? (chances[k - 1][s - rank] * (count - k + 1)) / (ranks.length - seen) : 0;
        chances[k][s] = stay + join;
      }
    }
  });
  return chances[count];
}

function shuffledPValue(
  ranks: Float64Array,
  count: number,
  extentOf: (rankSum: number) => number,
  observed: number,
  random: Pick<Random, 'integer'>,
): number {
  const order = Float64Array.from(ranks);
  let extreme = 1;
  for (let b = 0; b < SHUFFLES; b++) {
    for (let i = 0; i < count; i++) {
      const j = i + random.integer(order.length - i);
      [order[i], order[j]] = [order[j], order[i]];
    }
    if (extentOf(sum(order.subarray(0, count))) >= observed) extreme += 1;
  }
  return extreme / (SHUFFLES + 1);
}

/** Twice the midrank of every value: whole numbers even among ties. */
export function doubledMidranks(values: readonly number[]): Float64Array {
  return Float64Array.from(values, (value) => {
    let below = 0;
    let equal = 0;
    for (const other of values) {
      if (other < value) below += 1;
      else if (other === value) equal += 1;
    }
    return 2 * below + equal + 1;
  });
}

function sum(values: Float64Array): number {
  return values.reduce((total, value) => total + value, 0);
}
