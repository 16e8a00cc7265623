import { fc, it } from '@fast-check/vitest';
import { describe, expect } from 'vitest';
import { instantiateKernels, type Kernels, PAGE } from '../../src/network/wasm-kernels.ts';
import { compileKernels } from '../../src/node/kernels.ts';

const module = compileKernels();
const PANEL = 128;
/** Floats from one row to the next. */
const STEP = 136;

/** Kernels on a memory of random numbers, with blocks for single vectors or for pairs of them. */
function create(pairs: boolean, seed: number): { kernels: Kernels; numbers: Float32Array } {
  const { kernels, buffer } = instantiateKernels(module, () => ({ end: 32 * PAGE }));
  kernels.pairsVectors.value = Number(pairs);
  const numbers = new Float32Array(buffer);
  let state = seed | 1;
  for (let i = 1024; i < numbers.length; i++) {
    state = Math.imul(state, 1664525) + 1013904223;
    numbers[i] = state / 2 ** 31;
  }
  return { kernels, numbers };
}

const sizes = fc.record({
  inputs: fc.integer({ min: 1, max: 40 }),
  outputs: fc.integer({ min: 1, max: 40 }),
  quads: fc.integer({ min: 1, max: PANEL / 4 }),
  seed: fc.integer(),
  adds: fc.boolean(),
});

/** First numbers of x, a, the biases and y, apart from each other. */
const [X, A, BIAS, Y] = [4096, 4096 + 40 * STEP, 20_480, 32_768];

describe.each([false, true])('with blocks for pairs of vectors: %s', (pairs) => {
  it.prop([sizes])('a product is the sums in their order, to the last bit', (size) => {
    const { inputs, outputs, quads, adds, seed } = size;
    const samples = 4 * quads;
    const { kernels, numbers } = create(pairs, seed);
    const before = numbers.slice();
    const bias = adds ? 0 : 4 * BIAS;
    kernels.affine(4 * X, 4 * A, 4 * inputs, 4, bias, 4 * Y, 4 * STEP, inputs, outputs, samples);
    for (let r = 0; r < outputs; r++) {
      for (let s = 0; s < samples; s++) {
        const at = Y + r * STEP + s;
        let sum = (adds ? before[at] : before[BIAS + r]) as number;
        for (let k = 0; k < inputs; k++) {
          const product = Math.fround(
            (before[A + r * inputs + k] as number) * (before[X + k * STEP + s] as number),
          );
          sum = Math.fround(sum + product);
        }
        if (numbers[at] !== sum) expect.fail(`row ${r}, sample ${s} is ${numbers[at]}, expected ${sum}`);
        before[at] = sum;
      }
    }
    expect(
      Buffer.compare(Buffer.from(numbers.buffer), Buffer.from(before.buffer)),
      'nothing else changes',
    ).toBe(0);
  });
});

it.prop([sizes])(
  'weights have the same gradient with either blocks, and nothing beside it is written',
  (size) => {
    const { inputs, outputs, quads, adds, seed } = size;
    const results = [false, true].map((pairs) => {
      const { kernels, numbers } = create(pairs, seed);
      numbers.fill(0, BIAS, BIAS + 40);
      kernels.weightGradient(
        4 * X,
        4 * (X + 40 * STEP),
        4 * Y,
        inputs,
        outputs,
        4 * quads,
        Number(adds),
        4 * BIAS,
        4 * (Y + 40 * 40 + 4),
      );
      return numbers;
    });
    const [single, paired] = results as [Float32Array, Float32Array];
    expect(Buffer.compare(Buffer.from(single.buffer), Buffer.from(paired.buffer))).toBe(0);
    const untouched = create(false, seed).numbers;
    for (const at of [Y - 1, Y + inputs * outputs]) expect(single[at]).toBe(untouched[at]);
  },
);
