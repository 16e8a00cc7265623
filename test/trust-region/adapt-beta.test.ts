import { describe, expect, it } from 'vitest';
import { adaptBeta, type BetaRule } from '../../src/trust-region/adapt-beta.ts';

const rule = (overrides: Partial<BetaRule>): BetaRule => ({
  rule: 'paper',
  target: 0.01,
  min: 1e-4,
  max: 1e4,
  horizon: null,
  ...overrides,
});

describe('the paper’s rule', () => {
  it.each([
    [0.006, 1],
    [0.0066, 1],
    [0.007, 2],
    [0.015, 2],
    [0.0151, 4],
    [Number.POSITIVE_INFINITY, 4],
  ])('at KL %f turns β 2 into %f', (kl, beta) => {
    expect(adaptBeta(rule({}), 2, kl, 512).beta).toBe(beta);
  });
});

it('the paper’s rule leaves β at exactly target/1.5', () => {
  expect(adaptBeta(rule({ target: 0.75 }), 2, 0.5, 512).beta).toBe(2);
});

describe('RLlib’s rule', () => {
  it.each([
    [0.0049, 1],
    [0.005, 2],
    [0.02, 2],
    [0.0201, 3],
  ])('at KL %f turns β 2 into %f', (kl, beta) => {
    expect(adaptBeta(rule({ rule: 'rllib' }), 2, kl, 512).beta).toBe(beta);
  });
});

describe('Ziegler’s rule', () => {
  it('is proportional to the error, clipped to a fifth, and to samples over the horizon', () => {
    const ziegler = rule({ rule: 'ziegler', horizon: 1000 });
    expect(adaptBeta(ziegler, 2, 0.011, 500).beta).toBeCloseTo(2 * (1 + 0.1 * 0.5), 12);
    expect(adaptBeta(ziegler, 2, 1, 500).beta).toBeCloseTo(2 * (1 + 0.2 * 0.5), 12);
    expect(adaptBeta(ziegler, 2, 0, 500).beta).toBeCloseTo(2 * (1 - 0.2 * 0.5), 12);
  });

  it('stops at the least β where a short horizon would turn β negative', () => {
    const ziegler = rule({ rule: 'ziegler', horizon: 10 });
    expect(adaptBeta(ziegler, 2, 0, 500)).toEqual({ beta: 1e-4, saturated: true });
  });
});

it('Ziegler’s rule needs a horizon', () => {
  expect(() => adaptBeta(rule({ rule: 'ziegler' }), 2, 0, 500)).toThrow('the rule ziegler needs a horizon');
});

describe('bounds', () => {
  it('hold β and are reported', () => {
    expect(adaptBeta(rule({ max: 3 }), 2, 1, 512)).toEqual({ beta: 3, saturated: true });
    expect(adaptBeta(rule({ min: 1.5 }), 2, 0, 512)).toEqual({ beta: 1.5, saturated: true });
  });

  it('that β just reaches are not reported', () => {
    expect(adaptBeta(rule({ max: 4 }), 2, 1, 512)).toEqual({ beta: 4, saturated: false });
  });
});
