import { expect, it } from 'vitest';
import { randomStream } from '../../src/random/random.ts';
import { powerAtOneDeviation } from '../../src/statistics/power.ts';
import { UNBOUNDED } from '../../src/statistics/bounded-interval.ts';
import { interquartileMean, pooledMean } from '../../src/statistics/scores.ts';
import { stratifiedIqmInterval, stratifiedMeanInterval } from '../../src/statistics/stratified-interval.ts';
import { acrossCoverage } from './across.ts';
import { coverageOf, type Population } from './coverage.ts';
import { fixedRates } from './fixed.ts';
import { marginRates } from './margin.ts';
import { type RealRuns, readRealRuns } from './runs.ts';
import { sequentialRates } from './sequential.ts';

const [cartPole, frozenLake] = readRealRuns() as [RealRuns, RealRuns];

// The long form is `npm run verdicts`.

it.each([
  ['two configs', { configs: 2, first: 0, isBestAgainstOthers: false }],
  ['four configs, one of which is better', { configs: 4, first: 1.5, isBestAgainstOthers: false }],
  ['six points of a sweep', { configs: 6, first: 0, isBestAgainstOthers: true }],
])('of reports of runs that do not differ hardly any says “better”: %s', (_, given) => {
  for (const runs of [cartPole, frozenLake]) {
    const { wrong, found } = fixedRates(runs, { ...given, seeds: 10 }, 50);
    // Of 50 at a rate of 5% more than 5 are wrong in 4% of such.
    expect(wrong).toBeLessThanOrEqual(5);
    if (given.first > 0) expect(found).toBeGreaterThan(45);
  }
});

it('leash 0.1.0 was wrong more often: each measure by itself, the best chosen by the same runs', () => {
  const points = { configs: 6, seeds: 10, first: 0, isBestAgainstOthers: true };
  expect(fixedRates(cartPole, points, 100).wrongBefore).toBeGreaterThan(6);
});

it('seeds added until pairs are decided keep the error, find nearly all that twenty find, and are fewer', () => {
  const alike = sequentialRates(cartPole, 2, 0, 60);
  expect(alike.wrong).toBeLessThanOrEqual(6);
  expect(alike.seeds).toBeLessThan(18);
  const apart = sequentialRates(cartPole, 2, 1, 40);
  expect(apart.found).toBeGreaterThanOrEqual(0.9 * apart.foundFixed);
  expect(apart.seeds).toBeLessThan(18);
  const four = sequentialRates(frozenLake, 4, 1, 6);
  expect(four.found).toBe(6);
});

it('hardly says no worse of what is worse by the margin, and nearly always of what does not differ by many runs', () => {
  for (const [runs, seeds] of [
    [cartPole, 20],
    [frozenLake, 10],
  ] as const) {
    const { wrong, found } = marginRates(runs, seeds, 1.5, 25);
    // Of 25 at a rate of 5% more than 4 are wrong in 0.7% of such.
    expect(wrong).toBeLessThanOrEqual(4);
    expect(found).toBeGreaterThan(22);
  }
});

const normalised = ({ bounds: { least, greatest } }: RealRuns, values: Float64Array): Population => ({
  values: values.map((each) => each / greatest),
  bounds: { least: least / greatest, greatest: 1 },
});

it('intervals over worlds are of what they are said to be of: nearly all cover, rliable’s where nothing varies', () => {
  const worlds = [cartPole, frozenLake].map((set) => normalised(set, set.final));
  const { before, ...covered } = acrossCoverage([worlds, worlds, worlds], 6, 20);
  for (const [key, share] of Object.entries(covered)) expect(share, key).toBeGreaterThan(0.8);
  const constant = [0.3, 0.7].map((value) => ({ values: Float64Array.of(value), bounds: UNBOUNDED }));
  expect(acrossCoverage([constant, constant], 4, 2).before).toEqual({
    ...{ iqm: 1, mean: 1, improvement: 1, rank: 1 },
  });
  expect(before.mean).toBeLessThanOrEqual(1);
});

