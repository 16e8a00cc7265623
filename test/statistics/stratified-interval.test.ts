import { describe, expect, it } from 'vitest';
import { UNBOUNDED } from '../../src/statistics/bounded-interval.ts';
import {
  improvementInterval,
  rankInterval,
  shareInterval,
} from '../../src/statistics/improvement-interval.ts';
import { skewedInterval } from '../../src/statistics/skewed-interval.ts';
import { stratifiedIqmInterval, stratifiedMeanInterval } from '../../src/statistics/stratified-interval.ts';
import { interval, studentT975 } from '../../src/statistics/student-interval.ts';
import { wilsonInterval } from '../../src/statistics/success-interval.ts';
import { trimmedInterval } from '../../src/statistics/trimmed-interval.ts';

const of = (...runs: number[]) => ({ runs: Float64Array.from(runs), bounds: UNBOUNDED });

describe('the interval of a mean of skewed values', () => {
  it('is Student’s, further out on the side of the longer tail alone', () => {
    const values = Float64Array.of(1, 2, 2, 3, 12);
    const student = interval(values);
    const { low, high } = skewedInterval(values);
    expect(low).toBe(student.low);
    // Mean 4, squares 82, cubes 27·−1 + 2·−8 − 1 + 512 = 468: κ = 468·5/12 = 195, γ = 195/(√20.5·16.4), t = 2.776445.
    const gamma = 195 / (Math.sqrt(20.5) * 16.4);
    const further = (Math.sqrt(20.5 / 5) * gamma * (1 + 2 * 2.776445 ** 2)) / (6 * Math.sqrt(5));
    expect(high).toBeCloseTo(student.high + further, 10);
    const mirrored = skewedInterval(values.map((each) => -each));
    expect([mirrored.low, mirrored.high]).toEqual([-high, -low]);
  });

  it('is Student’s where nothing is skewed, of two values and of equal ones', () => {
    for (const values of [
      [1, 2, 3, 4],
      [1, 5],
      [7, 7, 7],
    ]) {
      const given = Float64Array.from(values);
      const { low, high } = interval(given);
      expect(skewedInterval(given)).toEqual({ low, high });
    }
  });
});

describe('over worlds', () => {
  it('of one world the IQM has Tukey and McLaughlin’s interval, the mean Student’s', () => {
    const world = of(3, 1, 4, 1.5, 9, 2.6, 5, 3.5);
    const tukey = trimmedInterval(world.runs.slice().sort(), 2);
    expect(stratifiedIqmInterval([world])?.low).toBeCloseTo(tukey.low, 10);
    expect(stratifiedIqmInterval([world])?.high).toBeCloseTo(tukey.high, 10);
    expect(stratifiedMeanInterval([world])?.low).toBeCloseTo(interval(world.runs).low, 10);
  });

  it('the mean of two has the standard error of both and Satterthwaite’s degrees', () => {
    // Variances 4 and 1 of three runs each, weights ½: 4/12 + 1/12; ((5/12)²)/((4/12)²/2 + (1/12)²/2) = 50/17.
    const found = stratifiedMeanInterval([of(0, 2, 4), of(10, 11, 12)]);
    const half = studentT975(50 / 17) * Math.sqrt(5 / 12);
    expect(found?.low).toBeCloseTo(6.5 - half, 10);
    expect(found?.high).toBeCloseTo(6.5 + half, 10);
  });

  it('worlds that differ in level alone don’t widen it, as one sample of all would be', () => {
    const near = stratifiedMeanInterval([of(0, 1, 2), of(0, 1, 2)]);
    const far = stratifiedMeanInterval([of(0, 1, 2), of(100, 101, 102)]);
    expect((far?.high ?? 0) - (far?.low ?? 0)).toBeCloseTo((near?.high ?? 0) - (near?.low ?? 0), 10);
  });

  it('a world at its ceiling adds what it may hide below, and is no reason for a point', () => {
    const ceiling = { runs: Float64Array.of(1, 1, 1, 1, 1), bounds: { least: 0, greatest: 1 } };
    const found = stratifiedMeanInterval([ceiling, ceiling]);
    expect(found?.high).toBe(1);
    // 0.025^(1/5) is what each may be, halves of both together.
    expect(found?.low).toBeCloseTo(1 - (1 - 0.025 ** 0.2) * Math.SQRT1_2, 1);
    expect(stratifiedIqmInterval([ceiling, ceiling])).toBeUndefined();
    expect(stratifiedMeanInterval([of(1, 1, 1, 1, 1), of(1, 2, 3, 4, 5)])).toBeUndefined();
  });

  it('stuck runs leave the IQM an interval while they are less than a quarter, and the mean none', () => {
    const stuck = { ...of(Number.NEGATIVE_INFINITY, 2, 3, 4), bounds: { least: 0, greatest: 9 } };
    const worlds = [stuck, of(5, 6, 7, 9)];
    expect(stratifiedMeanInterval(worlds)).toBeUndefined();
    const { low = 0, high = 0 } = stratifiedIqmInterval(worlds) ?? {};
    expect(low).toBeLessThan(4.5);
    expect(high).toBeGreaterThan(4.5);
  });
});

describe('shares', () => {
  it('of one world are Wilson’s, and P(improvement) Newcombe’s', () => {
    for (const p of [0, 0.3, 1]) {
      const { low, high } = shareInterval([{ value: p, runs: 10 }]);
      expect(low).toBeCloseTo(wilsonInterval(p, 10).low, 10);
      expect(high).toBeCloseTo(wilsonInterval(p, 10).high, 10);
    }
    const { low, high } = improvementInterval([{ value: 0.94, m: 10, n: 10 }]);
    expect([low, high].map((each) => Number(each.toFixed(3)))).toEqual([0.708, 0.989]);
  });

  it('of several worlds are narrower, within [0, 1], and no point where all are at an end', () => {
    const one = { value: 1, m: 10, n: 10 };
    const [single, four] = [improvementInterval([one]), improvementInterval([one, one, one, one])];
    expect(four.high).toBe(1);
    expect(four.low).toBeGreaterThan(single.low);
    expect(four.low).toBeLessThan(1);
  });

  it('a rank among two is 1 + P(the other is above), and among more it is within 1 and their number', () => {
    const above = { value: 0.3, m: 8, n: 8 };
    const { low, high } = improvementInterval([above]);
    const rank = rankInterval([[above]]);
    expect(rank.low).toBeCloseTo(1 + low, 10);
    expect(rank.high).toBeCloseTo(1 + high, 10);
    const first = rankInterval([[0, 0, 0].map((value) => ({ value, m: 5, n: 5 }))]);
    expect(first.low).toBe(1);
    expect(first.high).toBeGreaterThan(1.2);
    expect(first.high).toBeLessThan(4);
  });
});
