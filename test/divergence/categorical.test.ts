import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DistributionError, fromCounts } from '../../src/divergence/distribution.ts';
import {
  crossEntropy,
  crossEntropyFromLogits,
  entropy,
  entropyFromLogits,
} from '../../src/divergence/entropy.ts';
import { jensenShannon } from '../../src/divergence/jensen-shannon.ts';
import { kl, klFromLogits, klFromLogProbs, klShares } from '../../src/divergence/kl.ts';
import { logSoftmax, softmax } from '../../src/divergence/softmax.ts';
import { totalVariation } from '../../src/divergence/total-variation.ts';
import divergences from '../fixtures/divergences.json' with { type: 'json' };
import { distributions, logitPairs } from './arbitrary.ts';
import exact from './exact.json' with { type: 'json' };

/** Within 1e-12 of the expected value, relative to it, or as much as `rounding` more. */
function expectRelative(got: number, expected: number, rounding = 0): void {
  if (!(Math.abs(got - expected) <= 1e-12 * Math.abs(expected) + rounding)) expect(got).toBe(expected);
}

describe.each(divergences.cases.categorical.map((c, i) => ({ i, exact: exact.cases[i], ...c })))(
  'on case $i of SciPy and PyTorch',
  ({ exact, logitsP, logitsQ, p, q, ...expected }) => {
    it('everything from logits agrees with the exact value to 1e-12 relative', () => {
      softmax(logitsP).forEach((x, k) => {
        expectRelative(x, p[k]);
      });
      expectRelative(entropyFromLogits(logitsP), exact.entropyP);
      expectRelative(crossEntropyFromLogits(logitsQ, softmax(logitsP)), exact.crossEntropy);
      expectRelative(klFromLogits(logitsP, logitsQ), exact.kl);
      expectRelative(klFromLogits(logitsQ, logitsP), exact.klReverse);
      expectRelative(klFromLogProbs(logSoftmax(logitsP), logSoftmax(logitsQ)), exact.kl);
      expectRelative(jensenShannon(softmax(logitsP), softmax(logitsQ)), exact.jensenShannon);
      expectRelative(totalVariation(softmax(logitsP), softmax(logitsQ)), exact.totalVariation);
    });

    it('everything from probabilities agrees with SciPy to 1e-12 relative and its own rounding', () => {
      // SciPy sums terms of either sign: its KL carries an absolute error of the size of one rounding.
      const rounding = 2e-16;
      expectRelative(entropy(p), expected.entropyP, rounding);
      expectRelative(crossEntropy(p, q), expected.crossEntropy);
      expectRelative(kl(p, q), expected.kl, rounding);
      expectRelative(kl(q, p), expected.klReverse, rounding);
      expectRelative(jensenShannon(p, q), expected.jensenShannon, rounding);
      expectRelative(totalVariation(p, q), expected.totalVariation);
    });
  },
);

describe('the worked values', () => {
  it.each([
    [[0.5, 0.5], [0.9, 0.1], 0.510826, 0.368064],
    [[0.4, 0.3, 0.3], [0.35, 0.35, 0.3], 0.007167, 0.007217],
    [[0.5, 0.3, 0.2], [0.4, 0.4, 0.2], 0.025267, 0.025815],
    [[0.5, 0.3, 0.2], [0.6, 0.25, 0.15], 0.021072, 0.02066],
    [[0.8, 0.2], [0.1, 0.9], 1.362738, 1.145726],
    [[0.99, 0.01], [0.5, 0.5], 0.637146, 1.614463],
    [[0.7, 0.2, 0.1], [0.4, 0.5, 0.1], 0.208473, 0.234299],
  ])('of %j and %j: KL is %d one way and %d the other', (p, q, klPQ, klQP) => {
    expect(kl(p, q).toFixed(6)).toBe(klPQ.toFixed(6));
    expect(kl(q, p).toFixed(6)).toBe(klQP.toFixed(6));
  });

  it('of softmax(2.5, −1.3, 8.7, 0.2)', () => {
    const p = Array.from(softmax([2.5, -1.3, 8.7, 0.2]), (x) => x.toFixed(7));
    expect(p).toEqual(['0.0020248', '0.0000453', '0.9977269', '0.0002030']);
  });

  it('of a one-hot target: entropy 0, cross-entropy and KL both −log of the probability of its class', () => {
    const target = [0, 0, 1, 0];
    const model = [0.1, 0.2, 0.6, 0.1];
    expect(entropy(target)).toBe(0);
    expect(crossEntropy(target, model).toFixed(6)).toBe('0.510826');
    expect(kl(target, model).toFixed(6)).toBe('0.510826');
    expect(crossEntropyFromLogits(Array.from(model, Math.log), 2).toFixed(6)).toBe('0.510826');
  });

  it('in bits: a fair coin has an entropy of 1', () => {
    expect(entropy([0.5, 0.5], 'bits')).toBe(1);
    expect(entropyFromLogits([3, 3, 3, 3], 'bits')).toBeCloseTo(2, 15);
    expect(crossEntropy([0.5, 0.5], [0.25, 0.75], 'bits')).toBeCloseTo(1.207518749639422, 14);
    expect(crossEntropyFromLogits([0, 0], 1, 'bits')).toBe(1);
    expect(kl([1, 0], [0.5, 0.5], 'bits')).toBeCloseTo(1, 15);
    expect(klFromLogits([0, -Infinity], [0, 0], 'bits')).toBeCloseTo(1, 15);
    expect(jensenShannon([1, 0], [0, 1], 'bits')).toBe(1);
    expect(klShares([1, 0], [0.5, 0.5], 'bits')[0]).toBeCloseTo(1, 15);
  });
});

