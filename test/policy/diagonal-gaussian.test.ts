import { describe, expect, it } from 'vitest';
import { gaussianEntropy, gaussianKl, gaussianLogProb } from '../../src/divergence/diagonal-gaussian.ts';
import { diagonalGaussianHead } from '../../src/policy/diagonal-gaussian.ts';
import { randomStream } from '../../src/random/random.ts';
import divergences from '../fixtures/divergences.json' with { type: 'json' };

const distribution = (mean: number[], logStd: number[]): Float64Array => Float64Array.of(...mean, ...logStd);

describe('diagonalGaussianHead', () => {
  it('refuses no dimensions', () => {
    expect(() => diagonalGaussianHead(0)).toThrow('a Gaussian needs at least 1 dimension, got 0');
  });

  it.each(divergences.cases.diagonalGaussian.map((c, i) => ({ i, ...c })))(
    'has the KL and entropy of PyTorch in case $i',
    ({ meanP, logStdP, meanQ, logStdQ, kl, klReverse, entropyP, x, logProbP }) => {
      const head = diagonalGaussianHead(meanP.length);
      const p = distribution(meanP, logStdP);
      const q = distribution(meanQ, logStdQ);
      const out = new Float64Array(1);
      head.kl(p, q, 1, out);
      expect(out[0] / kl).toBeCloseTo(1, 12);
      head.kl(q, p, 1, out);
      expect(out[0] / klReverse).toBeCloseTo(1, 12);
      head.entropy(p, 1, out);
      expect(out[0]).toBeCloseTo(entropyP, 12);
      // Actions are float32: the density is compared at the mean plus a step that is exact.
      head.logProb(p, Float32Array.from(x), 1, out);
      const slope = x.reduce(
        (sum, xd, d) => sum + Math.abs((xd - meanP[d]) * xd) / Math.exp(2 * logStdP[d]),
        0,
      );
      expect(Math.abs(out[0] - logProbP)).toBeLessThanOrEqual(1e-7 * slope + 1e-12);
    },
  );

  it('agrees with the divergence library', () => {
    const head = diagonalGaussianHead(2);
    const p = distribution([0.5, -1.25], [0.25, -2]);
    const q = distribution([0.75, -1], [-0.5, -1.75]);
    const [gaussianP, gaussianQ] = [p, q].map((x) => ({
      mean: x.slice(0, 2),
      std: x.slice(2).map(Math.exp),
    }));
    const out = new Float64Array(1);
    head.kl(p, q, 1, out);
    expect(out[0]).toBeCloseTo(gaussianKl(gaussianP, gaussianQ), 13);
    head.entropy(p, 1, out);
    expect(out[0]).toBeCloseTo(gaussianEntropy(gaussianP), 13);
    head.logProb(p, Float32Array.of(1.5, -1.125), 1, out);
    expect(out[0]).toBeCloseTo(gaussianLogProb([1.5, -1.125], gaussianP), 13);
  });

  it('has KL 0 from itself and a log-density at its mean where 1/σ is no double', () => {
    const head = diagonalGaussianHead(1);
    const narrow = distribution([0.5], [-800]);
    const out = new Float64Array(1);
    head.kl(narrow, narrow, 1, out);
    expect(out[0]).toBe(0);
    head.logProb(narrow, Float32Array.of(0.5), 1, out);
    expect(out[0]).toBeCloseTo(800 - 0.5 * Math.log(2 * Math.PI), 12);
    head.kl(distribution([0.25], [-800]), narrow, 1, out);
    expect(out[0]).toBe(Infinity);
  });

  it('draws mean + σ times a normal number', () => {
    const actions = new Float32Array(1);
    const random = { ...randomStream(0, 'unused'), normal: () => 2 };
    diagonalGaussianHead(1).sample(distribution([3], [Math.log(0.5)]), 0, random, actions);
    expect(actions[0]).toBe(4);
  });

  it('draws with its mean and standard deviation, every dimension on its own', () => {
    const head = diagonalGaussianHead(2);
    const rows = Float64Array.of(0, 0, 0, 0, 3, -1, Math.log(0.5), Math.log(2));
    const actions = new Float32Array(4);
    const random = randomStream(12, 'action');
    const n = 20_000;
    const sums = new Float64Array(5);
    for (let i = 0; i < n; i++) {
      head.sample(rows, 1, random, actions);
      const [a, b] = [(actions[2] - 3) / 0.5, (actions[3] + 1) / 2];
      [a, b, a * a, b * b, a * b].forEach((moment, k) => {
        sums[k] += moment / n;
      });
    }
    // Standard errors: 1/√n for the means and the product, √(2/n) for the squares; 4 of them.
    [0, 0, 1, 1, 0].forEach((expected, k) => {
      expect(Math.abs(sums[k] - expected)).toBeLessThan(
        (4 * (expected === 1 ? Math.SQRT2 : 1)) / Math.sqrt(n),
      );
    });
    expect(Array.from(actions.slice(0, 2))).toEqual([0, 0]);
  });

  it('has as Fisher information the mean of score·scoreᵀ', () => {
    const head = diagonalGaussianHead(2);
    const p = distribution([0.5, -1], [0.25, -0.5]);
    const tangent = Float32Array.of(1, -2, 0.5, 3);
    const expected = new Float64Array(4);
    // Three-point Gauss–Hermite quadrature: exact for polynomials of degree 5, and score² has degree 4.
    const nodes = [
      { z: -Math.sqrt(3), weight: 1 / 6 },
      { z: 0, weight: 2 / 3 },
      { z: Math.sqrt(3), weight: 1 / 6 },
    ];
    for (const first of nodes) {
      for (const second of nodes) {
        const action = Float32Array.of(0.5 + Math.exp(0.25) * first.z, -1 + Math.exp(-0.5) * second.z);
        const score = new Float32Array(4);
        head.addPolicyGradient(p, action, Float64Array.of(1), 0, 1, score);
        const along = score.reduce((sum, s, k) => sum + s * tangent[k], 0);
        for (let k = 0; k < 4; k++) expected[k] += first.weight * second.weight * along * score[k];
      }
    }
    const product = new Float32Array(4);
    head.fisherProduct(p, tangent, 1, product);
    for (let k = 0; k < 4; k++) expect(product[k]).toBeCloseTo(expected[k], 5);
  });

  it('keeps a KL between nearly equal standard deviations above 0', () => {
    const out = new Float64Array(1);
    const e = 2 ** -25;
    diagonalGaussianHead(1).kl(distribution([0], [0]), distribution([0], [e]), 1, out);
    expect(out[0] / (e * e)).toBeCloseTo(1, 6);
  });
});
