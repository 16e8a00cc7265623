import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { categoricalAsymmetry, gaussianAsymmetry } from '../../src/divergence/asymmetry.ts';
import { gaussianKl } from '../../src/divergence/diagonal-gaussian.ts';
import { kl, klTerm, logRatio } from '../../src/divergence/kl.ts';
import { distributions } from './arbitrary.ts';

const ofProbabilities = (p: ArrayLike<number>, q: ArrayLike<number>) =>
  categoricalAsymmetry(
    Array.from(p, Math.log),
    Array.from(q, Math.log),
    Array.from(p, (pi, i) => logRatio(q[i], pi)),
  );

/** The sign of a − b, 0 where rounding may have made it. */
const signOf = (a: number, b: number): number =>
  Math.abs(a - b) <= 1e-9 * Math.max(a, b) ? 0 : Math.sign(a - b);

describe('which direction of KL is larger', () => {
  it('between categoricals is what their difference says, and the outcome named has most of it', () => {
    fc.assert(
      fc.property(distributions(2), ([p, q]) => {
        const { sign, most } = ofProbabilities(p, q);
        const apart = signOf(kl(p, q), kl(q, p));
        if (apart === 0) return;
        expect(sign).toBe(apart);
        const gaps = Array.from(p, (pi, i) => {
          const ratio = logRatio(pi, q[i]);
          return apart * (klTerm(pi, q[i], ratio) - klTerm(q[i], pi, -ratio));
        });
        expect(gaps[most]).toBeGreaterThanOrEqual(Math.max(...gaps) * (1 - 1e-9));
      }),
    );
  });

  const number = fc.double({ min: -3, max: 3, noNaN: true });
  const gaussians = fc.array(fc.tuple(number, number, number, number), { minLength: 1, maxLength: 4 });

  it('between Gaussians is what their difference says, at every scale', () => {
    fc.assert(
      fc.property(gaussians, fc.integer({ min: -990, max: 990 }), (rows, power) => {
        const at = (column: number) => rows.map((row) => row[column]);
        const p = { mean: at(0), std: at(1).map((x) => 2 ** x) };
        const q = { mean: at(2), std: at(3).map((x) => 2 ** x) };
        const found = gaussianAsymmetry(p, q);
        const apart = signOf(gaussianKl(p, q), gaussianKl(q, p));
        if (apart !== 0) expect(found.sign).toBe(apart);
        if (found.most >= 0) expect(Math.sign(p.std[found.most] - q.std[found.most])).toBe(found.sign);
        // A power of 2 rounds nothing off but the means: those go to 0.
        const scaled = ({ mean, std }: typeof p) => ({
          mean: mean.map((x) => (Math.abs(x) < 1e-6 ? 0 : x) * 2 ** power),
          std: std.map((x) => x * 2 ** power),
        });
        const clean = ({ mean, std }: typeof p) => ({
          mean: mean.map((x) => (Math.abs(x) < 1e-6 ? 0 : x)),
          std,
        });
        expect(gaussianAsymmetry(scaled(p), scaled(q)).sign).toBe(gaussianAsymmetry(clean(p), clean(q)).sign);
      }),
    );
  });

  it('is known where the difference is far below the last digit of either', () => {
    expect(ofProbabilities([0.5, 0.3, 0.2], [0.5 + 1e-9, 0.3 - 1e-9, 0.2])).toEqual({ sign: 1, most: 1 });
    expect(gaussianAsymmetry({ mean: [0], std: [1] }, { mean: [0], std: [1 + 1e-15] })).toEqual({
      sign: -1,
      most: 0,
    });
  });

  it('is neither where they are equal, mirrored, or as wide', () => {
    expect(ofProbabilities([1, 0], [1, 0])).toEqual({ sign: 0, most: -1 });
    expect(ofProbabilities([0.9, 0.1], [0.1, 0.9]).sign).toBe(0);
    expect(
      gaussianAsymmetry({ mean: [0, 1], std: [1e-300, 2] }, { mean: [1, 1], std: [1e-300, 2] }).sign,
    ).toBe(0);
  });

  /** log of (1 + e^−r)·r − 2(1 − e^−r), made with 50 decimal digits. */
  const LOG_GAPS: [number, number][] = [
    [2, -0.6137056388801094],
    [0.26, -5.961290820937983],
    [0.25, -6.07408040119867],
    [0.1, -8.749264757138102],
    [0.01, -15.612267527193222],
    [1e-6, -43.23829164312085],
  ];
  const LOG_GAP_OF_1 = -2.2668480994676243;

  it.each(LOG_GAPS)('weighs an outcome of log ratio %s by its own gap', (ratio, logGap) => {
    // Beside an outcome of log ratio −1 that has as much of the difference, but for the share `more`.
    const beside = (more: number) =>
      categoricalAsymmetry([0, -99], [-ratio, logGap - LOG_GAP_OF_1 + more], [ratio, -1]);
    expect(beside(-5e-12)).toEqual({ sign: 1, most: 0 });
    expect(beside(5e-12)).toEqual({ sign: -1, most: 1 });
    expect(beside(2e-13).sign).toBe(0);
  });

  /**
   * σ_p of one dimension, where σ_q = 1 and the means are equal, and σ_p, σ_q and |μ_p − μ_q| of another that has as
   * much of the difference: sinh 2r − 2r + (μ_p − μ_q)²/(σ_p σ_q)·sinh r, r = |log(σ_p/σ_q)|, made with 50 decimal digits.
   */
  const BALANCED: [number, number, number, number][] = [
    [3, 1, 2, 2.165495618853794],
    [2, 4, 5, 6.489257731965131],
    [1.3, 0.5, 0.53125, 0.32496094970076334],
    [1.25, 4, 4.5, 1.3958148964973927],
    [1.015625, 1, 1.0078125, 0.023710142992014353],
  ];

  it.each(BALANCED)(
    'weighs widths and means of a Gaussian: %s to 1 alone as %s to %s that are %s apart',
    (wide, pStd, qStd, apart) => {
      const beside = (factor: number) =>
        gaussianAsymmetry({ mean: [5, apart * factor], std: [wide, pStd] }, { mean: [5, 0], std: [1, qStd] });
      expect(beside(1 - 1e-11)).toEqual({ sign: 1, most: 0 });
      expect(beside(1 + 1e-11)).toEqual({ sign: -1, most: 1 });
      expect(beside(1).sign).toBe(0);
      // Where the means are does not matter, how far apart they are does.
      const moved = gaussianAsymmetry(
        { mean: [5, 1 - apart * 0.99], std: [wide, pStd] },
        { mean: [5, 1], std: [1, qStd] },
      );
      expect(moved).toEqual({ sign: 1, most: 0 });
    },
  );

  it('names the first of outcomes or dimensions that make as much of it', () => {
    const twice = { mean: [0, 0, 0], std: [1, 2, 2] };
    expect(gaussianAsymmetry(twice, { mean: [0, 0, 0], std: [1, 1, 1] })).toEqual({ sign: 1, most: 1 });
    expect(categoricalAsymmetry([-1, -1, -9], [-2, -2, -9], [1, 1, 0])).toEqual({ sign: 1, most: 0 });
  });

  it('leaves out outcomes that neither has, whatever their ratio is called', () => {
    const none = Number.NEGATIVE_INFINITY;
    expect(categoricalAsymmetry([none, 0], [none, 0], [Number.NaN, 0])).toEqual({ sign: 0, most: -1 });
    expect(categoricalAsymmetry([none, -1], [none, -2], [Number.NaN, 1])).toEqual({ sign: 1, most: 1 });
  });
});
