import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { adaptRate, type RateRule } from '../../src/trust-region/adapt-rate.ts';

/** The learning rate after each of 75 KLs, by the published rules. */
interface Published {
  readonly target: number;
  readonly min: number;
  readonly max: number;
  readonly initial: number;
  readonly after: number[];
}
const file = new URL('../fixtures/learning-rates.json', import.meta.url);
const { kl, rslRl, rlGames } = JSON.parse(readFileSync(file, 'utf8')) as {
  kl: number[];
  rslRl: Published;
  rlGames: Published;
};

const rule: RateRule = {
  ...{ from: 1e-3, target: 0.01, measure: 'exact', direction: 'oldNew', cadence: 'beforeStep' },
  ...{ margin: 2, factor: 1.5, atZero: 'leave', min: 1e-5, max: 1e-2 },
};

describe('the step size that follows the KL', () => {
  it.each([
    ['rsl_rl', rslRl, 'leave'],
    ['rl_games', rlGames, 'raise'],
  ] as const)(
    'is that of %s after each of its KLs, to the bit',
    (_, { target, min, max, initial, after }, atZero) => {
      let rate = initial;
      const rates = kl.map((each) => {
        rate = adaptRate({ ...rule, target, min, max, atZero }, rate, each).rate;
        return rate;
      });
      expect(rates).toEqual(after);
    },
  );

  it.each([
    [0.0201, 1e-3 / 1.5, false],
    [0.02, 1e-3, false],
    [0.005, 1e-3, false],
    [0.0049, 1.5e-3, false],
    [0, 1e-3, false],
    [-0.01, 1e-3, false],
  ])('a KL of %f gives %f', (d, rate, saturated) => {
    expect(adaptRate(rule, 1e-3, d)).toEqual({ rate, saturated });
  });

  it('says when a bound held it back', () => {
    expect(adaptRate(rule, 8e-3, 0.001)).toEqual({ rate: 1e-2, saturated: true });
    expect(adaptRate(rule, 1.2e-5, 1)).toEqual({ rate: 1e-5, saturated: true });
    expect(adaptRate(rule, 1e-2, 0.01)).toEqual({ rate: 1e-2, saturated: false });
  });

  it('has a margin and a factor of its own', () => {
    const wide = { ...rule, margin: 4, factor: 3 };
    expect(adaptRate(wide, 1e-3, 0.039).rate).toBe(1e-3);
    expect(adaptRate(wide, 1e-3, 0.041).rate).toBe(1e-3 / 3);
    expect(adaptRate(wide, 1e-3, 0.0024).rate).toBe(1e-3 * 3);
  });
});
