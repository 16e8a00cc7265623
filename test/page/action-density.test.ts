import { describe, expect, it } from 'vitest';
import { densityOf, gaussianAt, peakOf, scaleOf } from '../../src/page/action-density.ts';
import { squashedGaussianHead } from '../../src/policy/squashed-gaussian.ts';

const squashed = {
  head: 'squashedGaussian',
  bounds: [
    [-2, 2],
    [0, 1],
  ],
} as const;

/** The area below a curve of points. */
function area(points: readonly (readonly [number, number])[]): number {
  return points.slice(1).reduce((sum, [x, y], at) => {
    const [before, height] = points[at];
    return sum + 0.5 * (y + height) * (x - before);
  }, 0);
}

describe('the density of an action', () => {
  it.each([
    [
      'a Gaussian',
      {
        head: 'diagonalGaussian',
        bounds: [
          [-2, 2],
          [0, 1],
        ],
      },
    ],
    ['a squashed one', squashed],
  ] as const)('of %s is 1 below its curve', (_, episode) => {
    for (const at of [0, 1])
      expect(area(densityOf({ mean: 0.3, std: 0.5 }, scaleOf(episode, at)))).toBeCloseTo(1, 3);
  });

  it('of a squashed one is that of the policy, by the size of the box', () => {
    const head = squashedGaussianHead(1);
    const points = densityOf({ mean: -0.4, std: 0.7 }, scaleOf(squashed, 0));
    const out = new Float64Array(1);
    for (const [action, density] of points.filter((_point, i) => i % 20 === 0)) {
      const drawn = Float32Array.of(Math.atanh(action / 2));
      head.logProb(Float64Array.of(-0.4, Math.log(0.7)), drawn, 1, out);
      // A box twice as wide has half the density.
      expect(Math.log(density)).toBeCloseTo(out[0] - Math.log(2), 4);
    }
  });

  it('is as high as it is in the middle, however high it goes up towards the bounds', () => {
    expect(peakOf({ mean: 1, std: 0.25 }, scaleOf({ head: 'diagonalGaussian' }, 0))).toBeCloseTo(1.5958, 4);
    const wide = { mean: 0, std: 3 };
    const highest = Math.max(...densityOf(wide, scaleOf(squashed, 0)).map(([, density]) => density));
    expect(peakOf(wide, scaleOf(squashed, 0))).toBeLessThan(highest / 100);
  });

  it('is that of means and standard deviations, one after the other; what is not finite is not drawn', () => {
    expect(gaussianAt([1, 2, 0.1, 0.2], 1)).toEqual({ mean: 2, std: 0.2 });
    expect([gaussianAt([], 0), gaussianAt([Number.NaN, 1], 0)]).toEqual([undefined, undefined]);
    // As JSON has it.
    expect(gaussianAt(['NaN' as unknown as number, 1], 0)).toBeUndefined();
  });
});
