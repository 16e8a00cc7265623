import { expect, it } from 'vitest';
import { randomStream } from '../../src/random/random.ts';
import { mannWhitneyPValue } from '../../src/statistics/mann-whitney.ts';
import {
  chanceOfDecision,
  type RunGroup,
  sequentialPValue,
  spendingOf,
} from '../../src/statistics/sequential-ranks.ts';

const group = (x: number[], y: number[]): RunGroup => ({ x: Float64Array.from(x), y: Float64Array.from(y) });

/** Every way to say which three of six runs are x's. */
function assignments(runs: readonly number[]): RunGroup[] {
  const all: RunGroup[] = [];
  for (let mask = 0; mask < 64; mask++) {
    const isX = (i: number): boolean => ((mask >> i) & 1) === 1;
    const x = runs.filter((_, i) => isX(i));
    if (x.length === 3)
      all.push(
        group(
          x,
          runs.filter((_, i) => !isX(i)),
        ),
      );
  }
  return all;
}

it.each([
  ['without ties', [3, 1, 4, 1.5, 9, 2.6], [5, 3.5, 8, 9.7, 9.3, 2.3]],
  ['with ties', [500, 500, 500, 410, 500, 120], [500, 500, 220, 500, 410, 90]],
  ['with stuck runs', [-Infinity, 7, 3, -Infinity, 2, 9], [1, 4, -Infinity, 5, 8, 6]],
])('of all assignments of both groups at most a share p has a p-value up to p: %s', (_, first, second) => {
  const spending = spendingOf([3, 6]);
  for (const alternative of ['different', 'greater'] as const) {
    const pValues = assignments(first).flatMap((a) =>
      assignments(second).map((b) => sequentialPValue([a, b], spending, alternative)),
    );
    expect(pValues).toHaveLength(400);
    for (const p of pValues) {
      const share = pValues.filter((each) => each <= p * (1 + 1e-4)).length / 400;
      expect(share).toBeLessThanOrEqual(p * (1 + 1e-3));
    }
    // And not so cautious that nothing is found: all of x above all of y in both groups.
    expect(Math.min(...pValues)).toBeLessThan(0.05);
  }
});

it('one look of runs that are all above has the p-value of the Mann–Whitney test', () => {
  const apart = group([4, 5, 6], [1, 2, 3]);
  expect(sequentialPValue([apart], [1])).toBeCloseTo(2 / 20, 5);
  expect(sequentialPValue([apart], [1], 'greater')).toBeCloseTo(1 / 20, 5);
});

it('the Mann–Whitney test in one direction counts what is at least as high', () => {
  const random = randomStream(0, 'unused');
  const [low, high] = [Float64Array.of(1, 2, 3), Float64Array.of(4, 5, 6)];
  expect(mannWhitneyPValue(high, low, random, 'greater')).toBeCloseTo(1 / 20, 12);
  expect(mannWhitneyPValue(low, high, random, 'greater')).toBe(1);
  expect(mannWhitneyPValue(low, high, random)).toBeCloseTo(2 / 20, 12);
});

it('looks spend all of the error, and a p-value never grows with further looks', () => {
  const sizes = [5, 10, 15, 18];
  const spending = spendingOf(sizes);
  expect(spending.reduce((sum, each) => sum + each, 0)).toBeCloseTo(1, 12);
  expect(spending[0]).toBeLessThan(0.1);
  const random = randomStream(3, 'runs');
  const groups = sizes.map((size, k) =>
    group(
      Array.from({ length: size - (sizes[k - 1] ?? 0) }, () => random.normal() + 0.5),
      Array.from({ length: size - (sizes[k - 1] ?? 0) }, () => random.normal()),
    ),
  );
  const pValues = sizes.map((_, k) => sequentialPValue(groups.slice(0, k + 1), spending));
  pValues.forEach((p, k) => {
    expect(p).toBeLessThanOrEqual(pValues[k - 1] ?? 1);
  });
});

it('a group of one side alone says nothing', () => {
  const both = group([4, 5, 6, 7, 8], [1, 2, 3, 0, -1]);
  const spending = spendingOf([5, 10]);
  const alone = sequentialPValue([both, group([9, 10], [])], spending);
  expect(alone).toBeLessThanOrEqual(sequentialPValue([both], spending));
  expect(sequentialPValue([group([9, 10], [])], spending)).toBe(1);
});

it('the chance of a decision is small where nothing differs, great where much does, and none without further looks', () => {
  const spending = spendingOf([5, 10, 15, 20]);
  const toCome = [1, 2, 3].map(() => ({ x: 5, y: 5 }));
  const apart = [group([6, 7, 8, 9, 4], [1, 2, 3, 0, 5])];
  const alike = [group([1, 4, 6, 8, 9], [2, 3, 5, 7, 10])];
  expect(chanceOfDecision(apart, toCome, spending, 0.025)).toBeGreaterThan(0.8);
  expect(chanceOfDecision(alike, toCome, spending, 0.025)).toBeLessThan(0.2);
  expect(chanceOfDecision(apart, [], spending, 0.025)).toBe(0);
  const again = [...alike, ...alike, ...alike];
  expect(chanceOfDecision(again, toCome.slice(0, 1), spending, 0.025)).toBeLessThan(0.01);
  // Of y above x there is no chance that x is found to be above.
  expect(
    chanceOfDecision([group([1, 2, 3, 0, 4], [6, 7, 8, 9, 5])], toCome, spending, 0.025, 'greater'),
  ).toBeLessThan(0.01);
});
