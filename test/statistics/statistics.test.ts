import { readFileSync } from 'node:fs';
import { fc, test as property } from '@fast-check/vitest';
import { describe, expect, it } from 'vitest';
import { randomStream } from '../../src/random/random.ts';
import { bootstrapIntervals, type Interval } from '../../src/statistics/bootstrap.ts';
import { adjustByHolm } from '../../src/statistics/holm.ts';
import { mannWhitneyPValue } from '../../src/statistics/mann-whitney.ts';
import { quantile } from '../../src/statistics/quantile.ts';
import {
  interquartileDifference,
  interquartileMean,
  median,
  optimalityGap,
  pooledMean,
  probabilityOfImprovement,
  type Scores,
  shareAbove,
} from '../../src/statistics/scores.ts';

interface Case {
  name: string;
  x: number[][];
  y: number[][];
  gamma: number;
  mean: number;
  median: number;
  iqm: number;
  optimalityGap: number;
  improvement: number;
  thresholds: number[];
  profile: number[];
  indices: number[][];
  intervalsOfIndices: Record<string, [number, number]>;
  intervals: Record<string, [number, number]>;
  pValue: number | null;
  pValueSciPy: number | null;
}

const fixture = JSON.parse(readFileSync(new URL('../fixtures/rliable.json', import.meta.url), 'utf8')) as {
  cases: Case[];
  holm: { pValues: number[]; adjusted: number[] };
};

const scoresOf = (tasks: number[][]): Scores => tasks.map((runs) => Float64Array.from(runs));
const statisticsOf = (gamma: number): Record<string, (x: Scores, y: Scores) => number> => ({
  iqm: interquartileMean,
  optimalityGap: (x) => optimalityGap(x, gamma),
  improvement: probabilityOfImprovement,
  difference: (x, y) => interquartileMean(x) - interquartileMean(y),
});

describe.each(fixture.cases)('rliable’s formulas: $name', (reference) => {
  const x = scoresOf(reference.x);
  const y = scoresOf(reference.y);

  it('mean, median, IQM, optimality gap and probability of improvement agree', () => {
    expect(pooledMean(x)).toBeCloseTo(reference.mean, 10);
    expect(median(x)).toBeCloseTo(reference.median, 10);
    expect(interquartileMean(x)).toBeCloseTo(reference.iqm, 10);
    expect(optimalityGap(x, reference.gamma)).toBeCloseTo(reference.optimalityGap, 10);
    expect(probabilityOfImprovement(x, y)).toBeCloseTo(reference.improvement, 12);
  });

  it('the performance profile agrees', () => {
    expect(reference.thresholds.map((tau) => shareAbove(x, tau))).toEqual(reference.profile);
  });

  it('the bootstrap of given draws has the intervals that NumPy finds', () => {
    const draws = reference.indices.flat();
    let at = 0;
    const replay = { integer: () => draws[at++] as number };
    const statistics = statisticsOf(reference.gamma);
    const found = bootstrapIntervals(
      [x, y],
      Object.values(statistics),
      reference.indices.length,
      0.95,
      replay,
    );
    expect(at).toBe(draws.length);
    Object.keys(statistics).forEach((name, k) => {
      const [low, high] = reference.intervalsOfIndices[name] as [number, number];
      expect(found[k]?.low, name).toBeCloseTo(low, 9);
      expect(found[k]?.high, name).toBeCloseTo(high, 9);
    });
  });

  it('the bootstrap by our own stream has those intervals up to its noise', () => {
    const statistics = statisticsOf(reference.gamma);
    const stream = randomStream(0, 'bootstrap');
    const found = bootstrapIntervals([x, y], Object.values(statistics), 10_000, 0.95, stream);
    Object.keys(statistics).forEach((name, k) => {
      const [low, high] = reference.intervals[name] as [number, number];
      const { low: ownLow, high: ownHigh } = found[k] as Interval;
      const noise = 0.05 * (high - low) + 1e-9;
      expect(Math.abs(ownLow - low), name).toBeLessThanOrEqual(noise);
      expect(Math.abs(ownHigh - high), name).toBeLessThanOrEqual(noise);
    });
  });
});

it.each(fixture.cases.filter((each) => each.pValue !== null))(
  'the Mann–Whitney test counts as every assignment written out: $name',
  ({ x, y, pValue, pValueSciPy }) => {
    const [xs, ys] = [...scoresOf(x), ...scoresOf(y)] as [Float64Array, Float64Array];
    const p = mannWhitneyPValue(xs, ys, randomStream(0, 'unused'));
    expect(p).toBeCloseTo(pValue as number, 12);
    if (pValueSciPy !== null) expect(p).toBeCloseTo(pValueSciPy, 12);
  },
);

