import { describe, expect, it } from 'vitest';
import { type Dataset, tableDataset, textDataset } from '../../src/fit/dataset.ts';
import { reachable } from '../../src/fit/reachable.ts';

const table = (content: string, features = ['x'], target = ['y']): Dataset =>
  tableDataset(content, 'x.csv', { features, target });
const nothing = { leastKl: 0, contradicted: 0 };

describe('what a fit can reach', () => {
  it('is ln 2 and ½ where one input has two classes', () => {
    const { leastKl, ...rest } = reachable(table('x,y\n1,a\n1,b\n'));
    expect(leastKl).toBeCloseTo(Math.LN2, 15);
    expect(rest).toEqual({ bestAccuracy: 0.5, contradicted: 2 });
  });

  it('is the entropy of the class given the input, and the share of its likeliest class', () => {
    // Input 1: a, b, b; input 2: a.
    const { leastKl, ...rest } = reachable(table('x,y\n1,a\n1,b\n2,a\n1,b\n'));
    expect(leastKl).toBeCloseTo((3 / 4) * (Math.log(3) - (2 / 3) * Math.LN2), 15);
    expect(rest).toEqual({ bestAccuracy: 0.75, contradicted: 3 });
  });

  it('is 0 and 1 where equal inputs have equal classes, and where no two are equal', () => {
    expect(reachable(table('x,y\n1,a\n1,a\n2,b\n2,b\n'))).toEqual({ ...nothing, bestAccuracy: 1 });
    expect(reachable(table('x,y\n1,a\n2,b\n3,a\n'))).toEqual({ ...nothing, bestAccuracy: 1 });
  });

  it('takes inputs as the network sees them: −0 as 0, standardised, in float32, constant columns as nothing', () => {
    const least = (content: string, ...features: string[]): number =>
      reachable(table(content, features)).leastKl;
    const two = (2 / 3) * Math.LN2;
    expect(least('x,z,y\n0,1,a\n-0,1,b\n5,2,a\n', 'x', 'z')).toBeCloseTo(two, 15);
    expect(least('x,y\n1e8,a\n100000000.0001,b\n-1e8,a\n', 'x')).toBeCloseTo(two, 15);
    expect(least('x,y\n0.1,a\n0.1,b\n0.1,a\n', 'x')).toBeCloseTo(Math.log(3) - two, 15);
    expect(least('x,z,y\n1,1,a\n1,2,b\n5,2,a\n', 'x', 'z')).toBe(0);
    const inputs = Float32Array.of(0, -0);
    const signed = { ...table('x,y\n1,a\n2,b\n'), inputs };
    expect(reachable(signed)).toMatchObject({ bestAccuracy: 0.5, contradicted: 2 });
  });

  it('weighs examples and takes soft targets: P̄ is the weighted mean', () => {
    const soft = table('x,a,b\n1,1,0\n1,1,1\n', ['x'], ['a', 'b']);
    const weighted = { ...soft, weights: Float64Array.of(0.5, 1.5) };
    // P̄ = ¼·(1, 0) + ¾·(½, ½) = (⅝, ⅜)
    const { leastKl, ...rest } = reachable(weighted);
    const klTo = (p: number): number =>
      (p > 0 ? p * Math.log(p / 0.625) : 0) + (p < 1 ? (1 - p) * Math.log((1 - p) / 0.375) : 0);
    expect(leastKl).toBeCloseTo(0.25 * klTo(1) + 0.75 * klTo(0.5), 15);
    expect(rest).toEqual({ bestAccuracy: 0.625, contradicted: 2 });
    // The same shares of other counts, one of them a rounding apart.
    expect(reachable(table('x,a,b\n1,0.1,0.2\n1,1,2\n1,10,20\n', ['x'], ['a', 'b']))).toMatchObject(nothing);
  });

  it('of a text is its own entropy: every context is one example', () => {
    const { leastKl, contradicted, bestAccuracy } = reachable(
      textDataset('A b a C, a b!', 'x', {
        tokens: 'words',
        context: 1,
        lines: false,
        vocabulary: null,
      }),
    );
    expect([leastKl, contradicted]).toEqual([0, 0]);
    // After a: b in 2 of 3; after b and c always a. Of five.
    expect(bestAccuracy).toBeCloseTo((3 * (2 / 3) + 2) / 5, 15);
  });
});