describe('support', () => {
  it('makes 0·log(0/q) nothing and 0·log(0/0) nothing', () => {
    expect(kl([1, 0, 0], [0.5, 0.5, 0])).toBeCloseTo(Math.LN2, 15);
    expect(entropy([1, 0])).toBe(0);
    expect(crossEntropy([1, 0], [1, 0])).toBe(0);
    expect(entropyFromLogits([0, -Infinity])).toBe(0);
    expect(crossEntropyFromLogits([0, -Infinity], [1, 0])).toBe(0);
    expect(Array.from(klShares([1, 0], [1, 0]))).toEqual([0, 0]);
  });

  it('makes KL and cross-entropy +Infinity where q = 0 < p, however small p is', () => {
    const p = [1 - 1e-12, 1e-12];
    expect(kl(p, [1, 0])).toBe(Infinity);
    expect(crossEntropy(p, [1, 0])).toBe(Infinity);
    expect(klFromLogits([0, 0], [0, -Infinity])).toBe(Infinity);
    expect(crossEntropyFromLogits([0, -Infinity], 1)).toBe(Infinity);
    expect(klShares(p, [1, 0])[1]).toBe(Infinity);
    expect(jensenShannon([1, 0], [0, 1])).toBe(Math.LN2);
    expect(totalVariation([1, 0], [0, 1])).toBe(1);
  });

  it('may be so small that q/p overflows', () => {
    expect(kl([1e-310, 1], [0.5, 0.5])).toBeCloseTo(Math.LN2, 15);
  });

  it('is not lost to underflow when it comes as logits', () => {
    expect(klFromLogits([0, -2000], [0, -1000])).toBe(0); // e^-1000 is below the smallest double
    expect(klFromLogits([0, -1000], [-1000, 0])).toBe(1000);
    expect(entropyFromLogits([0, -700])).toBeCloseTo(701 * Math.exp(-700), 300);
    expect(softmax([1e308, -1e308])).toEqual(Float64Array.of(1, 0));
    // p = e^-800 is no double, but more than 0: what q rules out, or nearly so, still counts.
    expect(klFromLogits([0, -800], [0, -Infinity])).toBe(Infinity);
    expect(klFromLogits([0, -800], [0, -1e308]) / 3.667874584177687e-40).toBeCloseTo(1, 12);
    expect(klFromLogits([0, -800], [0, -Infinity], 'bits')).toBe(Infinity);
  });

  it('stays finite where log q is below the least double and KL is not', () => {
    expect(klFromLogits([0, 0], [1e308, -1e308])).toBe(1e308);
    expect(klFromLogits([0, Math.log(1e-9)], [1e308, -1e308]) / 2e299).toBeCloseTo(1, 8);
    expect(klFromLogits([1e308, -1e308], [1e308, -1e308])).toBe(0);
    expect(klFromLogits([1e308, -1e308], [-1e308, 1e308])).toBe(Infinity); // 2e308
    expect(klFromLogits([0, 0, -Infinity], [1e308, -1e308, -Infinity])).toBe(1e308);
  });
});

describe('digits', () => {
  it('of a KL are kept where the distributions are nearly the same', () => {
    // Σ (p − q)²/2p = 2·2⁻⁸⁰
    expect(kl([0.5, 0.5], [0.5 + 2 ** -40, 0.5 - 2 ** -40]) / 2 ** -79).toBeCloseTo(1, 10);
  });
});

