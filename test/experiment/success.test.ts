import { expect, it } from 'vitest';
import { finalPerformance } from '../../src/experiment/learning-curve.ts';
import { successesOf } from '../../src/experiment/success.ts';
import { rowsOf } from './run-rows.ts';

/** Updates with so many successes of four episodes each. */
const lake = (successes: readonly number[]) =>
  rowsOf(successes.map((each) => each / 4)).map((row) => ({
    ...row,
    ...{ returnMin: row.returnMean === 1 ? 1 : 0, returnMax: row.returnMean === 0 ? 0 : 1 },
  }));

it('successes are those of the last tenth of the updates', () => {
  expect(successesOf(lake([...new Array<number>(18).fill(1), 3, 4]))).toEqual({ rate: 7 / 8, episodes: 8 });
});

it('of a branch the last tenth is that of the numbers of its updates, as of its final return', () => {
  // Updates 51 to 100: the last tenth is 91 to 100.
  const branch = lake([...new Array<number>(40).fill(0), ...new Array<number>(10).fill(4)]).map((row) => ({
    ...row,
    update: row.update + 50,
  }));
  expect(finalPerformance(branch)).toBe(1);
  expect(successesOf(branch)).toEqual({ rate: 1, episodes: 40 });
});

it('a run that returned anything but 0 and 1 has none, and so has one in whose last tenth no episode ended', () => {
  expect(successesOf(rowsOf([0, 1, 0.3]))).toBeNull();
  expect(successesOf([...lake([1, 2]), ...rowsOf([null]).map((row) => ({ ...row, update: 3 }))])).toBeNull();
  expect(successesOf([])).toBeNull();
});
