import { expect, it } from 'vitest';
import type { ToldRun } from '../../src/dashboard/wire.ts';
import { figuresOf } from '../../src/page/dashboard/figures-of-runs.ts';

/** A run of ten updates as the server tells of it, as far as figures ask. */
function told(status: ToldRun['status'], returnMeanLastTenth: number | null, isFit = false): ToldRun {
  const figures = {
    ...{ returnMeanLastTenth, klOldNewMean: 0.01, klOldNewMax: 0.03, updatesOutsideDelta: 1 },
    ...{ gradientStepsPlanned: 8, gradientStepsApplied: 8 },
  };
  const run: Partial<ToldRun> = { status, rows: 10, figures: isFit ? null : figures };
  return run as ToldRun;
}

it('runs have a mean of their returns and KL, the largest KL, and the updates outside δ of all', () => {
  expect(figuresOf([told('completed', 100), told('completed', 300)])).toEqual([
    '200',
    '0.01',
    '0.03',
    '2 of 20',
  ]);
});

it('a fit has no return and no δ', () => {
  expect(figuresOf([told('completed', null, true)])).toEqual(['–', '–', '–', '–']);
});

it.each<[string, ...ToldRun[]]>([
  ['100', told('completed', 100), told('failed', 9000), told('alive', 20), told('dead', 30)],
  ['25 so far', told('alive', 20), told('interrupted', 30), told('failed', 9000)],
  ['9,000 so far', told('failed', 9000)],
  ['–', told('alive', null)],
  ['20 so far', told('alive', null), told('alive', 20)],
  ['stuck (1 of 2)', told('completed', null), told('completed', 100), told('failed', 9000)],
])('the return %s is of runs that completed, else of those that did not fail', (shown, ...runs) => {
  expect(figuresOf(runs)[0]).toBe(shown);
});
