import fc from 'fast-check';
import { fromCounts } from '../../src/divergence/distribution.ts';

/** Weights over six orders of magnitude, and 0 where `zeros`. */
const weight = (zeros: boolean): fc.Arbitrary<number> => {
  const positive = fc.double({ min: -6, max: 0, noNaN: true }).map((exponent) => 10 ** exponent);
  return zeros ? fc.oneof({ weight: 4, arbitrary: positive }, fc.constant(0)) : positive;
};

/** `members` distributions over the same 1 to 8 outcomes. */
export function distributions(members: number, zeros = false): fc.Arbitrary<Float64Array[]> {
  return fc
    .integer({ min: 1, max: 8 })
    .chain((n) =>
      fc.tuple(
        ...Array.from({ length: members }, () => fc.array(weight(zeros), { minLength: n, maxLength: n })),
      ),
    )
    .filter((weights) => weights.every((w) => w.some((x) => x > 0)))
    .map((weights) => weights.map(fromCounts));
}

/** Two vectors of logits in ±`limit` over the same 1 to 8 outcomes. */
export function logitPairs(limit: number): fc.Arbitrary<[number[], number[]]> {
  const logit = fc.double({ min: -limit, max: limit, noNaN: true });
  return fc
    .array(fc.tuple(logit, logit), { minLength: 1, maxLength: 8 })
    .map((pairs) => [pairs.map(([a]) => a), pairs.map(([, b]) => b)]);
}
