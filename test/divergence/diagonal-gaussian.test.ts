import { describe, expect, it } from 'vitest';
import { DistributionError } from '../../src/divergence/distribution.ts';
import { gaussianEntropy, gaussianKl, gaussianLogProb } from '../../src/divergence/diagonal-gaussian.ts';
import divergences from '../fixtures/divergences.json' with { type: 'json' };

/** Within 1e-12 of the expected value, relative to it. */
function expectRelative(got: number, expected: number): void {
  if (!(Math.abs(got - expected) <= 1e-12 * Math.abs(expected))) expect(got).toBe(expected);
}

const standard = { mean: [0], std: [1] };

describe('a diagonal Gaussian', () => {
  it.each(divergences.cases.diagonalGaussian.map((c, i) => ({ i, ...c })))(
    'agrees with PyTorch on case $i to 1e-12 relative',
    ({ meanP, logStdP, meanQ, logStdQ, x, ...expected }) => {
      const p = { mean: meanP, std: logStdP.map(Math.exp) };
      const q = { mean: meanQ, std: logStdQ.map(Math.exp) };
      expectRelative(gaussianKl(p, q), expected.kl);
      expectRelative(gaussianKl(q, p), expected.klReverse);
      expectRelative(gaussianEntropy(p), expected.entropyP);
      expectRelative(gaussianLogProb(x, p), expected.logProbP);
    },
  );

  it('has KL ½ from itself one standard deviation away', () => {
    expect(gaussianKl(standard, { mean: [1], std: [1] })).toBe(0.5);
    expect(gaussianKl(standard, { mean: [1], std: [1] }, 'bits')).toBe(0.5 / Math.LN2);
    expect(gaussianKl(standard, standard)).toBe(0);
  });

  it('has a KL that depends on the direction when the widths differ', () => {
    const wide = { mean: [0], std: [2] };
    expect(gaussianKl(standard, wide)).toBeCloseTo(Math.LN2 + 1 / 8 - 1 / 2, 15);
    expect(gaussianKl(wide, standard)).toBeCloseTo(-Math.LN2 + 2 - 1 / 2, 15);
  });

  it('has entropy ½ log 2πe at σ = 1 and a negative one when it is narrow', () => {
    expect(gaussianEntropy(standard)).toBeCloseTo(0.5 * Math.log(2 * Math.PI * Math.E), 15);
    expect(gaussianEntropy({ mean: [0], std: [0.01] })).toBeLessThan(0);
    expect(gaussianEntropy({ mean: [0, 0], std: [1, 1] })).toBe(2 * gaussianEntropy(standard));
  });

  it('keeps its digits where σ² or a difference of means is no double, and is 0 from itself', () => {
    for (const std of [5e-324, 1e-200, 1e200, 1.7e308]) {
      const [p, twice] = [
        { mean: [1], std: [std] },
        { mean: [1], std: [std > 1 ? std / 2 : std * 2] },
      ];
      const [wide, narrow] = std > 1 ? [p, twice] : [twice, p];
      expect(gaussianKl(p, p)).toBe(0);
      expect(gaussianKl(narrow, wide)).toBeCloseTo(Math.LN2 - 3 / 8, 15);
      expect(gaussianKl(wide, narrow)).toBeCloseTo(3 / 2 - Math.LN2, 15);
    }
    const far = { mean: [1e308], std: [1e308] };
    expect(gaussianKl(far, { mean: [-1e308], std: [1e308] })).toBe(2);
    expect(gaussianKl({ mean: [1e-200], std: [1e-200] }, { mean: [0], std: [1e-200] })).toBe(0.5);
    expect(gaussianKl({ mean: [1], std: [1e-200] }, { mean: [0], std: [1e-200] })).toBe(Infinity);
    expect(gaussianLogProb([-1e308], far)).toBeCloseTo(
      -2 - Math.log(1e308) - 0.5 * Math.log(2 * Math.PI),
      12,
    );
  });

  it.each([
    [() => gaussianEntropy({ mean: [0], std: [0] }), 'p.std[0] must be a number > 0, got 0'],
    [() => gaussianKl(standard, { mean: [0], std: [-1] }), 'q.std[0] must be a number > 0, got -1'],
    [() => gaussianKl({ mean: [NaN], std: [1] }, standard), 'p.mean[0] must be a finite number, got NaN'],
    [() => gaussianEntropy({ mean: [], std: [] }), 'p.mean must have at least 1 entry, got 0'],
    [
      () => gaussianEntropy({ mean: [0, 1], std: [1] }),
      'p.mean and p.std must have the same length, got 2 and 1',
    ],
    [() => gaussianEntropy({ mean: [0], std: [Infinity] }), 'p.std[0] must be a number > 0, got Infinity'],
    [() => gaussianLogProb([0], { mean: [0], std: [-1] }), 'p.std[0] must be a number > 0, got -1'],
    [
      () => gaussianKl(standard, { mean: [0, 0], std: [1, 1] }),
      'p.mean and q.mean must have the same length, got 1 and 2',
    ],
    [() => gaussianLogProb([0, 0], standard), 'x and p.mean must have the same length, got 2 and 1'],
  ])('refuses what is no Gaussian: %s', (call, message) => {
    expect(call).toThrow(DistributionError);
    expect(call).toThrow(message);
  });
});
