import { expect, it } from 'vitest';
import { adamStep } from '../../src/network/flat-vector.ts';
import { Adam, type VectorArithmetic } from '../../src/optimizer/adam.ts';

const arithmetic: VectorArithmetic = { allocate: () => new Float32Array(1), adamStep };
const settings = { adamBeta1: 0.5, adamBeta2: 0.75, adamEpsilon: 1e-12 };

it('Adam’s first step is the learning rate along the sign, its second weighs both gradients', () => {
  const adam = new Adam(arithmetic, settings);
  const parameters = Float32Array.of(10);
  adam.step(parameters, Float32Array.of(2), 1, 1);
  // m = ½·2 = 1, v = ¼·4 = 1; m/½ = 2, √(v/¼) = 2
  expect(parameters[0]).toBeCloseTo(9, 6);
  adam.step(parameters, Float32Array.of(8), 0.5, 1);
  // The gradient is halved to 4: m = ½·1 + ½·4 = 2.5, v = ¾·1 + ¼·16 = 4.75;
  // m/(1 − ¼) = 3.333333, √(v/(1 − 9/16)) = 3.295018; their ratio is 1.011628
  expect(parameters[0]).toBeCloseTo(9 - 1.011628, 5);
  expect(adam.steps).toBe(2);
});

it('Adam goes on as if it had taken the steps that it is told, its moments given', () => {
  const gradients = [2, 4, -1].map((g) => Float32Array.of(g));
  const [whole, parted] = [Float32Array.of(0), Float32Array.of(0)];
  const first = new Adam(arithmetic, settings);
  for (const gradient of gradients.slice(0, 2)) first.step(whole, gradient, 1, 0.1);
  const second = new Adam(arithmetic, settings);
  second.firstMoment.set(first.firstMoment);
  second.secondMoment.set(first.secondMoment);
  second.continueFrom(2);
  parted.set(whole);
  for (const [adam, parameters] of [
    [first, whole],
    [second, parted],
  ] as const) {
    adam.step(parameters, gradients[2] as Float32Array, 1, 0.1);
  }
  expect([parted[0], second.steps]).toEqual([whole[0], 3]);
});
