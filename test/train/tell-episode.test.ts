import { describe, expect, it } from 'vitest';
import { multiBinaryHead } from '../../src/policy/multi-binary.ts';
import { multiDiscreteHead } from '../../src/policy/multi-discrete.ts';
import { namesOf, readable } from '../../src/train/tell-episode.ts';

describe('what an action was chosen from', () => {
  it('is told choice by choice, with a name for each value', () => {
    const head = multiDiscreteHead([2, 3]);
    const distribution = new Float64Array(5);
    head.read(Float32Array.of(0, Math.log(3), 0, 0, Math.log(2)), 1, distribution);
    const told = readable('multiDiscrete', distribution);
    [0.25, 0.75, 0.25, 0.25, 0.5].forEach((each, at) => void expect(told[at]).toBeCloseTo(each, 6));
    expect(namesOf({ kind: 'multiDiscrete', n: [2, 3], names: ['gear', 'door'] })).toEqual([
      ...['gear = 0', 'gear = 1'],
      ...['door = 0', 'door = 1', 'door = 2'],
    ]);
  });

  it('is told bit by bit, also where one is ruled out', () => {
    const head = multiBinaryHead(3);
    const distribution = new Float64Array(3);
    head.read(Float32Array.of(Math.log(3), 0, 5), 1, distribution, Uint8Array.of(1, 1, 1, 1, 1, 0));
    const told = readable('multiBinary', distribution);
    expect([told[0], told[1], told[2]]).toEqual([expect.closeTo(0.75, 6), 0.5, 0]);
    expect(namesOf({ kind: 'multiBinary', n: 2 })).toEqual(['0', '1']);
  });

  it('is means and standard deviations of real numbers', () => {
    expect(readable('squashedGaussian', Float64Array.of(-1, 2, 0, Math.log(2)))).toEqual([
      ...[-1, 2, 1],
      expect.closeTo(2, 12),
    ]);
  });
});
