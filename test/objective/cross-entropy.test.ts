import { expect, it } from 'vitest';
import { crossEntropyFromLogits } from '../../src/divergence/entropy.ts';
import { logSoftmax } from '../../src/divergence/softmax.ts';
import { crossEntropyLoss } from '../../src/objective/cross-entropy.ts';

const logits = [
  [0.3, -1.2, 2],
  [0, 0.5, -0.5],
];
const targets = [
  [0.2, 0.3, 0.5],
  [0, 1, 0],
];
const weights = [0.5, 1.5];

function lossOf(z: number[][]): { loss: number; gradient: Float32Array } {
  const gradient = new Float32Array(6);
  const loss = crossEntropyLoss(
    Float64Array.from(targets.flat()),
    Float64Array.from(z.flatMap((row) => [...logSoftmax(row)])),
    Float64Array.from(weights),
    2,
    3,
    gradient,
  );
  return { loss, gradient };
}

it('the loss is the weighted mean of the cross-entropies', () => {
  const each = logits.map((z, i) => (weights[i] ?? 0) * crossEntropyFromLogits(z, targets[i] ?? []));
  expect(lossOf(logits).loss).toBeCloseTo(((each[0] ?? 0) + (each[1] ?? 0)) / 2, 14);
});

it('the gradient is that of central differences', () => {
  const { gradient } = lossOf(logits);
  logits.forEach((row, i) => {
    row.forEach((_, k) => {
      const at = (h: number): number =>
        lossOf(logits.map((z, j) => z.map((x, l) => (i === j && k === l ? x + h : x)))).loss;
      expect(gradient[i * 3 + k]).toBeCloseTo((at(1e-5) - at(-1e-5)) / 2e-5, 6);
    });
  });
});

it('a class that target and model rule out costs nothing', () => {
  const gradient = new Float32Array(2);
  const [target, logProbs, weight] = [[1, 0], [0, Number.NEGATIVE_INFINITY], [1]].map((x) =>
    Float64Array.from(x),
  );
  expect(crossEntropyLoss(target, logProbs, weight, 1, 2, gradient)).toBe(0);
  expect([...gradient]).toEqual([0, 0]);
});
