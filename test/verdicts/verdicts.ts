/**
 * How often verdicts are wrong, what they find and what intervals cover, by simulation on 240 runs each of two configs:
 *   npm run verdicts                  1,000 splits of a config against itself, each case
 *   npm run verdicts -- 200           so many
 *   npm run verdicts -- --write       trains the runs again and keeps what they are judged by
 */
import { UNBOUNDED } from '../../src/statistics/bounded-interval.ts';
import { powerAtOneDeviation } from '../../src/statistics/power.ts';
import { randomStream } from '../../src/random/random.ts';
import { acrossCoverage } from './across.ts';
import { coverageOf, type Population } from './coverage.ts';
import { type Case, fixedRates } from './fixed.ts';
import { marginRates } from './margin.ts';
import { type RealRuns, readRealRuns, writeRealRuns } from './runs.ts';
import { sequentialRates } from './sequential.ts';

const [given] = process.argv.slice(2);
const splits = Number(given ?? 1000);
if (given === '--write') writeRealRuns();
else if (Number.isInteger(splits) && splits > 0) measure();
else throw new Error(`npm run verdicts -- N: N must be a whole number > 0, or --write, got ${given}`);

function measure(): void {
  errors();
  untilDecided();
  margins();
  power();
  coverage();
  acrossWorlds();
}

function errors(): void {
  say('', 'reports of a config against itself that say “better”', 'now', 'leash 0.1.0', 'right');
  const usual = { seeds: 10, first: 0, isBestAgainstOthers: false };
  const cases: Case[] = [
    { ...usual, configs: 2 },
    { ...usual, configs: 2, seeds: 20 },
    { ...usual, configs: 4, first: 1.5 },
    { ...usual, configs: 6, isBestAgainstOthers: true },
    { ...usual, configs: 12, isBestAgainstOthers: true },
  ];
  for (const runs of readRealRuns()) {
    for (const each of cases) {
      const { wrong, wrongBefore, found } = fixedRates(runs, each, splits);
      const kind = each.isBestAgainstOthers ? 'best against each other' : 'all pairs';
      const differing = each.first === 0 ? '' : `, the first by ${each.first} sd another`;
      say(
        runs.name,
        `${each.configs} configs, ${each.seeds} seeds, ${kind}${differing}`,
        ...[wrong, wrongBefore].map((count) => `${count} of ${splits}`),
        each.first === 0 ? '' : `${found} of ${splits}`,
      );
    }
  }
}

function untilDecided(): void {
  say('', '\nseeds added 5 at a time, up to 20', 'wrong', 'right', 'of 20 fixed', 'seeds');
  for (const runs of readRealRuns()) {
    for (const [configs, first] of [
      [2, 0],
      [4, 1],
      [2, 1],
      [2, 1.5],
    ] as const) {
      const rates = sequentialRates(runs, configs, first, splits);
      const differing = first === 0 ? '' : `, the first by ${first} sd better`;
      const right = first === 0 ? ['', ''] : [`${rates.found}`, `${rates.foundFixed}`];
      say(
        runs.name,
        `${configs} configs${differing}`,
        `${rates.wrong} of ${splits}`,
        ...right,
        rates.seeds.toFixed(1),
      );
    }
  }
}

function margins(): void {
  const margins = [1, 1.5, 2];
  const heads = margins.flatMap((margin) => [`by ${margin} sd`, 'not at all']);
  say('', '\ntold to be no worse of one that is worse by the margin, or not at all', ...heads);
  for (const runs of readRealRuns()) {
    for (const seeds of [5, 10, 20]) {
      const rates = margins.map((margin) => marginRates(runs, seeds, margin, splits));
      say(runs.name, `${seeds} seeds`, ...rates.flatMap(({ wrong, found }) => [`${wrong}`, `${found}`]));
    }
  }
}

