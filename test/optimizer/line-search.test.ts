import { describe, expect, it } from 'vitest';
import { lineSearch } from '../../src/optimizer/line-search.ts';
import { finish } from '../../src/train/update.ts';

describe('lineSearch', () => {
  it('takes the full step where that is acceptable, and tries no other', () => {
    const tried: number[] = [];
    const result = finish(lineSearch((fraction) => tried.push(fraction) > 0, { shrink: 0.8, tries: 10 }));
    expect(result).toEqual({ accepted: true, fraction: 1, backtracks: 0 });
    expect(tried).toEqual([1]);
  });

  it('takes the first of 1, ½, ¼, … that is acceptable', () => {
    // A step of 8 along x ↦ −(x − 1)²: inside |x| ≤ 3 and better than at 0 means 0 < x < 2.
    const acceptable = (fraction: number): boolean => {
      const x = 8 * fraction;
      return Math.abs(x) <= 3 && -((x - 1) ** 2) > -1;
    };
    expect(finish(lineSearch(acceptable, { shrink: 0.5, tries: 10 }))).toEqual({
      accepted: true,
      fraction: 0.125,
      backtracks: 3,
    });
  });

  it('gives up after the tries allowed, the full step included', () => {
    const tried: number[] = [];
    const refuse = (fraction: number): boolean => {
      tried.push(fraction);
      return false;
    };
    expect(finish(lineSearch(refuse, { shrink: 0.5, tries: 3 }))).toEqual({
      accepted: false,
      fraction: 0.25,
      backtracks: 2,
    });
    expect(tried).toEqual([1, 0.5, 0.25]);
  });

  it('makes a try a step', () => {
    const tried: number[] = [];
    const search = lineSearch((fraction) => tried.push(fraction) > 1, { shrink: 0.5, tries: 10 });
    expect([search.step(), [...tried]]).toEqual([true, [1]]);
    expect([search.step(), [...tried]]).toEqual([true, [1, 0.5]]);
    expect([search.step(), [...tried]]).toEqual([false, [1, 0.5]]);
    expect(search.end()).toEqual({ accepted: true, fraction: 0.5, backtracks: 1 });
  });

  it('with one try is the full step or none', () => {
    expect(finish(lineSearch(() => false, { shrink: 0.5, tries: 1 }))).toEqual({
      accepted: false,
      fraction: 1,
      backtracks: 0,
    });
  });
});
