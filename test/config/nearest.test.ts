import { expect, test } from 'vitest';
import { nearest } from '../../src/config/nearest.ts';

test('nearest(name, candidates) is the candidate with the fewest edits', () => {
  expect(nearest('gama', ['gaeLambda', 'gamma', 'delta'])).toBe('gamma');
  expect(nearest('leaningRate', ['rolloutSteps', 'learningRate'])).toBe('learningRate');
});
test('nearest ignores upper and lower case', () =>
  expect(nearest('CARTPOLE', ['cartPole'])).toBe('cartPole'));
test('nearest takes the first of equals', () => expect(nearest('ab', ['ac', 'ad'])).toBe('ac'));
test('nearest(name, []) is undefined, and so is a wild guess', () => {
  expect(nearest('x', [])).toBeUndefined();
  expect(nearest('qqqqq', ['gamma', 'delta'])).toBeUndefined();
});
