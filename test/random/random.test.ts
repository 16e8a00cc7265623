import { describe, expect, it } from 'vitest';
import { randomStream, shuffle } from '../../src/random/random.ts';

const draws = (count: number, draw: () => number): number[] => Array.from({ length: count }, draw);
const mean = (values: number[]): number => values.reduce((sum, x) => sum + x, 0) / values.length;

describe('randomStream', () => {
  it('draws what it has always drawn', () => {
    const random = randomStream(1, 'action');
    expect(draws(3, random.uniform)).toEqual([0.8157956236973405, 0.42097738035954535, 0.6154731244314462]);
    expect(draws(5, () => random.integer(1000))).toEqual([942, 707, 590, 985, 286]);
    expect(draws(3, random.normal)).toEqual([0.5332763103438902, -0.1442343615526629, 0.689852548196877]);
  });

  it('repeats with the same seed and name, and differs with either', () => {
    const first = draws(8, randomStream(3, 'init').uniform);
    expect(draws(8, randomStream(3, 'init').uniform)).toEqual(first);
    expect(draws(8, randomStream(4, 'init').uniform)).not.toEqual(first);
    expect(draws(8, randomStream(3, 'shuffle').uniform)).not.toEqual(first);
  });

  it('goes on undisturbed by draws from another stream', () => {
    const undisturbed = draws(6, randomStream(5, 'environment/0').uniform);
    const [random, other] = [randomStream(5, 'environment/0'), randomStream(5, 'environment/1')];
    const between = draws(6, () => {
      other.normal();
      return random.uniform();
    });
    expect(between).toEqual(undisturbed);
  });

  it('has streams of neighbouring names and seeds uncorrelated, at every lag up to 3', () => {
    const n = 20_000;
    const pairs = [
      [randomStream(1, 'environment/0'), randomStream(1, 'environment/1')],
      [randomStream(1, 'action'), randomStream(2, 'action')],
      [randomStream(1, 'action'), randomStream(1, 'shuffle')],
    ];
    for (const [a, b] of pairs) {
      const [x, y] = [draws(n + 3, a.uniform), draws(n + 3, b.uniform)];
      for (let lag = 0; lag <= 3; lag++) {
        const correlation = 12 * mean(draws(n, () => 0).map((_, i) => (x[i] - 0.5) * (y[i + lag] - 0.5)));
        expect(Math.abs(correlation)).toBeLessThan(4.5 / Math.sqrt(n));
      }
    }
  });

  it('restores its state bit for bit, through JSON, in the midst of normals', () => {
    const random = randomStream(6, 'action');
    draws(7, random.normal);
    const state = JSON.parse(JSON.stringify(random.snapshot()));
    const next = (from: typeof random): number[] => [...draws(5, from.normal), ...draws(5, from.uniform)];
    const expected = next(random);
    for (const other of [random, randomStream(7, 'action'), randomStream(0, '')]) {
      other.restore(state);
      expect(next(other)).toEqual(expected);
    }
  });

  it('keeps uniform in [0, 1) with its mean and variance', () => {
    const values = draws(50_000, randomStream(7, 'uniform').uniform);
    expect(Math.min(...values.slice(0, 10_000))).toBeGreaterThanOrEqual(0);
    expect(values.every((u) => u < 1)).toBe(true);
    expect(Math.abs(mean(values) - 1 / 2)).toBeLessThan(4 / Math.sqrt(12 * 50_000));
    expect(Math.abs(mean(values.map((u) => (u - 0.5) ** 2)) - 1 / 12)).toBeLessThan(
      4 / Math.sqrt(180 * 50_000),
    );
  });

  it('draws every integer below n equally often (chi-square, 6 degrees of freedom)', () => {
    const random = randomStream(8, 'integer');
    const counts = new Float64Array(7);
    for (let i = 0; i < 35_000; i++) counts[random.integer(7)]++;
    const chiSquare = counts.reduce((sum, count) => sum + (count - 5000) ** 2 / 5000, 0);
    expect(chiSquare).toBeLessThan(22.46); // p = 0.001
    expect(draws(20, () => random.integer(1))).toEqual(new Array(20).fill(0));
    expect(random.integer(2 ** 32)).toBeLessThan(2 ** 32);
  });

  it('has normals with the moments 0, 1, 0, 3, one independent of the next', () => {
    const n = 50_000;
    const z = draws(n + 1, randomStream(9, 'normal').normal);
    // Standard errors of the moments of n normals: √(1, 2, 15, 96)/√n.
    const moment = (power: number): number => mean(z.map((x) => x ** power));
    expect(Math.abs(moment(1))).toBeLessThan(4 * Math.sqrt(1 / n));
    expect(Math.abs(moment(2) - 1)).toBeLessThan(4 * Math.sqrt(2 / n));
    expect(Math.abs(moment(3))).toBeLessThan(4 * Math.sqrt(15 / n));
    expect(Math.abs(moment(4) - 3)).toBeLessThan(4 * Math.sqrt(96 / n));
    expect(Math.abs(mean(z.slice(1).map((x, i) => x * z[i])))).toBeLessThan(4 / Math.sqrt(n));
    expect(z.every(Number.isFinite)).toBe(true);
  });
});

describe('shuffle', () => {
  it('makes a permutation, and leaves nothing and one thing as they are', () => {
    const indices = Int32Array.from({ length: 1000 }, (_, i) => i);
    shuffle(indices, randomStream(10, 'shuffle'));
    expect(Array.from(indices)).not.toEqual(draws(1000, () => 0).map((_, i) => i));
    expect(Array.from(indices.sort())).toEqual(draws(1000, () => 0).map((_, i) => i));
    const one = Int32Array.of(5);
    shuffle(one, randomStream(10, 'shuffle'));
    expect(one[0]).toBe(5);
    expect(() => shuffle(new Int32Array(0), randomStream(10, 'shuffle'))).not.toThrow();
  });

  it('makes every order of four equally often (chi-square, 23 degrees of freedom)', () => {
    const random = randomStream(11, 'shuffle');
    const counts = new Map<string, number>();
    for (let i = 0; i < 24_000; i++) {
      const indices = Int32Array.of(0, 1, 2, 3);
      shuffle(indices, random);
      const order = indices.join('');
      counts.set(order, (counts.get(order) ?? 0) + 1);
    }
    expect(counts.size).toBe(24);
    const chiSquare = [...counts.values()].reduce((sum, count) => sum + (count - 1000) ** 2 / 1000, 0);
    expect(chiSquare).toBeLessThan(49.73); // p = 0.001
  });

  it('orders ten as it has always done', () => {
    const indices = Int32Array.from({ length: 10 }, (_, i) => i);
    shuffle(indices, randomStream(1, 'shuffle'));
    expect(indices.join(' ')).toBe('6 9 2 3 1 7 8 0 5 4');
  });
});