it('Holm’s adjustment is that worked by hand', () => {
  expect(Object.keys(adjustByHolm(fixture.holm.pValues))).toHaveLength(fixture.holm.adjusted.length);
  adjustByHolm(fixture.holm.pValues).forEach((p, i) => {
    expect(p).toBeCloseTo(fixture.holm.adjusted[i] as number, 12);
  });
});

it('three seeds a side cannot be significant, however far apart', () => {
  const p = mannWhitneyPValue(
    Float64Array.of(1, 2, 3),
    Float64Array.of(100, 200, 300),
    randomStream(0, 'unused'),
  );
  expect(p).toBeCloseTo(0.1, 12);
});

it('beyond 100 runs the Mann–Whitney test shuffles, with a p-value near the exact one just below', () => {
  const random = randomStream(1, 'runs');
  const runs = (count: number, shift: number): Float64Array =>
    Float64Array.from({ length: count }, () => random.normal() + shift);
  const xs = runs(51, 0.4);
  const ys = runs(50, 0);
  const shuffled = mannWhitneyPValue(xs, ys, randomStream(0, 'shuffles'));
  const exact = mannWhitneyPValue(xs.subarray(0, 50), ys, randomStream(0, 'unused'));
  expect(shuffled).toBeGreaterThan(0);
  expect(Math.abs(shuffled - exact)).toBeLessThan(0.05);
});

it('beyond 100 runs no shuffle brings wholly separate runs about, and any does equal ones', () => {
  const from = (first: number, count: number) => Float64Array.from({ length: count }, (_, i) => first + i);
  const p = (xs: Float64Array, ys: Float64Array) => mannWhitneyPValue(xs, ys, randomStream(0, 'shuffles'));
  expect(p(from(0, 51), from(51, 50))).toBeCloseTo(1 / 10_001, 15);
  expect(p(new Float64Array(51), new Float64Array(50))).toBe(1);
});

const runs = fc.float64Array({ minLength: 1, maxLength: 12, noNaN: true, min: -1e6, max: 1e6 });

property.prop([runs, runs])('P(X > Y) and P(Y > X) sum to 1', (x, y) => {
  expect(probabilityOfImprovement([x], [y]) + probabilityOfImprovement([y], [x])).toBeCloseTo(1, 10);
});

property.prop([runs, runs])('the Mann–Whitney test does not mind which side is first', (x, y) => {
  const random = randomStream(0, 'unused');
  const p = mannWhitneyPValue(x, y, random);
  expect(p).toBeCloseTo(mannWhitneyPValue(y, x, random), 9);
  expect(p).toBeGreaterThan(0);
  expect(p).toBeLessThanOrEqual(1);
});

property.prop([runs])('IQM and median lie within the runs', (x) => {
  const sorted = Float64Array.from(x).sort();
  for (const middle of [interquartileMean([x]), median([x])]) {
    expect(middle).toBeGreaterThanOrEqual(quantile(sorted, 0) - 1e-6);
    expect(middle).toBeLessThanOrEqual(quantile(sorted, 1) + 1e-6);
  }
});

it('quantile goes linearly between neighbours and takes infinite ones', () => {
  expect(quantile([1, 2, 4], 0.75)).toBe(3);
  expect(quantile([1, Infinity, Infinity], 0.75)).toBe(Infinity);
  expect(quantile([-Infinity, 1], 0)).toBe(-Infinity);
  expect(quantile([-Infinity, 1], 0.1)).toBe(-Infinity);
  expect(quantile([-Infinity, 1], 1)).toBe(1);
  expect([0.1, 0.9].map((q) => quantile([-Infinity, Infinity], q))).toEqual([-Infinity, Infinity]);
});

it('a trimmed mean that keeps a stuck run is stuck; the difference of two such is none', () => {
  const stuck = (count: number) => [
    Float64Array.from({ length: 10 }, (_, i) => (i < count ? Number.NEGATIVE_INFINITY : i)),
  ];
  expect(interquartileMean(stuck(2))).toBe(4.5);
  expect(interquartileMean(stuck(3))).toBe(Number.NEGATIVE_INFINITY);
  expect(interquartileDifference(stuck(2), stuck(3))).toBe(Number.POSITIVE_INFINITY);
  expect(interquartileDifference(stuck(3), stuck(2))).toBe(Number.NEGATIVE_INFINITY);
  expect(interquartileDifference(stuck(10), stuck(3))).toBe(0);
});
