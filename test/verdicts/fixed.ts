import { comparePairs, FAMILY_ERROR } from '../../src/experiment/pairs.ts';
import type { Metric } from '../../src/experiment/performance.ts';
import type { PairReport } from '../../src/experiment/report-data.ts';
import { randomStream } from '../../src/random/random.ts';
import { adjustByHolm } from '../../src/statistics/holm.ts';
import { mannWhitneyPValue } from '../../src/statistics/mann-whitney.ts';
import { contenderOf, type Runs, shifted, split } from './runs.ts';

/** Configs that are compared with so many seeds each. */
export interface Case {
  readonly configs: number;
  readonly seeds: number;
  /** Standard deviations by which the first is moved; the others do not differ. */
  readonly first: number;
  /** As of a sweep and of more than eight configs: the best against each other one is what is said. */
  readonly isBestAgainstOthers: boolean;
}

/** Of how many splits a report says what is false, and what is true. */
export interface Rates {
  readonly splits: number;
  /** "Better" of two that do not differ. */
  readonly wrong: number;
  /** The same by leash 0.1.0, which adjusted each measure by itself, and in a sweep over the pairs with the best alone. */
  readonly wrongBefore: number;
  /** "Better" of the first, where it is. */
  readonly found: number;
}

/** Splits of runs of one config, without replacement: whatever is said of any two is false. */
export function fixedRates(
  runs: Runs,
  { configs, seeds, first, isBestAgainstOthers }: Case,
  splits: number,
): Rates {
  const random = randomStream(0, `verdicts/${configs}/${seeds}`);
  const rates = { splits, wrong: 0, wrongBefore: 0, found: 0 };
  for (let s = 0; s < splits; s++) {
    const parts = split(runs, configs, seeds, random);
    parts[0] = shifted(parts[0] as Runs, runs, first);
    const contenders = parts.map((part, i) => contenderOf(String(i), part));
    const { pairs } = comparePairs(contenders, { isEach: !isBestAgainstOthers, looks: null, margin: null });
    const all = [...pairs.final, ...pairs.curve];
    const isFalse = ({ better, worse }: PairReport): boolean =>
      first === 0 || (better !== '0' && worse !== '0');
    if (all.some((pair) => pair.decided && isFalse(pair))) rates.wrong += 1;
    if (all.some((pair) => pair.decided && !isFalse(pair))) rates.found += 1;
    const told = (['final', 'curve'] as const).flatMap((metric) => toldBefore(pairs[metric], metric, parts));
    if (told.some(isFalse)) rates.wrongBefore += 1;
  }
  return rates;
}

/** The pairs of one measure that leash 0.1.0 told apart. */
function toldBefore(pairs: readonly PairReport[], metric: Metric, parts: readonly Runs[]): PairReport[] {
  const own = pairs.map(({ better, worse }) => {
    const [x, y] = [better, worse].map((label) => (parts[Number(label)] as Runs)[metric]);
    return mannWhitneyPValue(x as Float64Array, y as Float64Array, randomStream(0, 'mann-whitney'));
  });
  return pairs.filter((_, i) => (adjustByHolm(own)[i] as number) < FAMILY_ERROR);
}
