import { expect, it } from 'vitest';
import { isStuckRun } from '../../src/run/stuck.ts';

it.each([
  ['completed', { returnMeanLastTenth: null }, true],
  ['completed', { returnMeanLastTenth: 0 }, false],
  // A fit, and a run whose record is gone.
  ['completed', {}, false],
  ['completed', undefined, false],
  ['completed', null, false],
  ['interrupted', { returnMeanLastTenth: null }, false],
  ['alive', { returnMeanLastTenth: null }, false],
])('a run that is %s, with %j, is stuck: %s', (status, final, isStuck) => {
  expect(isStuckRun(status, final)).toBe(isStuck);
});
