import { fc, test } from '@fast-check/vitest';
import { describe, expect, it } from 'vitest';
import { conjugateGradient } from '../../src/optimizer/conjugate-gradient.ts';

/** v ↦ Av for a matrix given by rows. */
function productOf(matrix: readonly (readonly number[])[]) {
  return (v: Float64Array, out: Float64Array): void => {
    matrix.forEach((row, i) => {
      out[i] = row.reduce((sum, a, j) => sum + a * v[j], 0);
    });
  };
}

const solve = (matrix: number[][], b: number[], iterations = 10, tolerance = 1e-12) =>
  conjugateGradient(productOf(matrix), Float64Array.from(b), iterations, tolerance);

describe('conjugateGradient', () => {
  // Shewchuk 1994, section 1: A = [3 2; 2 6], b = (2, −8), x = (2, −2).
  it('solves the example of Shewchuk in two iterations', () => {
    const { x, iterations, residuals, status } = solve(
      [
        [3, 2],
        [2, 6],
      ],
      [2, -8],
    );
    expect(status).toBe('converged');
    expect(iterations).toBe(2);
    expect(x[0]).toBeCloseTo(2, 12);
    expect(x[1]).toBeCloseTo(-2, 12);
    expect(residuals[0]).toBeCloseTo(Math.sqrt(68), 12);
    expect(residuals).toHaveLength(3);
  });

  it('takes one iteration for each distinct eigenvalue', () => {
    const diagonal = [
      [2, 0, 0, 0],
      [0, 2, 0, 0],
      [0, 0, 5, 0],
      [0, 0, 0, 5],
    ];
    const { x, iterations } = solve(diagonal, [2, 4, 5, 10]);
    expect(iterations).toBe(2);
    expect(Array.from(x, (v) => Math.round(v * 1e9) / 1e9)).toEqual([1, 2, 1, 2]);
  });

  it('is exhausted after the iterations allowed, the steepest-descent step after one', () => {
    const { x, iterations, status } = solve(
      [
        [1, 0],
        [0, 3],
      ],
      [1, 1],
      1,
    );
    expect(status).toBe('exhausted');
    expect(iterations).toBe(1);
    // α = bᵀb / bᵀAb = 2/4
    expect(Array.from(x)).toEqual([0.5, 0.5]);
  });

  it('needs no iteration where b is within the tolerance of 0', () => {
    const { x, iterations, status } = solve([[1]], [1e-13]);
    expect([x[0], iterations, status]).toEqual([0, 0, 'converged']);
  });

  it('names negative curvature and keeps x from before it', () => {
    expect(solve([[-1]], [1])).toMatchObject({ status: 'negativeCurvature', iterations: 0 });
    const saddle = [
      [2, 0],
      [0, -1],
    ];
    const { x, status, iterations } = solve(saddle, [1, 0.5]);
    expect(status).toBe('negativeCurvature');
    expect(iterations).toBe(1);
    expect(Array.from(x).every(Number.isFinite)).toBe(true);
  });

  it('takes a direction of no curvature at all for a negative one', () => {
    expect(solve([[0]], [1])).toMatchObject({ status: 'negativeCurvature', iterations: 0 });
  });

  it('is done at a residual of exactly the tolerance', () => {
    expect(solve([[2]], [4], 10, 0)).toMatchObject({ status: 'converged', iterations: 1 });
  });

  it('only reads b', () => {
    const b = Float64Array.of(2, -8);
    conjugateGradient(
      productOf([
        [3, 2],
        [2, 6],
      ]),
      b,
      10,
      1e-12,
    );
    expect([...b]).toEqual([2, -8]);
  });

  it('names what is not finite, in b or in a product', () => {
    expect(solve([[1]], [Number.NaN]).status).toBe('nonFinite');
    expect(solve([[Number.NaN]], [1]).status).toBe('nonFinite');
    expect(solve([[Number.POSITIVE_INFINITY]], [1])).toMatchObject({ status: 'nonFinite', iterations: 0 });
  });

  test.prop([fc.integer({ min: 1, max: 6 }), fc.nat()], { numRuns: 100 })(
    'solves A = BᵀB + I for any B within as many iterations as A has rows, or a few more for rounding',
    (n, seed) => {
      let state = seed + 1;
      const next = (): number => {
        state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
        return state / 2 ** 31 - 1;
      };
      const b = Array.from({ length: n }, () => Array.from({ length: n }, next));
      const matrix = b.map((_, i) =>
        b.map((__, j) => b.reduce((sum, row) => sum + row[i] * row[j], i === j ? 1 : 0)),
      );
      const wanted = Array.from({ length: n }, next);
      const right = new Float64Array(n);
      productOf(matrix)(Float64Array.from(wanted), right);
      const { x, status } = conjugateGradient(productOf(matrix), right, n + 3, 1e-10);
      expect(status).toBe('converged');
      for (const [i, value] of wanted.entries()) expect(Math.abs(x[i] - value)).toBeLessThan(1e-8);
    },
  );
});
