import { labelsToContinue } from '../../src/experiment/looks.ts';
import { type Compared, comparePairs } from '../../src/experiment/pairs.ts';
import type { PairReport } from '../../src/experiment/report-data.ts';
import { randomStream } from '../../src/random/random.ts';
import { contenderOf, type Runs, shifted, split } from './runs.ts';

/** Seeds by each look of `--until-decided --seeds 5 --max-seeds 20`. */
export const LOOKS = [5, 10, 15, 20];
const MOST = 20;

/** Of how many splits what was said, and by how many runs. */
export interface SequentialRates {
  readonly splits: number;
  /** "Better" of two that do not differ, or of the worse. */
  readonly wrong: number;
  /** The first called better than another, where it is. */
  readonly found: number;
  /** The same of all seeds at once. */
  readonly foundFixed: number;
  /** Mean seeds of a config. */
  readonly seeds: number;
}

/**
 * What `leash compare --until-decided` says of splits of runs of one config.
 * @param first standard deviations by which the first of the configs is better; the others do not differ
 */
export function sequentialRates(runs: Runs, configs: number, first: number, splits: number): SequentialRates {
  const random = randomStream(0, `verdicts/sequential/${configs}`);
  const rates = { splits, wrong: 0, found: 0, foundFixed: 0, seeds: 0 };
  for (let s = 0; s < splits; s++) {
    const parts = split(runs, configs, MOST, random);
    parts[0] = shifted(parts[0] as Runs, runs, first);
    const { compared, seeds } = addUntilDecided(parts);
    const told = toldIn(compared);
    const isTrue = ({ better }: PairReport): boolean => first > 0 && better === '0';
    if (told.some((pair) => !isTrue(pair))) rates.wrong += 1;
    if (told.some(isTrue)) rates.found += 1;
    const all = parts.map((part, i) => contenderOf(String(i), part));
    if (toldIn(comparePairs(all, { isEach: true, looks: null, margin: null })).some(isTrue))
      rates.foundFixed += 1;
    rates.seeds += seeds / splits;
  }
  return rates;
}

function toldIn({ pairs }: Compared): PairReport[] {
  return [...pairs.final, ...pairs.curve].filter(({ decided }) => decided);
}

/** As `src/experiment/comparison.ts` does, of runs that are there. */
function addUntilDecided(parts: readonly Runs[]): { compared: Compared; seeds: number } {
  const sizes = parts.map(() => 0);
  let open = new Set(parts.map((_, i) => String(i)));
  for (const size of LOOKS) {
    parts.forEach((_, i) => {
      if (open.has(String(i))) sizes[i] = size;
    });
    const contenders = parts.map(({ final, curve }, i) =>
      contenderOf(String(i), { final: final.slice(0, sizes[i]), curve: curve.slice(0, sizes[i]) }, LOOKS),
    );
    const compared = comparePairs(contenders, { isEach: true, looks: LOOKS, margin: null });
    open = labelsToContinue(compared);
    const seeds = sizes.reduce((sum, each) => sum + each, 0) / sizes.length;
    if (open.size === 0 || size === MOST) return { compared, seeds };
  }
  throw new Error('no look was the last');
}
