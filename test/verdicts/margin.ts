import { comparePairs } from '../../src/experiment/pairs.ts';
import { randomStream } from '../../src/random/random.ts';
import { contenderOf, deviationOf, type Runs, split } from './runs.ts';

/** Of how many splits `--margin` says what. */
export interface MarginRates {
  /** That a config is no worse which is worse by the very margin: the worst case of what must not be said. */
  readonly wrong: number;
  /** That one which does not differ is no worse. */
  readonly found: number;
}

/**
 * Two configs, compared by `leash compare --margin`: splits of runs of one, of which the first is lower by the margin, or not at all.
 * @param margin in standard deviations of the final return over all runs
 */
export function marginRates(runs: Runs, seeds: number, margin: number, splits: number): MarginRates {
  const random = randomStream(0, `verdicts/margin/${seeds}`);
  const by = exact(margin * deviationOf(runs.final));
  const rates = { wrong: 0, found: 0 };
  for (let s = 0; s < splits; s++) {
    const [first, second] = split(runs, 2, seeds, random).map((part) => ({
      ...part,
      final: part.final.map(exact),
    })) as [Runs, Runs];
    const lower = { ...first, final: first.final.map((each) => each - by) };
    if (isToldNoWorse(lower, second, by)) rates.wrong += 1;
    if (isToldNoWorse(first, second, by)) rates.found += 1;
  }
  return rates;
}

function isToldNoWorse(first: Runs, second: Runs, margin: number): boolean {
  const contenders = [contenderOf('first', first), contenderOf('second', second)];
  const [pair] = comparePairs(contenders, { isEach: true, looks: null, margin }).pairs.final;
  return pair?.noWorse?.[pair.better === 'first' ? 'better' : 'worse'].decided === true;
}

/** Such that a margin taken off and put on again leaves the same value: ties stay ties. */
function exact(value: number): number {
  return Math.round(value * 2 ** 20) / 2 ** 20;
}
