import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  estimateKlNewOld,
  estimateKlOldNew,
  k1,
  k1NewOld,
  k2,
  k2NewOld,
  k3,
  k3NewOld,
} from '../../src/divergence/estimators.ts';
import { kl } from '../../src/divergence/kl.ts';
import { randomStream } from '../../src/random/random.ts';
import { distributions } from './arbitrary.ts';

/** The expectation of an estimator under samples of old, by enumeration of the outcomes. */
function expectation(old: Float64Array, next: Float64Array, f: (logRatio: number) => number): number {
  return old.reduce((sum, p, a) => sum + p * f(Math.log(next[a]) - Math.log(p)), 0);
}

describe('the estimators', () => {
  it('k1 and k3 of KL(old‖new) are unbiased, by enumeration', () => {
    fc.assert(
      fc.property(distributions(2), ([old, next]) => {
        expect(expectation(old, next, k1)).toBeCloseTo(kl(old, next), 11);
        expect(expectation(old, next, k3)).toBeCloseTo(kl(old, next), 11);
      }),
    );
  });

  it('k1 and k3 of KL(new‖old) are unbiased from samples of old, by enumeration', () => {
    fc.assert(
      fc.property(distributions(2), ([old, next]) => {
        expect(expectation(old, next, k1NewOld)).toBeCloseTo(kl(next, old), 11);
        expect(expectation(old, next, k3NewOld)).toBeCloseTo(kl(next, old), 11);
      }),
    );
  });

  it('k2 is biased: for 0.5/0.5 against 0.9/0.1 it expects 0.776 instead of 0.511 and 0.368', () => {
    const [old, next] = [Float64Array.of(0.5, 0.5), Float64Array.of(0.9, 0.1)];
    expect(expectation(old, next, k2)).toBeCloseTo((Math.log(1.8) ** 2 + Math.log(0.2) ** 2) / 4, 14);
    expect(expectation(old, next, k2)).toBeGreaterThan(1.4 * kl(old, next));
    const weighted = (0.9 * Math.log(1.8) ** 2 + 0.1 * Math.log(0.2) ** 2) / 2;
    expect(expectation(old, next, k2NewOld)).toBeCloseTo(weighted, 14);
  });

  it('k2 and k3 are never negative, k1 may be', () => {
    fc.assert(
      fc.property(fc.double({ min: -50, max: 50, noNaN: true }), (l) => {
        for (const f of [k2, k3, k2NewOld, k3NewOld]) expect(f(l)).toBeGreaterThanOrEqual(0);
        expect(k1(l)).toBe(-l);
      }),
    );
  });

  it('k3 keeps its digits where e^ℓ − 1 and ℓ cancel, and across the seam of its two forms', () => {
    expect(k3(2 ** -30) / 2 ** -61).toBeCloseTo(1 + 2 ** -30 / 3, 14);
    expect(k3(-(2 ** -30)) / 2 ** -61).toBeCloseTo(1 - 2 ** -30 / 3, 14);
    expect(k3(0)).toBe(0);
    for (const seam of [0.125, -0.125]) {
      expect(k3(seam) / (Math.expm1(seam) - seam)).toBeCloseTo(1, 13);
      expect(k3(seam * 0.7) / (Math.expm1(seam * 0.7) - seam * 0.7)).toBeCloseTo(1, 13);
    }
    expect(k3(1)).toBeCloseTo(Math.E - 2, 15);
    expect(k3NewOld(1)).toBe(1);
    expect(k3NewOld(-2)).toBeCloseTo(1 - 3 * Math.exp(-2), 15);
    expect(k3NewOld(1e-9) / 5e-19).toBeCloseTo(1, 8);
  });

  it('have their limits at actions that one policy rules out', () => {
    expect([k1, k2, k3].map((f) => f(-Infinity))).toEqual([Infinity, Infinity, Infinity]);
    expect([k1NewOld, k2NewOld, k3NewOld].map((f) => f(-Infinity))).toEqual([0, 0, 1]);
    expect(k3(Infinity)).toBe(Infinity);
  });

  it('come with the mean and its standard error', () => {
    const { k1: first, k2: second } = estimateKlOldNew([-1, -2, -3, -6]);
    expect(first.mean).toBeCloseTo(3, 15);
    expect(first.standardError).toBeCloseTo(Math.sqrt(14 / 3 / 4), 15);
    expect(second.mean).toBeCloseTo(6.25, 15);
    const { k1: weighted } = estimateKlNewOld([0, Math.LN2]);
    expect(weighted.mean).toBeCloseTo(Math.LN2, 15);
    expect(weighted.standardError).toBeCloseTo(Math.LN2, 15);
  });

  it('have no standard error from one sample or with an infinite one, and need a sample', () => {
    expect(estimateKlOldNew(Float64Array.of(-1)).k1).toEqual({ mean: 1, standardError: NaN });
    expect(estimateKlOldNew([-1, -Infinity]).k3).toEqual({ mean: Infinity, standardError: NaN });
    expect(estimateKlOldNew([-Infinity, -1]).k1).toEqual({ mean: Infinity, standardError: NaN });
    expect(() => estimateKlOldNew([])).toThrow('an estimate needs at least 1 sample, got 0');
  });

  it('lie within 4 standard errors of the exact value on 20,000 samples', () => {
    const [old, next] = [Float64Array.of(0.7, 0.2, 0.1), Float64Array.of(0.4, 0.5, 0.1)];
    const random = randomStream(1, 'estimators');
    const logRatios = Float64Array.from({ length: 20_000 }, () => {
      const u = random.uniform();
      const a = u < 0.7 ? 0 : u < 0.9 ? 1 : 2;
      return Math.log(next[a] / old[a]);
    });
    const forward = estimateKlOldNew(logRatios);
    const reverse = estimateKlNewOld(logRatios);
    for (const { mean, standardError } of [forward.k1, forward.k3]) {
      expect(Math.abs(mean - kl(old, next))).toBeLessThan(4 * standardError);
    }
    for (const { mean, standardError } of [reverse.k1, reverse.k3]) {
      expect(Math.abs(mean - kl(next, old))).toBeLessThan(4 * standardError);
    }
    expect(forward.k3.standardError).toBeLessThan(forward.k1.standardError);
  });
});
