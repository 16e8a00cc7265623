import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bernoulliEntropy, bernoulliKl, bernoulliLogProb } from '../../src/divergence/bernoulli.ts';
import { entropy } from '../../src/divergence/entropy.ts';
import { kl } from '../../src/divergence/kl.ts';

const probability = fc.double({ min: 0.001, max: 0.999, noNaN: true });

describe('a Bernoulli', () => {
  it('has the entropy and KL of the categorical of two outcomes', () => {
    fc.assert(
      fc.property(probability, probability, (p, q) => {
        expect(bernoulliEntropy(p)).toBeCloseTo(entropy([p, 1 - p]), 13);
        expect(bernoulliKl(p, q)).toBeCloseTo(kl([p, 1 - p], [q, 1 - q]), 13);
        expect(bernoulliKl(p, p)).toBe(0);
      }),
    );
  });

  it('keeps the digits of a KL between rare events', () => {
    // p log(p/q) + (q − p) + O(p²), p = 1e-20, q = 2e-20
    expect(bernoulliKl(1e-20, 2e-20) / 1e-20).toBeCloseTo(1 - Math.LN2, 12);
  });

  it('keeps the digits of a KL between coins that are nearly the same', () => {
    // (p − q)²/(2p(1 − p)) = 2⁻⁸⁰/(2·¼·¾), and a share of 2⁻⁴⁰ more or less
    expect(bernoulliKl(0.25, 0.25 + 2 ** -40) / (2 ** -80 / 0.375)).toBeCloseTo(1, 10);
    expect(bernoulliKl(0.75, 0.75 + 2 ** -40) / (2 ** -80 / 0.375)).toBeCloseTo(1, 10);
  });

  it('has −Σ log-probability of its outcomes as entropy, weighted', () => {
    fc.assert(
      fc.property(probability, (p) => {
        const weighted = -p * bernoulliLogProb(1, p) - (1 - p) * bernoulliLogProb(0, p);
        expect(weighted).toBeCloseTo(bernoulliEntropy(p), 14);
      }),
    );
  });

  it('takes certain coins: entropy 0, KL 0 or +Infinity', () => {
    expect(bernoulliEntropy(0)).toBe(0);
    expect(bernoulliEntropy(1)).toBe(0);
    expect(bernoulliKl(1, 1)).toBe(0);
    expect(bernoulliKl(0, 0)).toBe(0);
    expect(bernoulliKl(1, 0)).toBe(Infinity);
    expect(bernoulliKl(0.5, 1)).toBe(Infinity);
    expect(bernoulliKl(0, 0.5)).toBeCloseTo(Math.LN2, 15);
    expect(bernoulliLogProb(1, 0)).toBe(-Infinity);
  });

  it('speaks bits', () => {
    expect(bernoulliEntropy(0.5, 'bits')).toBe(1);
    expect(bernoulliKl(1, 0.25, 'bits')).toBeCloseTo(2, 14);
    expect(bernoulliLogProb(0, 0.5, 'bits')).toBe(-1);
  });

  it('refuses what is no probability and no outcome', () => {
    expect(() => bernoulliEntropy(1.5)).toThrow('p must be in [0, 1], got 1.5');
    expect(() => bernoulliKl(0.5, -0.1)).toThrow('q must be in [0, 1], got -0.1');
    expect(() => bernoulliKl(2, 0.5)).toThrow('p must be in [0, 1], got 2');
    expect(() => bernoulliLogProb(1, NaN)).toThrow('p must be in [0, 1], got NaN');
    expect(() => bernoulliLogProb(2, 0.5)).toThrow('x must be 0 or 1, got 2');
  });
});
