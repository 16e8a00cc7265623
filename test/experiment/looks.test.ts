import { expect, it } from 'vitest';
import { labelsToContinue, planLooks } from '../../src/experiment/looks.ts';
import type { PairReport } from '../../src/experiment/report-data.ts';

it('groups are as large as the first, the last one smaller where it must be, and seeds go on from the greatest', () => {
  expect(planLooks([0, 1, 2, 3, 4], 20).sizes).toEqual([5, 10, 15, 20]);
  expect(planLooks([7, 3], 5)).toEqual({ seeds: [7, 3, 8, 9, 10], sizes: [2, 4, 5] });
});

it.each<[number[], number, string]>([
  [[0, 1, 2, 3, 4], 5, '--max-seeds must be a whole number above the 5 of --seeds, got 5'],
  [[0, 1], 2.5, '--max-seeds must be a whole number above the 2 of --seeds, got 2.5'],
  [[0, 1], Number.NaN, '--max-seeds must be a whole number above the 2 of --seeds, got NaN'],
  [[0], 20, '--until-decided needs groups of at least 2 seeds, got --seeds of 1'],
  [
    [0, 1],
    60,
    '--max-seeds 60 in groups of 2 would be 30 looks, at most 20: say more --seeds or fewer --max-seeds',
  ],
  [
    [4294967294, 4294967295],
    4,
    '--max-seeds 4 from seed 4294967295 on ends beyond the greatest seed, 4294967295',
  ],
])('refuses %j to %d', (first, most, message) => {
  expect(() => planLooks(first, most)).toThrow(message);
});

const pair = (labels: string, over: Partial<PairReport>): PairReport => {
  const [better, worse] = labels.split(' ') as [string, string];
  const figure = { value: 0.6, low: 0.4, high: 0.8 };
  const open = { pValue: 0.5, decided: false, chance: 0.5, noWorse: null, same: null };
  return { better, worse, improvement: figure, difference: figure, ...open, ...over };
};

it('configs go on while one of their pairs is neither decided nor hopeless', () => {
  const continued = (final: PairReport[], curve: PairReport[] = []) => [
    ...labelsToContinue({ pairs: { final, curve } }),
  ];
  expect(continued([pair('a b', {}), pair('a c', { chance: 0.09 })])).toEqual(['a', 'b']);
  expect(continued([pair('a b', { decided: true, chance: null })])).toEqual([]);
  // At the end it is hopeless, by the curve not yet; the curve may rank them the other way round.
  expect(continued([pair('a b', { chance: 0 })], [pair('b a', {})])).toEqual(['a', 'b']);
  expect(continued([pair('a b', { chance: 0 })], [pair('b a', { decided: true, chance: null })])).toEqual([]);
  const noWorse = (chance: number) => {
    const hopeless = { pValue: 1, decided: false, chance: 0 };
    return { better: { ...hopeless, chance }, worse: hopeless };
  };
  expect(continued([pair('a b', { chance: 0, noWorse: noWorse(0.4) })])).toEqual(['a', 'b']);
  expect(continued([pair('a b', { chance: 0, noWorse: noWorse(0.01) })])).toEqual([]);
  const same = { what: 'run' as const, seeds: [0, 1], isEverySeed: true };
  expect(continued([pair('a b', { same })])).toEqual([]);
});
