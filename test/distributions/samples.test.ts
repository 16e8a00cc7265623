import { describe, expect, it } from 'vitest';
import { gaussianKl } from '../../src/divergence/diagonal-gaussian.ts';
import { estimateKlOldNew, k2 } from '../../src/divergence/estimators.ts';
import { kl } from '../../src/divergence/kl.ts';
import type { Gaussian } from '../../src/distributions/gaussians.ts';
import {
  gaussianLimits,
  gaussianSpreads,
  limitsOf,
  sampleCategorical,
  sampleGaussian,
  spreadsOf,
} from '../../src/distributions/samples.ts';

const COUNT = 400_000;
const vectors = ({ mean, std }: Gaussian) => ({ mean: [mean], std: [std] });

describe.each<[string, Gaussian, Gaussian]>([
  ['narrowing', { mean: 0, std: 1 }, { mean: 0.2, std: 0.8 }],
  ['widening', { mean: 0.2, std: 0.8 }, { mean: 0, std: 0.9 }],
  ['close', { mean: 0, std: 1 }, { mean: 0.05, std: 1.02 }],
])('of Gaussians, %s,', (_, p, q) => {
  it('limits and spreads are what many samples come to', () => {
    const exact = gaussianKl(vectors(p), vectors(q));
    const limits = gaussianLimits(vectors(p), vectors(q), exact, 'nats');
    const spreads = gaussianSpreads(p, q);
    const found = estimateKlOldNew(sampleGaussian(vectors(p), vectors(q), COUNT, 3));
    expect(limits.k1).toBe(exact);
    expect(limits.k3).toBe(exact);
    for (const name of ['k1', 'k2', 'k3'] as const) {
      const { mean, standardError } = found[name];
      expect(Math.abs(mean - limits[name])).toBeLessThan(4 * standardError);
      const spread = standardError * Math.sqrt(COUNT);
      expect(Math.abs(spread / spreads[name] - 1)).toBeLessThan(0.06);
    }
  });
});

it('the spread of k1 of a Gaussian is √(b² + 2c²), and dimensions add up in the limit of k2', () => {
  const [p, q] = [
    { mean: [0, 1], std: [1, 2] },
    { mean: [0.3, 1], std: [1, 1.5] },
  ];
  const exact = gaussianKl(p, q);
  const found = estimateKlOldNew(sampleGaussian(p, q, COUNT, 5));
  const { k2: limit } = gaussianLimits(p, q, exact, 'nats');
  expect(Math.abs(found.k2.mean - limit)).toBeLessThan(4 * found.k2.standardError);
  expect(gaussianSpreads({ mean: 0, std: 1 }, { mean: 0.3, std: 1 }).k1).toBeCloseTo(0.3, 12);
});

it('k3 has no spread where Q is √2 times as wide as P, and just below one that closed form and quadrature agree on', () => {
  const p = { mean: 0, std: 1 };
  expect(gaussianSpreads(p, { mean: 0, std: Math.SQRT2 }).k3).toBe(Infinity);
  expect(gaussianSpreads(p, { mean: 1, std: 2 }).k3).toBe(Infinity);
  expect(gaussianSpreads(p, { mean: 0, std: 1.4 }).k3).toBeGreaterThan(1);
  // On both sides of where the one gives way to the other: KL 0.0099 and 0.0101 nats.
  const [below, above] = [0.1407, 0.1422].map((mean) => gaussianSpreads(p, { mean, std: 1 }).k3);
  // To first order ½ℓ², whose spread for ℓ of standard deviation m is m²/√2.
  expect(below).toBeCloseTo(0.1407 ** 2 / Math.SQRT2, 3);
  expect((above as number) / (below as number)).toBeCloseTo((0.1422 / 0.1407) ** 2, 2);
});

describe('of a categorical', () => {
  const p = [0.5, 0.3, 0.2, 0];
  const q = [0.4, 0.3, 0.1, 0.2];
  const ratios = p.map((pk, k) => Math.log(q[k] as number) - Math.log(pk));

  it('the spreads are what many samples come to; what P rules out counts for nothing but k3’s limit', () => {
    const spreads = spreadsOf(p, ratios);
    const limits = limitsOf(p, q, ratios, kl(p, q), 'nats');
    const found = estimateKlOldNew(sampleCategorical(p, ratios, COUNT, 1));
    for (const name of ['k1', 'k2', 'k3'] as const) {
      const { mean, standardError } = found[name];
      expect(Math.abs(mean - limits[name])).toBeLessThan(4 * standardError);
      expect(Math.abs((standardError * Math.sqrt(COUNT)) / spreads[name] - 1)).toBeLessThan(0.02);
    }
    expect(limits.k3).toBeCloseTo(kl(p, q) - 0.2, 12);
    expect(limits.k2).toBeCloseTo(0.5 * k2(Math.log(0.8)) + 0.2 * k2(Math.log(0.5)), 12);
  });

  it('where Q rules out what P gives, nothing has a spread', () => {
    expect(spreadsOf([0.5, 0.5], [Math.log(2), -Infinity])).toEqual({ k1: NaN, k2: NaN, k3: NaN });
  });
});
