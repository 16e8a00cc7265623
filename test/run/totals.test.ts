import { expect, it } from 'vitest';
import { Totals } from '../../src/run/totals.ts';
import { rowsOf } from '../experiment/run-rows.ts';

function totalsOf(returns: readonly (number | null)[], planned: number, over = {}): Totals {
  const totals = new Totals(planned);
  for (const row of rowsOf(returns, over)) totals.add(row);
  return totals;
}

it('a run counts what its rows do, and means and sums their columns', () => {
  const totals = totalsOf([1, null, 3], 3, { deltaViolated: true });
  expect(totals.counts()).toEqual({ updates: 3, steps: 300, episodes: 8 });
  expect(totals.final()).toEqual({
    returnMeanLastTenth: 3,
    klOldNewMean: 0.01,
    klOldNewMax: 0.01,
    updatesOutsideDelta: 3,
    gradientStepsPlanned: 24,
    gradientStepsApplied: 18,
  });
});

it('with a projection it has the share of states whose network is outside the ball', () => {
  const shares = [0.25, 0, 0.5];
  const totals = new Totals(3);
  for (const [i, row] of rowsOf([1, 2, 3]).entries())
    totals.add({ ...row, statesOutsideProjection: shares[i] });
  expect(totals.final().statesOutsideProjection).toBe(0.25);
  expect(totalsOf([1], 1).final()).not.toHaveProperty('statesOutsideProjection');
});

it('the last tenth is of the updates planned: a run cut short has none', () => {
  expect(totalsOf([1, 2, 3], 30).final().returnMeanLastTenth).toBeNull();
  // Of ten updates the last alone: 9 is not more than nine tenths.
  expect(totalsOf([1, 2, 3, 4, 5, 6, 7, 8, 9, 10], 10).final().returnMeanLastTenth).toBe(10);
});

it('updates without an episode have no say in the last tenth', () => {
  const returns = Array.from({ length: 20 }, (_, i) => (i === 19 ? null : i));
  expect(totalsOf(returns, 20).final().returnMeanLastTenth).toBe(18);
});

it('the last good figures are those of the last row', () => {
  expect(totalsOf([], 3).lastGood()).toBe('no update was completed');
  expect(totalsOf([1, 2], 3).lastGood()).toBe(
    'last good: update 2, return 2, KL 0.01000, gradient norm 0.5000',
  );
  expect(totalsOf([null], 3).lastGood()).toBe(
    'last good: update 1, return none, KL 0.01000, gradient norm 0.5000',
  );
});
