import { fc, test as property } from '@fast-check/vitest';
import { expect, test } from 'vitest';
import { layoutOf, viewOf } from '../../src/network/layout.ts';
import type { NetworkShape } from '../../src/network/shape.ts';
import { initialize } from '../../src/network/orthogonal.ts';
import { randomStream } from '../../src/random/random.ts';

const GAINS = { hiddenGain: Math.SQRT2, headGain: 0.01, logStd: -0.5 };

function initialized(shape: NetworkShape, seed: number): Float32Array {
  const layout = layoutOf(shape);
  const parameters = new Float32Array(layout.size).fill(Number.NaN);
  initialize(layout, shape, GAINS, randomStream(seed, 'init/policy'), parameters);
  return parameters;
}

/** Largest |(WᵀW − gain²·I)ᵢⱼ| / gain², or of WWᵀ where W is wider than tall. */
function defect(weights: Float32Array, inputs: number, outputs: number, gain: number): number {
  const tall = inputs >= outputs;
  const entry = (vector: number, i: number): number =>
    weights[tall ? i * outputs + vector : vector * outputs + i] as number;
  let worst = 0;
  for (let a = 0; a < Math.min(inputs, outputs); a++) {
    for (let b = 0; b < Math.min(inputs, outputs); b++) {
      let sum = 0;
      for (let i = 0; i < Math.max(inputs, outputs); i++) sum += entry(a, i) * entry(b, i);
      worst = Math.max(worst, Math.abs(sum / gain ** 2 - (a === b ? 1 : 0)));
    }
  }
  return worst;
}

property.prop(
  {
    inputs: fc.integer({ min: 1, max: 20 }),
    hidden: fc.array(fc.integer({ min: 1, max: 20 }), { maxLength: 3 }),
    outputs: fc.integer({ min: 1, max: 9 }),
    logStd: fc.integer({ min: 0, max: 3 }),
    seed: fc.nat(),
  },
  { numRuns: 50 },
)('weights are orthogonal with their gain, biases 0, logStd as given', ({ seed, ...rest }) => {
  const shape: NetworkShape = { ...rest, activation: 'tanh' };
  const layout = layoutOf(shape);
  const parameters = initialized(shape, seed);
  for (const { name, shape: dimensions } of layout.blocks) {
    const block = viewOf(layout, name, parameters);
    if (name.endsWith('bias')) expect(block.every((x) => x === 0)).toBe(true);
    else if (name === 'logStd') expect(block.every((x) => x === -0.5)).toBe(true);
    else {
      const [inputs, outputs] = dimensions as [number, number];
      expect(defect(block, inputs, outputs, name.startsWith('output') ? 0.01 : Math.SQRT2)).toBeLessThan(
        1e-5,
      );
    }
  }
});

const square: NetworkShape = { inputs: 2, hidden: [], outputs: 2, activation: 'tanh', logStd: 0 };

test('the same stream gives the same bytes and another seed others', () => {
  expect(initialized(square, 3)).toEqual(initialized(square, 3));
  expect(initialized(square, 3)).not.toEqual(initialized(square, 4));
});

test('directions are uniform: over many seeds every entry has mean 0 and both determinants come up', () => {
  const draws = Array.from({ length: 400 }, (_, seed) =>
    Array.from(initialized(square, seed), (x) => x * 100),
  );
  for (let i = 0; i < 4; i++) {
    // Entries of a random rotation or reflection have variance 1/2: 0.14 is four standard errors.
    const mean = draws.reduce((sum, draw) => sum + (draw[i] as number), 0) / draws.length;
    expect(Math.abs(mean)).toBeLessThan(0.142);
  }
  const rotations = draws.filter(([a, b, c, d]) => Number(a) * Number(d) - Number(b) * Number(c) > 0).length;
  expect(Math.abs(rotations - 200)).toBeLessThan(40);
});

test('parameters of another length are refused', () => {
  expect(() =>
    initialize(layoutOf(square), square, GAINS, randomStream(1, 'init'), new Float32Array(5)),
  ).toThrow('parameters must hold 6 numbers, got 5');
});