describe('identities', () => {
  it('KL(P‖Q) ≥ 0, and 0 exactly when P = Q', () => {
    fc.assert(
      fc.property(distributions(2, true), ([p, q]) => {
        expect(kl(p, q)).toBeGreaterThanOrEqual(0);
        expect(kl(p, p)).toBe(0);
        if (p.some((x, i) => Math.abs(x - q[i]) > 1e-9)) expect(kl(p, q)).toBeGreaterThan(0);
      }),
    );
  });

  it('H(P,Q) = H(P) + KL(P‖Q)', () => {
    fc.assert(
      fc.property(distributions(2), ([p, q]) => {
        expect(crossEntropy(p, q)).toBeCloseTo(entropy(p) + kl(p, q), 12);
      }),
    );
  });

  it('the shares sum to KL(P‖Q)', () => {
    fc.assert(
      fc.property(distributions(2), ([p, q]) => {
        expect(klShares(p, q).reduce((sum, x) => sum + x, 0)).toBeCloseTo(kl(p, q), 12);
      }),
    );
  });

  it('from logits, from log-probabilities and from probabilities is the same', () => {
    fc.assert(
      fc.property(logitPairs(30), ([a, b]) => {
        const [p, q] = [softmax(a), softmax(b)];
        expect(klFromLogits(a, b)).toBeCloseTo(kl(p, q), 10);
        expect(entropyFromLogits(a)).toBeCloseTo(entropy(p), 12);
        expect(crossEntropyFromLogits(b, p)).toBeCloseTo(crossEntropy(p, q), 10);
      }),
    );
  });

  it('softmax is a distribution that a shift of all logits leaves as it is', () => {
    fc.assert(
      fc.property(logitPairs(1000), ([a]) => {
        const p = softmax(a);
        expect(p.reduce((sum, x) => sum + x, 0)).toBeCloseTo(1, 14);
        softmax(a.map((z) => z + 64)).forEach((x, k) => {
          expect(x).toBeCloseTo(p[k], 11);
        });
      }),
    );
  });

  it('KL of a product is the sum of the KLs (chain rule)', () => {
    fc.assert(
      fc.property(distributions(2), distributions(2), ([p1, q1], [p2, q2]) => {
        const product = (a: Float64Array, b: Float64Array): number[] =>
          Array.from(a).flatMap((x) => Array.from(b, (y) => x * y));
        expect(kl(product(p1, p2), product(q1, q2))).toBeCloseTo(kl(p1, q1) + kl(p2, q2), 11);
      }),
    );
  });

  it('KL of a joint is that of its margin plus the expected KL of the conditionals (chain rule)', () => {
    fc.assert(
      fc.property(distributions(2), distributions(2), distributions(2), ([a, b], [p0, q0], [p1, q1]) => {
        const margin = [a, b].map((m) => [m[0], 1 - m[0]]);
        const joint = (m: number[], c0: Float64Array, c1: Float64Array): number[] => [
          ...Array.from(c0, (x) => m[0] * x),
          ...Array.from(c1, (x) => m[1] * x),
        ];
        const whole = kl(joint(margin[0], p0, p1), joint(margin[1], q0, q1));
        const parts = kl(margin[0], margin[1]) + margin[0][0] * kl(p0, q0) + margin[0][1] * kl(p1, q1);
        expect(whole === parts || Math.abs(whole - parts) < 1e-11).toBe(true);
      }),
    );
  });

  it('a permutation of the outcomes changes nothing', () => {
    fc.assert(
      fc.property(distributions(2, true), fc.infiniteStream(fc.nat()), ([p, q], keys) => {
        const order = Array.from(p, (_, i) => ({ i, key: keys.next().value }))
          .sort((x, y) => x.key - y.key)
          .map(({ i }) => i);
        const [pp, qq] = [order.map((i) => p[i]), order.map((i) => q[i])];
        for (const f of [kl, crossEntropy, jensenShannon, totalVariation])
          expect(f(pp, qq)).toBeCloseTo(f(p, q), 12);
        expect(entropy(pp)).toBeCloseTo(entropy(p), 12);
      }),
    );
  });

  it('entropy lies in [0, log n], log n at the uniform', () => {
    fc.assert(
      fc.property(distributions(1, true), ([p]) => {
        expect(entropy(p)).toBeGreaterThanOrEqual(0);
        expect(entropy(p)).toBeLessThanOrEqual(Math.log(p.length) + 1e-14);
        expect(entropy(fromCounts(p.map(() => 1)))).toBeCloseTo(Math.log(p.length), 14);
      }),
    );
  });

  it('Jensen–Shannon is symmetric and lies in [0, log 2]', () => {
    fc.assert(
      fc.property(distributions(2, true), ([p, q]) => {
        expect(jensenShannon(p, q)).toBe(jensenShannon(q, p));
        expect(jensenShannon(p, q)).toBeGreaterThanOrEqual(0);
        expect(jensenShannon(p, q)).toBeLessThanOrEqual(Math.LN2);
        expect(jensenShannon(p, p)).toBe(0);
      }),
    );
  });

  it('TV ≤ √(KL/2) (Pinsker), and TV is a symmetric distance in [0, 1]', () => {
    fc.assert(
      fc.property(distributions(3, true), ([p, q, r]) => {
        expect(totalVariation(p, q)).toBeLessThanOrEqual(Math.sqrt(kl(p, q) / 2) + 1e-15);
        expect(totalVariation(p, q)).toBe(totalVariation(q, p));
        expect(totalVariation(p, q)).toBeLessThanOrEqual(1 + 1e-15);
        expect(totalVariation(p, r)).toBeLessThanOrEqual(totalVariation(p, q) + totalVariation(q, r) + 1e-15);
      }),
    );
  });
});

