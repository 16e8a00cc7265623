import { expect, it } from 'vitest';
import { clipScale } from '../../src/optimizer/gradient-norm.ts';
import { scheduled } from '../../src/optimizer/schedule.ts';

it('a linear schedule gives `from` in the first update and lr0·(1 − (u−1)/U) after', () => {
  const lr = { schedule: 'linear', from: 1e-3, to: 0 } as const;
  expect(scheduled(lr, 1, 10)).toBe(1e-3);
  expect(scheduled(lr, 10, 10)).toBeCloseTo(1e-4, 15);
});

it('a cosine schedule is half way at half time', () => {
  const range = { schedule: 'cosine', from: 0.3, to: 0.1 } as const;
  expect(scheduled(range, 1, 8)).toBeCloseTo(0.3, 15);
  expect(scheduled(range, 5, 8)).toBeCloseTo(0.2, 15);
  // cos(π/4) = 0.70710678 of the half way there is left
  expect(scheduled(range, 3, 8)).toBeCloseTo(0.270710678, 9);
});

it('a number stays as it is', () => {
  expect(scheduled(0.2, 7, 10)).toBe(0.2);
});

it('gradients within the norm are left alone, larger ones scaled as PyTorch does', () => {
  expect(clipScale(0.4, 0.5)).toBe(1);
  expect(clipScale(2, 0.5)).toBe(0.5 / (2 + 1e-6));
  expect(clipScale(2, null)).toBe(1);
});
