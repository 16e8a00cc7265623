import { describe, expect, it } from 'vitest';
import { gaussianKl } from '../../src/divergence/diagonal-gaussian.ts';
import { jensenShannon } from '../../src/divergence/jensen-shannon.ts';
import {
  crossings,
  density,
  expectation,
  type Gaussian,
  gaussianJensenShannon,
  regionShares,
} from '../../src/distributions/gaussians.ts';
import { integral } from '../../src/distributions/integral.ts';

const pairs: readonly [string, Gaussian, Gaussian][] = [
  ['moved and narrowed', { mean: 0, std: 1 }, { mean: 0.2, std: 0.8 }],
  ['as wide', { mean: -1, std: 0.5 }, { mean: 2, std: 0.5 }],
  ['around one middle', { mean: 0, std: 1 }, { mean: 0, std: 3 }],
  ['fifty times as wide', { mean: 4, std: 0.1 }, { mean: -3, std: 5 }],
  ['hardly apart', { mean: 0, std: 1 }, { mean: 1e-6, std: 1 + 1e-6 }],
  ['far apart', { mean: -5, std: 0.1 }, { mean: 5, std: 0.1 }],
];
const swapped = pairs.map(([name, p, q]): (typeof pairs)[number] => [`${name}, the other way`, q, p]);
const all = [...pairs, ...swapped];

const kl = (p: Gaussian, q: Gaussian): number =>
  gaussianKl({ mean: [p.mean], std: [p.std] }, { mean: [q.mean], std: [q.std] });

const near = (found: number, right: number, digits: number): void =>
  expect(Math.abs(found - right)).toBeLessThanOrEqual(10 ** -digits * Math.max(1, Math.abs(right)));

describe.each(all)('Gaussians %s', (_, p, q) => {
  it('cross where the densities are the same, and nowhere else', () => {
    const found = crossings(p, q);
    expect(found).toHaveLength(p.std === q.std ? 1 : 2);
    for (const x of found) {
      const logDensity = ({ mean, std }: Gaussian): number => -0.5 * ((x - mean) / std) ** 2 - Math.log(std);
      near(logDensity(p), logDensity(q), 9);
    }
  });

  it('have regions that sum to both divergences and to 1', () => {
    const regions = regionShares(p, q);
    const sum = (of: (region: (typeof regions)[number]) => number): number =>
      regions.reduce((total, each) => total + of(each), 0);
    near(
      sum(({ massP }) => massP),
      1,
      13,
    );
    near(
      sum(({ massQ }) => massQ),
      1,
      13,
    );
    near(
      sum(({ sharePQ }) => sharePQ),
      kl(p, q),
      11,
    );
    near(
      sum(({ shareQP }) => shareQP),
      kl(q, p),
      11,
    );
    // Where P has the more of it the evidence is for P throughout.
    for (const { massP, massQ, sharePQ, shareQP } of regions) {
      if (massP + massQ < 1e-12) continue;
      const way = massP > massQ ? 1 : -1;
      expect(way * sharePQ).toBeGreaterThanOrEqual(0);
      expect(way * shareQP).toBeLessThanOrEqual(0);
    }
  });

  it('have the Jensen–Shannon divergence of fine bins', () => {
    // Bins a two-hundredth of the narrower wide, their probabilities by Simpson's rule.
    const width = Math.min(p.std, q.std) / 200;
    const low = Math.min(p.mean - 9 * p.std, q.mean - 9 * q.std);
    const high = Math.max(p.mean + 9 * p.std, q.mean + 9 * q.std);
    const bins = (g: Gaussian): number[] => {
      const each = Array.from({ length: Math.ceil((high - low) / width) }, (_, i) => {
        const x = low + i * width;
        return (width / 6) * (density(g, x) + 4 * density(g, x + width / 2) + density(g, x + width));
      });
      const total = each.reduce((sum, x) => sum + x, 0);
      return each.map((x) => x / total);
    };
    near(gaussianJensenShannon(p, q), jensenShannon(bins(p), bins(q)), 5);
    near(gaussianJensenShannon(p, q), gaussianJensenShannon(q, p), 12);
  });
});

it('the same Gaussian twice has no crossing, one region and no divergence', () => {
  const p = { mean: 1.5, std: 0.3 };
  expect(crossings(p, p)).toEqual([]);
  expect(regionShares(p, p)).toEqual([
    {
      from: -Infinity,
      to: Infinity,
      massP: expect.closeTo(1, 13),
      massQ: expect.closeTo(1, 13),
      sharePQ: 0,
      shareQP: 0,
    },
  ]);
  expect(gaussianJensenShannon(p, p)).toBe(0);
});

it('far apart Gaussians are log 2 apart and no more', () => {
  expect(gaussianJensenShannon({ mean: -50, std: 0.2 }, { mean: 50, std: 3 })).toBeCloseTo(Math.LN2, 12);
});

it('expectations of a standard normal: its moments, and e^z', () => {
  expect(expectation(() => 1)).toBeCloseTo(1, 14);
  expect(expectation((z) => z)).toBeCloseTo(0, 14);
  expect(expectation((z) => z ** 2)).toBeCloseTo(1, 13);
  expect(expectation((z) => z ** 8)).toBeCloseTo(105, 9);
  expect(expectation(Math.exp)).toBeCloseTo(Math.sqrt(Math.E), 12);
  expect(expectation(() => 1, 0)).toBeCloseTo(0.5, 14);
  expect(expectation(() => 1, 1, 2)).toBeCloseTo(0.13590512198327787, 14);
});

it('integral is exact for polynomials of degree 15, in one piece or many', () => {
  expect(integral((x) => x ** 15, 0, 2, 5)).toBeCloseTo(2 ** 16 / 16, 8);
  expect(integral((x) => x ** 3 - x, -1, 3, 0.1)).toBeCloseTo(16, 12);
});