it('95% intervals over worlds of smooth returns cover the mean in 93 to 97% from five runs on, the IQM in 92.5 to 97.5%', () => {
  const worlds = [
    normalised(cartPole, cartPole.curve),
    normalised(cartPole, cartPole.final),
    drawn(() => 0.5 + 0.2 * random.normal()),
    drawn(random.uniform),
  ].map(({ values, bounds }) => ({ bounds, sorted: values.slice().sort() }));
  // As many of each world: the truth is that of the mixture.
  const of = ({ sorted }: { sorted: Float64Array }): Float64Array =>
    Float64Array.from({ length: 2400 }, (_, i) => sorted[Math.floor((i * sorted.length) / 2400)] as number);
  const truth = { iqm: interquartileMean(worlds.map(of)), mean: pooledMean(worlds.map(of)) };
  for (const runs of [5, 10, 20]) {
    const stream = randomStream(runs, 'over worlds');
    const covered = { iqm: 0, mean: 0 };
    for (let d = 0; d < 2000; d++) {
      const scores = worlds.map(({ sorted, bounds }) => ({
        runs: Float64Array.from({ length: runs }, () => sorted[stream.integer(sorted.length)] as number),
        bounds,
      }));
      const intervals = { iqm: stratifiedIqmInterval(scores), mean: stratifiedMeanInterval(scores) };
      for (const key of ['iqm', 'mean'] as const) {
        const { low = 1, high = 0 } = intervals[key] ?? {};
        if (low <= truth[key] && truth[key] <= high) covered[key] += 1 / 2000;
      }
    }
    expect(Math.abs(covered.mean - 0.95), `mean of ${runs}: ${covered.mean}`).toBeLessThanOrEqual(0.02);
    expect(Math.abs(covered.iqm - 0.95), `IQM of ${runs}: ${covered.iqm}`).toBeLessThanOrEqual(0.025);
  }
});

const drawn = (draw: () => number) => ({
  values: Float64Array.from({ length: 20_000 }, draw),
  bounds: UNBOUNDED,
});
const random = randomStream(1, 'populations');

it.each(['normal', 'uniform', 'CartPole’s, which are skewed'] as const)(
  'of draws of five runs or more 0.927 to 0.973 have the mean of smooth returns in their interval: %s',
  (name) => {
    const isReal = name !== 'normal' && name !== 'uniform';
    const population = isReal ? { ...cartPole, values: cartPole.final } : drawn(random[name]);
    for (const runs of [5, 10, 20]) {
      const { mean, iqm, none } = coverageOf(population, runs, 10_000);
      // A standard error of 10,000 draws is 0.002: of 200,000 the mean of ten uniform ones is covered in 96.9%, here in 97.1%.
      expect(Math.abs(mean - 0.95), `mean of ${runs}: ${mean}`).toBeLessThanOrEqual(0.023);
      // Of skewed returns the interquartile mean of few runs is another than that of many.
      if (isReal) continue;
      expect(Math.abs(iqm - 0.95), `IQM of ${runs}: ${iqm}`).toBeLessThanOrEqual(0.04);
      // Of 20,000 values two are the same now and then, at an end that nothing bounds.
      expect(none).toBeLessThan(0.002);
    }
  },
);

it('where most runs are at the ceiling intervals still cover, and none is a point; the bootstrap covered a tenth', () => {
  for (const runs of [3, 5, 10]) {
    const { mean, iqm, points, bootstrap } = coverageOf(
      { ...frozenLake, values: frozenLake.final },
      runs,
      150,
      200,
    );
    expect(mean).toBeGreaterThan(0.93);
    if (runs > 3) expect(iqm).toBeGreaterThan(0.93);
    expect(points).toBe(0);
    expect(bootstrap).toBeLessThan(0.5);
  }
});

it('finds a difference of one standard deviation as often as is said', () => {
  expect(powerAtOneDeviation(3, 0.05)).toBe(0);
  for (const [runs, share] of [
    [4, 0.15],
    [5, 0.2],
    [10, 0.52],
  ] as const)
    expect(Math.abs((powerAtOneDeviation(runs, 0.05) as number) - share)).toBeLessThan(0.03);
  expect(powerAtOneDeviation(10, 0.025)).toBeLessThan(powerAtOneDeviation(10, 0.05) as number);
  expect(powerAtOneDeviation(51, 0.05)).toBeUndefined();
});
