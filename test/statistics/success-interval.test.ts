import { fc, test as property } from '@fast-check/vitest';
import { describe, expect, it } from 'vitest';
import type { Findings } from '../../src/cli/print/evaluation.ts';
import { describeManyFindings, summaryOfFindings } from '../../src/cli/print/evaluations.ts';
import { type Bounds, intervalOfReturns, UNBOUNDED, within } from '../../src/statistics/bounded-interval.ts';
import { rateOfRuns } from '../../src/statistics/seed-intervals.ts';
import {
  areOutcomes,
  successInterval,
  successIntervalOfSeeds,
  wilsonInterval,
} from '../../src/statistics/success-interval.ts';

const outcomes = (won: number, of: number): Float64Array =>
  Float64Array.from({ length: of }, (_, i) => (i < won ? 1 : 0));

describe('Wilson’s interval', () => {
  // scipy 1.x: binomtest(won, of).proportion_ci(method='wilson').
  it.each([
    [73, 100, 0.6356788, 0.8073042],
    [10, 10, 0.7224672, 1],
    [0, 10, 0, 0.2775328],
    [1, 2, 0.0945312, 0.9054688],
  ])('of %d successes in %d is [%d, %d]', (won, of, low, high) => {
    const found = successInterval(outcomes(won, of));
    expect(found).toMatchObject({ mean: won / of, samples: of });
    expect(found.low).toBeCloseTo(low, 6);
    expect(found.high).toBeCloseTo(high, 6);
  });

  it('begins at 0 and ends at 1 exactly where none or all succeed', () => {
    for (const n of [1, 2, 3, 7, 100, 12_345]) {
      expect(wilsonInterval(1, n).high).toBe(1);
      expect(wilsonInterval(1, n).low).toBeLessThan(1);
      expect(wilsonInterval(0, n).low).toBe(0);
    }
  });

  property.prop([fc.integer({ min: 1, max: 10_000 }), fc.double({ min: 0, max: 1, noNaN: true })])(
    'is in [0, 1] and holds the share',
    (n, p) => {
      const { low, high } = wilsonInterval(p, n);
      expect(low).toBeGreaterThanOrEqual(0);
      expect(high).toBeLessThanOrEqual(1);
      expect(low).toBeLessThanOrEqual(p + 1e-12);
      expect(high).toBeGreaterThanOrEqual(p - 1e-12);
    },
  );
});

describe('of seeds', () => {
  it('counts as many episodes as would spread like the seeds', () => {
    // s² = .01, so 27 episodes: p(1 − p)/(s²/3) = .09/.003333; t at two degrees of freedom is 4.302653.
    const { mean, low, high, samples } = successIntervalOfSeeds(Float64Array.of(0.8, 0.9, 1), 3000);
    expect({ mean: Number(mean.toFixed(12)), samples }).toEqual({ mean: 0.9, samples: 3 });
    expect(low).toBeCloseTo(0.4861362, 6);
    expect(high).toBeCloseTo(0.9884553, 6);
  });

  it('counts at most those that were played', () => {
    // s² = .0002, so .25/.0001 = 2,500 episodes would spread so; t at one degree of freedom is 12.706205.
    const few = successIntervalOfSeeds(Float64Array.of(0.49, 0.51), 200);
    expect(few).toMatchObject({ mean: 0.5, ...wilsonInterval(0.5, 200, 12.706205) });
  });

  it('is by their order where they pile up, however many episodes each played', () => {
    const all = rateOfRuns(new Float64Array(10).fill(1), 100_000);
    expect(all).toMatchObject({ mean: 1, high: 1, samples: 10, equal: 10, by: 'order' });
    // Where less than 1 is seen in none of ten, the mean is as low as that of ten runs at the ceiling.
    expect(all.low).toBeGreaterThan(0.7);
    expect(all.low).toBeLessThan(0.8);
    expect(rateOfRuns(Float64Array.of(1, 1, 1, 0.9, 0.8), 5000)).toMatchObject({ equal: 3, by: 'order' });
    expect(rateOfRuns(new Float64Array(5), 5000)).toMatchObject({ mean: 0, low: 0, equal: 5, by: 'order' });
    expect(rateOfRuns(Float64Array.of(0.8, 0.9, 1), 3000)).toMatchObject({ equal: 0, by: 'wilson' });
    expect(rateOfRuns(Float64Array.of(1), 100)).toMatchObject({ mean: 1, low: null, high: null });
  });

  it('has no interval for a single one', () => {
    expect(successIntervalOfSeeds(Float64Array.of(0.5), 100).low).toBeNaN();
  });
});

describe('the mean of returns', () => {
  it('has Wilson’s interval where each is 0 or 1, Student’s within the bounds elsewhere', () => {
    expect(intervalOfReturns(outcomes(3, 3), { least: 0, greatest: 1 })).toMatchObject({
      by: 'wilson',
      high: 1,
    });
    expect(intervalOfReturns(outcomes(3, 3), UNBOUNDED).by).toBe('wilson');
    const long = Float64Array.of(500, 500, 420);
    expect(intervalOfReturns(long, UNBOUNDED).high).toBeGreaterThan(500);
    expect(intervalOfReturns(long, { least: 1, greatest: 500 })).toMatchObject({ by: 'student', high: 500 });
    expect(within({ mean: -1, low: -3, high: 1, samples: 2 }, { least: -2, greatest: 0 })).toMatchObject({
      low: -2,
      high: 0,
    });
  });

  it('is not one of successes where returns can be others', () => {
    expect(intervalOfReturns(outcomes(2, 3), { least: 0, greatest: 5 }).by).toBe('student');
    expect(intervalOfReturns(outcomes(2, 3), { least: -1, greatest: 1 }).by).toBe('student');
    expect(areOutcomes([0, 1, 0.5])).toBe(false);
  });
});

describe('of several runs that were evaluated', () => {
  const found = (means: readonly number[], by: 'wilson' | 'student', returnBounds: Bounds): Findings[] =>
    means.map((mean, seed) => ({
      ...{ run: `runs/x/seed-${seed}`, status: 'completed', caveat: null, environment: 'CartPole-v1' },
      ...{ mode: 'greedy', seed: 0, lengthMean: mean, success: null, expectedReturn: null, bestReturn: null },
      returns: { mean, low: mean, high: mean, samples: 20, by, min: mean, max: mean },
      returnBounds,
    }));

  it('the mean over seeds stays within what returns can be', () => {
    const [{ returns }] = summaryOfFindings(found([500, 500, 430], 'student', { least: 1, greatest: 500 }));
    expect(returns).toMatchObject({ equal: 2, by: 'order' });
    expect(returns.high).toBeLessThanOrEqual(500);
  });

  it('that of success rates is Wilson’s where they spread, and by their order where they agree', () => {
    const said = (...rates: number[]): string =>
      describeManyFindings(found(rates, 'wilson', { least: 0, greatest: 1 })).join('\n');
    expect(said(0.8, 0.9, 1)).toMatch(/mean 0\.9, 95% interval .* over the 3 runs of x \(Wilson\)/);
    expect(said(1, 1, 1)).toMatch(/mean 1, 95% interval 0\.\d+ to 1 over the 3 runs of x \(3 equal\)/);
  });
});
