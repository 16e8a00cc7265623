import { expect, it } from 'vitest';
import { randomStream } from '../../src/random/random.ts';
import { powerAtOneDeviation } from '../../src/statistics/power.ts';
import { UNBOUNDED } from '../../src/statistics/bounded-interval.ts';
import { acrossCoverage } from './across.ts';
import { coverageOf } from './coverage.ts';
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
    const { wrong, found } = fixedRates(runs, { ...given, seeds: 10 }, 100);
    // Of 100 at a rate of 5% more than 8 are wrong in 6% of such hundreds.
    expect(wrong).toBeLessThanOrEqual(8);
    if (given.first > 0) expect(found).toBeGreaterThan(90);
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

it('intervals over worlds are of what they are said to be of: where nothing varies all of them cover', () => {
  const worlds = [0.3, 0.7].map((value) => Float64Array.of(value));
  const better = worlds.map((world) => world.map((each) => each + 0.1));
  for (const first of [better, worlds])
    expect(acrossCoverage([first, worlds], 4, 2)).toEqual({ iqm: 1, mean: 1, improvement: 1, rank: 1 });
});

const drawn = (draw: () => number) => ({
  values: Float64Array.from({ length: 20_000 }, draw),
  bounds: UNBOUNDED,
});
const random = randomStream(1, 'populations');

it.each(['normal', 'uniform'] as const)(
  '95%% intervals of the mean of smooth returns cover it in 93 to 97%% from five runs on: %s',
  (name) => {
    const population = drawn(random[name]);
    for (const runs of [5, 7, 10, 20]) {
      const { mean, iqm, none } = coverageOf(population, runs, 3000);
      expect(Math.abs(mean - 0.95), `mean of ${runs}: ${mean}`).toBeLessThanOrEqual(0.02);
      expect(Math.abs(iqm - 0.95), `IQM of ${runs}: ${iqm}`).toBeLessThanOrEqual(0.03);
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