function power(): void {
  const seeds = [4, 5, 6, 8, 10, 15, 20];
  say('', '\na difference of one sd is found', ...seeds.map((each) => `${each} seeds`));
  for (const [tests, words] of [
    [1, 'by one test'],
    [2, 'two configs'],
    [12, 'four configs'],
  ] as const) {
    const found = seeds.map((each) => powerAtOneDeviation(each, 0.05 / tests) ?? Number.NaN);
    say('', words, ...found.map(percent));
  }
}

function coverage(): void {
  say('', '\nwhat 95% intervals cover', 'mean', 'iqm', 'bootstrap of the mean', 'no interval', 'points');
  const random = randomStream(1, 'populations');
  const drawn = (draw: () => number): Population => ({
    values: Float64Array.from({ length: 20_000 }, draw),
    bounds: { least: Number.NEGATIVE_INFINITY, greatest: Number.POSITIVE_INFINITY },
  });
  const populations: [string, Population][] = [
    ['normal', drawn(random.normal)],
    ['uniform', drawn(random.uniform)],
    ...readRealRuns().map(({ name, final, bounds }): [string, Population] => [
      name,
      { values: final, bounds },
    ]),
  ];
  for (const [name, population] of populations) {
    for (const runs of [3, 5, 10, 20]) {
      const { mean, iqm, bootstrap, none, points } = coverageOf(population, runs, splits, 500);
      const shares = [mean, iqm, bootstrap, none].map(percent);
      say(name, `${runs} runs`, ...shares, String(points));
    }
  }
}

/** Intervals over four worlds: both of real runs, normalised as there, a normal and a uniform one; and with curves, which no ceiling ends, for FrozenLake. */
function acrossWorlds(): void {
  const random = randomStream(2, 'worlds');
  const drawn = (draw: () => number): Population => ({
    values: Float64Array.from({ length: 240 }, draw),
    bounds: UNBOUNDED,
  });
  const [cartPole, frozenLake] = readRealRuns() as [RealRuns, RealRuns];
  const real = ({ bounds }: RealRuns, values: Float64Array): Population => ({
    values: values.map((each) => each / bounds.greatest),
    bounds: { least: bounds.least / bounds.greatest, greatest: 1 },
  });
  const smooth = [
    real(cartPole, cartPole.final),
    drawn(() => 0.5 + 0.2 * random.normal()),
    drawn(random.uniform),
  ];
  const cases: [string, Population[]][] = [
    ['with a ceiling', [real(frozenLake, frozenLake.final), ...smooth]],
    ['smooth', [real(cartPole, cartPole.curve), ...smooth]],
  ];
  const moved = (worlds: readonly Population[], by: number): Population[] =>
    worlds.map(({ values, bounds: { least, greatest } }) => ({
      values: values.map((each) => each + by),
      bounds: { least: least + by, greatest: greatest + by },
    }));
  const heads = ['iqm', 'mean', 'P(improvement)', 'rank'];
  say('', '\nwhat 95% intervals over worlds cover', ...heads, ...heads.map((head) => `${head}, rliable`));
  for (const [kind, worlds] of cases) {
    for (const by of [0, 0.1]) {
      const methods = [moved(worlds, by), worlds, moved(worlds, -0.2)];
      for (const runs of [3, 5, 10, 20]) {
        const { before, ...covered } = acrossCoverage(methods, runs, Math.ceil(splits / 2));
        const shares = [covered, before].flatMap(({ iqm, mean, improvement, rank }) => [
          ...[iqm, mean, improvement, rank].map(percent),
        ]);
        say('four', `${kind}, ${runs} runs in each, the first ${by} better than the second`, ...shares);
      }
    }
  }
}

function percent(share: number): string {
  return Number.isNaN(share) ? '–' : `${(100 * share).toFixed(1)}%`;
}

function say(set: string, what: string, ...figures: string[]): void {
  process.stdout.write(
    `${set.padEnd(11)}${what.padEnd(70)}${figures.map((each) => each.padStart(13)).join('')}\n`,
  );
}
