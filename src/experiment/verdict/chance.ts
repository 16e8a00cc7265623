import { sequentialPValue } from '../../statistics/sequential-ranks.ts';
import type { ReportData } from '../report-data.ts';
import { type Figures, percent } from './words.ts';

/** Whether so few seeds can tell anything. */
export function noSpread(data: Figures): string[] {
  const { seeds, pairs } = data;
  if (seeds.length === 1) {
    return ['One seed: there is no interval, and no difference can be told from chance; try --seeds 10.'];
  }
  if (!isTooFew(data)) return [];
  const [first] = pairs.final;
  const among = pairs.final.length === 1 ? 'two configs' : `${pairs.final.length} pairs of configs`;
  const isAhead = first?.difference.value !== null && (first?.difference.value ?? 0) > 0;
  const ahead = isAhead ? ` (${first?.better} has the highest IQM of them)` : '';
  const more = data.untilDecided === null ? `--seeds ${seedsNeeded(data.family)}` : 'a larger --max-seeds';
  return [`${seeds.length} seeds cannot tell ${among} apart, whatever comes out${ahead}; try ${more}.`];
}

/** Whether no difference of runs that are not the same could be told from chance. */
export function isTooFew(data: Figures): boolean {
  const { seeds, pairs, family } = data;
  if (seeds.length === 1) return false;
  // The least p there can be: all runs of one config above all of the other, times Holm's factor.
  const leastP = leastPValue(data) * family.tests;
  // Of runs that are the same in every seed more seeds would say nothing else.
  const isOpen = pairs.final.some(({ same }) => same?.isEverySeed !== true);
  return leastP >= family.error && (isOpen || pairs.final.length === 0);
}

function leastPValue({ seeds, untilDecided }: Figures): number {
  if (untilDecided === null) return 2 / assignments(seeds.length);
  const { looks: sizes, spending } = untilDecided;
  const groups = sizes.map((size, look) => {
    const added = size - (sizes[look - 1] ?? 0);
    const from = (first: number): Float64Array => Float64Array.from({ length: added }, (_, i) => first + i);
    return { x: from(2 * size), y: from(-2 * size) };
  });
  return sequentialPValue(groups, spending);
}

/** Ten, or as many as it takes for any outcome to be told from chance. */
function seedsNeeded({ error, tests }: ReportData['family']): number {
  let seeds = 10;
  while ((2 / assignments(seeds)) * tests >= error) seeds += 1;
  return seeds;
}

/** Ways to choose which n of 2n runs are one config's. */
function assignments(n: number): number {
  let ways = 1;
  for (let k = 1; k <= n; k++) ways *= (n + k) / k;
  return ways;
}

/** How many runs it took until every pair was decided or hopeless. */
export function looks({ untilDecided, seeds, configs }: Figures): string[] {
  if (untilDecided === null) return [];
  const { runs, mostRuns, looks: sizes, hopeless } = untilDecided;
  const of = new Set(configs.map((config) => config.runs.length));
  const each = of.size === 1 ? `${seeds.length} each` : `${Math.min(...of)} to ${Math.max(...of)} each`;
  return [
    `Seeds were added, ${sizes[0]} at a time up to ${sizes.at(-1)}, until every pair was decided or had a chance below ${percent(hopeless)} of being: ${each}, ${runs} of ${mostRuns} runs.`,
  ];
}

/** What family the p-values are of, what error that keeps, and how much it finds. */
export function errors(data: Figures): string[] {
  const { pairs, seeds, family, power } = data;
  const isTested = pairs.final.some(({ pValue, same }) => pValue !== null && !same?.isEverySeed);
  // One-sided tests can decide where no two-sided one could.
  const isNoWorse = pairs.final.some(({ noWorse }) => noWorse?.better.decided || noWorse?.worse.decided);
  if (!isTested || (isTooFew(data) && !isNoWorse)) return [];
  const { error, tests, method } = family;
  const what = data.margin === null ? '' : ', and by the margin';
  const over = data.untilDecided === null ? '' : ` and the ${data.untilDecided.looks.length} looks`;
  const said = data.margin === null ? '“better”' : '“better” or “no worse”';
  const found =
    power === null
      ? ''
      : ` ${seeds.length} seeds find a difference of one standard deviation by one measure in ${percent(power)} of such comparisons.`;
  return [
    `p is adjusted over ${tests} tests, every pair of configs by final return and by curve${what} (${method})${over}: ${data.margin === null ? 'where nothing differs ' : ''}at most ${percent(error)} of such reports say ${said} anywhere${data.margin === null ? '' : ' where that is false'}.${found}`,
  ];
}