describe('arguments', () => {
  it('may be typed arrays of any kind', () => {
    expect(kl(Float32Array.of(0.5, 0.5), new Float64Array([0.75, 0.25]))).toBeCloseTo(
      0.14384103622589045,
      15,
    );
    expect(entropy(Uint8Array.of(0, 1))).toBe(0);
    expect(Array.from(fromCounts(Int32Array.of(1, 3)))).toEqual([0.25, 0.75]);
  });

  it.each([
    [() => entropy([]), 'p must have at least 1 entry, got 0'],
    [() => entropy([0.5, -0.1, 0.6]), 'p[1] must be a number ≥ 0, got -0.1 (sum of p: 1)'],
    [() => entropy([0.5, NaN]), 'p[1] must be a number ≥ 0, got NaN (sum of p: NaN)'],
    [() => kl([1, 0], [Infinity, 0]), 'q[0] must be a number ≥ 0, got Infinity (sum of q: Infinity)'],
    [() => kl([0.5, 0.4], [0.5, 0.5]), 'p must sum to 1 (within 0.000001), its sum is 0.9'],
    [
      () => crossEntropy([0.5, 0.5], [0.5, 0.5 + 2 ** -18]),
      'q must sum to 1 (within 0.000001), its sum is 1.0000038146972656',
    ],
    [() => jensenShannon([1], [0.5, 0.5]), 'p and q must have the same length, got 1 and 2'],
    [() => totalVariation([2, 3], [3, 2]), 'p must sum to 1 (within 0.000001), its sum is 5'],
    [() => klFromLogProbs([0], [0.1]), 'logQ[0] must be a log-probability ≤ 0, got 0.1 (sum of exp(logQ): '],
    [() => klFromLogProbs([-1], [0]), 'exp(logP) must sum to 1 (within 0.000001), its sum is 0.367'],
    [() => klFromLogProbs([0], []), 'logQ must have at least 1 entry, got 0'],
    [() => klFromLogits([0, 0], [0]), 'logP and logQ must have the same length, got 2 and 1'],
    [() => softmax([]), 'logits must have at least 1 entry, got 0'],
    [() => softmax([0, NaN]), 'logits[1] must be a number < Infinity, got NaN'],
    [() => logSoftmax([Infinity]), 'logits[0] must be a number < Infinity, got Infinity'],
    [() => logSoftmax([-Infinity, -Infinity]), 'logits must not all be -Infinity'],
    [() => crossEntropyFromLogits([0, 0], 2), 'target must be a class in [0, 1], got 2'],
    [() => crossEntropyFromLogits([0, 0], 0.5), 'target must be a class in [0, 1], got 0.5'],
    [() => crossEntropyFromLogits([0, 0], [1]), 'target and logits must have the same length, got 1 and 2'],
    [() => crossEntropyFromLogits([0, 0], [1, 1]), 'target must sum to 1 (within 0.000001), its sum is 2'],
    [() => fromCounts([0, 0]), 'counts must have a sum > 0, their sum is 0'],
    [() => fromCounts([3, -1]), 'counts[1] must be a number ≥ 0, got -1 (sum of counts: 2)'],
  ])('that are no distributions are refused: %s', (call, message) => {
    expect(call).toThrow(DistributionError);
    expect(call).toThrow(message);
  });

  it('may be counts whose sum is no double, but not with a share that is none', () => {
    expect(Array.from(fromCounts([1e308, 1e308, 0]))).toEqual([0.5, 0.5, 0]);
    expect(Array.from(fromCounts([5e-324, 5e-324]))).toEqual([0.5, 0.5]);
    expect(() => fromCounts([1e308, 1e-300])).toThrow(
      'counts[1] must be 0 or a share of the sum above 1e-308, got 1e-300',
    );
  });

  it('that are wrong in one entry carry its index, for labels', () => {
    try {
      kl([0.5, 0.5], [1.5, -0.5]);
      expect.fail('no error');
    } catch (error) {
      expect(error).toMatchObject({ name: 'DistributionError', entry: 1 });
    }
  });

  it('are never normalised silently, and may be off by rounding', () => {
    expect(() => kl([0.3333, 0.3333, 0.3333], [0.4, 0.3, 0.3])).toThrow(DistributionError);
    expect(kl([0.3333333, 0.3333333, 0.3333333], [0.4, 0.3, 0.3])).toBeCloseTo(0.009464, 5);
  });
});
