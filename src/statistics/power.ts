import { randomStream } from '../random/random.ts';
import { doubledMidranks, rankSumLaw } from './mann-whitney.ts';

/** Comparisons that are drawn. */
const DRAWS = 2000;
/** Runs a side up to which they are: beyond, the power is hardly ever asked for. */
const MOST_RUNS = 50;

/**
 * How often a two-sided Mann–Whitney test finds two normal distributions apart that differ by a standard deviation.
 * @param runs of either side
 * @param level below which a p-value decides
 * @returns undefined beyond 50 runs
 */
export function powerAtOneDeviation(runs: number, level: number): number | undefined {
  if (runs > MOST_RUNS) return undefined;
  const bound = leastDecided(runs, level);
  const stream = randomStream(0, 'power');
  const draw = (shift: number): Float64Array =>
    Float64Array.from({ length: runs }, () => stream.normal() + shift);
  let found = 0;
  for (let d = 0; d < DRAWS; d++) {
    const [x, y] = [draw(1), draw(0)];
    let wins = 0;
    for (const a of x) for (const b of y) if (a > b) wins += 1;
    if (Math.abs(2 * wins - runs * runs) >= bound) found += 1;
  }
  return found / DRAWS;
}

/** The least |2U − n²| whose p-value is below the level; Infinity where none is. */
function leastDecided(runs: number, level: number): number {
  const law = rankSumLaw(doubledMidranks([...new Float64Array(2 * runs).keys()]), runs);
  const middle = runs * (2 * runs + 1);
  let [chance, bound] = [0, Number.POSITIVE_INFINITY];
  for (let extent = runs * runs; extent > 0; extent -= 1) {
    chance += (law[middle + extent] as number) + (law[middle - extent] as number);
    if (chance >= level) return bound;
    bound = extent;
  }
  return bound;
}
