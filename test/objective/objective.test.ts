import { describe, expect, it } from 'vitest';
import { clipFraction, clippedSurrogate } from '../../src/objective/clip.ts';
import { probabilityRatios, surrogate } from '../../src/objective/surrogate.ts';
import { valueLoss } from '../../src/objective/value-loss.ts';

const ratios = Float64Array.of(0.5, 0.9, 1, 1.1, 1.5, 0.5, 1.5);
const advantages = Float64Array.of(1, 2, 3, -1, 2, -1, -2);

describe('the clipped surrogate', () => {
  it('takes the smaller of the plain and the clipped term', () => {
    const loss = clippedSurrogate(ratios, advantages, 7, 0.2, new Float64Array(7));
    expect(loss).toBeCloseTo(-(0.5 + 1.8 + 3 - 1.1 + 2.4 - 0.8 - 3) / 7, 12);
  });

  it('has no gradient above 1+ε with a positive advantage or below 1−ε with a negative one', () => {
    const weights = new Float64Array(7);
    clippedSurrogate(ratios, advantages, 7, 0.2, weights);
    expect([...weights].map((w) => w === 0)).toEqual([false, false, false, false, true, true, false]);
  });

  it('has the gradient of its loss in log π, by central differences', () => {
    const h = 1e-6;
    const weights = new Float64Array(7);
    clippedSurrogate(ratios, advantages, 7, 0.2, weights);
    for (let i = 0; i < 7; i++) {
      const at = (sign: number) => {
        const moved = ratios.slice();
        moved[i] *= Math.exp(sign * h);
        return clippedSurrogate(moved, advantages, 7, 0.2, new Float64Array(7));
      };
      expect(weights[i]).toBeCloseTo((at(1) - at(-1)) / (2 * h), 6);
    }
  });

  it('counts as clipped what lies outside 1 ± ε', () => {
    expect(clipFraction(ratios, 7, 0.2)).toBe(4 / 7);
  });
});

describe('the bare surrogate', () => {
  it('is −mean(ratio·Â) with gradient −ratio·Â/N', () => {
    const weights = new Float64Array(7);
    expect(surrogate(ratios, advantages, 7, weights)).toBeCloseTo(
      -(0.5 + 1.8 + 3 - 1.1 + 3 - 0.5 - 3) / 7,
      12,
    );
    expect(weights[4]).toBeCloseTo(-3 / 7, 12);
  });

  it('has ratio 1 exactly where the policy has not moved', () => {
    const logProbs = Float64Array.of(-0.3, -7.1);
    const out = new Float64Array(2);
    probabilityRatios(logProbs, logProbs, 2, out);
    expect([...out]).toEqual([1, 1]);
  });
});

describe('the value loss', () => {
  const values = Float32Array.of(1, 2, 3);
  const old = Float64Array.of(1, 1, 3.5);
  const returns = Float64Array.of(0, 3, 3.25);
  const run = (clip: 'none' | 'max' | 'clippedOnly') => {
    const dValues = new Float32Array(3);
    return { loss: valueLoss(values, old, returns, 3, clip, 0.2, 0.5, dValues), dValues: [...dValues] };
  };

  it('is half the mean squared error', () => {
    const { loss, dValues } = run('none');
    expect(loss).toBeCloseTo((0.5 * (1 + 1 + 0.0625)) / 3, 6);
    expect(dValues[0]).toBeCloseTo((0.5 * 1) / 3, 6);
  });

  it('with max takes the larger error of the plain and the clipped value', () => {
    // Clipped values: 1, 1.2, 3.3; errors 1, −1.8 against −1, 0.05 against −0.25.
    const { loss, dValues } = run('max');
    expect(loss).toBeCloseTo((0.5 * (1 + 1.8 ** 2 + 0.0625)) / 3, 5);
    expect(dValues[1]).toBe(0);
    expect(dValues[2]).toBeCloseTo((0.5 * -0.25) / 3, 6);
  });

  it('with clippedOnly takes the clipped error even where it is smaller', () => {
    const { loss, dValues } = run('clippedOnly');
    expect(loss).toBeCloseTo((0.5 * (1 + 1.8 ** 2 + 0.05 ** 2)) / 3, 5);
    expect(dValues[2]).toBe(0);
  });
});
