import { describe, expect, it } from 'vitest';
import { fc, test } from '@fast-check/vitest';
import {
  chargeLaterStates,
  chargeRewards,
  driftEstimators,
  sampledDriftLoss,
  sumOverSequences,
  weighStates,
} from '../../src/objective/reference-penalty.ts';

const logRatio = fc.double({ min: -6, max: 6, noNaN: true });

describe.each(Object.entries(driftEstimators))('%s of the drift', (name, { value, slope }) => {
  const formula: Record<string, (l: number) => number> = {
    k1: (l) => l,
    k2: (l) => l ** 2 / 2,
    k3: (l) => Math.exp(-l) - 1 + l,
  };

  test.prop([logRatio])('is its formula in ℓ = log π − log π_ref', (l) => {
    expect(value(l)).toBeCloseTo(formula[name](l), 9);
  });

  test.prop([logRatio])('has its slope in log π, by central differences', (l) => {
    const h = 1e-5;
    const measured = (formula[name](l + h) - formula[name](l - h)) / (2 * h);
    expect(Math.abs(slope(l) - measured)).toBeLessThanOrEqual(1e-6 * Math.max(1, Math.abs(measured)));
  });

  it('is 0 where the policies agree', () => {
    expect(value(0) + 0).toBe(0);
  });
});

/** Two copies of six steps: episodes of 3, 3 and of 2, 4, one of them cut by a time limit. */
const sequences = {
  steps: 6,
  copies: 2,
  terminated: [0, 0, 0, 1, 1, 0, 0, 0, 0, 0, 1, 0],
  truncated: [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1],
};
const values = Float64Array.from({ length: 12 }, (_, i) => 2 ** i);

describe('whole sequences of a rollout', () => {
  it('sum what their own rows hold, in every row', () => {
    const out = new Float64Array(12);
    sumOverSequences(sequences, values, out);
    const even = [1 + 4 + 16, 64 + 256 + 1024];
    const odd = [2 + 8, 32 + 128 + 512 + 2048];
    expect([...out]).toEqual([
      even[0],
      odd[0],
      even[0],
      odd[0],
      even[0],
      odd[1],
      even[1],
      odd[1],
      even[1],
      odd[1],
      even[1],
      odd[1],
    ]);
  });

  it('pay on their last step, where tokens pay on each', () => {
    const of = (level: 'token' | 'sequence'): number[] => {
      const rewards = new Float64Array(12).fill(1);
      chargeRewards(sequences, level, new Float64Array(12).fill(3), 2, rewards);
      return [...rewards];
    };
    expect(of('token')).toEqual(new Array(12).fill(-5));
    expect(of('sequence')).toEqual([1, 1, 1, -5, -5, 1, 1, 1, 1, 1, -5, -5]);
  });

  it('pay on each step for the state that it leads to, and on the last for none', () => {
    const rewards = new Float64Array(12);
    chargeLaterStates(sequences, values, 1, rewards);
    expect([...rewards].map((each) => 0 - each)).toEqual([4, 8, 16, 0, 0, 128, 256, 512, 1024, 2048, 0, 0]);
  });
});

describe('the exact KL of sequences that an older policy drew', () => {
  const SIZE = 12;
  const numbers = (least: number, most: number): fc.Arbitrary<number[]> =>
    fc.array(fc.double({ min: least, max: most, noNaN: true }), { minLength: SIZE, maxLength: SIZE });
  const weigh = (logRatios: number[], kls: number[]): { sum: number; later: Float64Array } => {
    const [weights, later] = [new Float64Array(SIZE), new Float64Array(SIZE)];
    weighStates(sequences, logRatios, kls, weights, later);
    return { sum: weights.reduce((total, weight, i) => total + weight * kls[i], 0), later };
  };

  test.prop([numbers(-1, 1), numbers(0, 3)])(
    'has a slope by its weights, by central differences',
    (l, kls) => {
      const h = 1e-5;
      weigh(l, kls).later.forEach((slope, i) => {
        const moved = (by: number): number => weigh(l.with(i, l[i] + by), kls).sum;
        expect(slope).toBeCloseTo((moved(h) - moved(-h)) / (2 * h), 6);
      });
    },
  );

  it('has the expectation KL(π‖π_ref), by going through all', () => {
    // Three tokens of two values: sequence y has the bits of y, a copy each; the row of token t is t·8 + y.
    const [copies, steps] = [8, 3];
    const logSigmoid = (z: number): number => -Math.log1p(Math.exp(-z));
    /** log-probabilities of both tokens after a prefix, of any three policies. */
    const nextToken = (policy: number, prefix: string): [number, number] => {
      const z = 2 * Math.sin(7 * policy + 3 * Number.parseInt(`1${prefix}`, 2));
      return [logSigmoid(-z), logSigmoid(z)];
    };
    const [OLD, NOW, REFERENCE] = [0, 1, 2];
    const bits = (y: number): string => y.toString(2).padStart(steps, '0');
    const ofToken = (policy: number, y: number, t: number): number =>
      nextToken(policy, bits(y).slice(0, t))[Number(bits(y)[t])];
    const ofSequence = (policy: number, y: number): number =>
      [0, 1, 2].reduce((sum, t) => sum + ofToken(policy, y, t), 0);
    const rows = Array.from({ length: steps * copies }, (_, row) => [row % copies, Math.floor(row / copies)]);
    const logRatios = rows.map(([y, t]) => ofToken(NOW, y, t) - ofToken(OLD, y, t));
    const kls = rows.map(([y, t]) => {
      const [p, q] = [NOW, REFERENCE].map((policy) => nextToken(policy, bits(y).slice(0, t)));
      return p.reduce((sum, each, v) => sum + Math.exp(each) * (each - q[v]), 0);
    });
    const isLast = rows.map(([, t]) => Number(t === steps - 1));
    const [weights, later] = [new Float64Array(rows.length), new Float64Array(rows.length)];
    const all = { steps, copies, terminated: isLast, truncated: rows.map(() => 0) };
    weighStates(all, logRatios, kls, weights, later);
    const estimate = rows.reduce(
      (sum, [y], row) => sum + Math.exp(ofSequence(OLD, y)) * weights[row] * kls[row],
      0,
    );
    const kl = Array.from({ length: copies }, (_, y) => {
      const own = ofSequence(NOW, y);
      return Math.exp(own) * (own - ofSequence(REFERENCE, y));
    }).reduce((sum, each) => sum + each, 0);
    expect(kl).toBeGreaterThan(0.1);
    expect(estimate).toBeCloseTo(kl, 9);
  });
});

describe('a sampled loss', () => {
  it('counts a sequence of n rows once, and pulls each of its rows by the whole', () => {
    const weights = Float64Array.of(1, 1, 1);
    const logRatios = Float64Array.of(2, 2, -1);
    const shares = Float64Array.of(0.5, 0.5, 1);
    const loss = sampledDriftLoss(driftEstimators.k2, logRatios, shares, 3, 0.3, weights);
    expect(loss).toBeCloseTo((0.3 * (2 + 0.5)) / 3, 12);
    for (const [i, expected] of [1.2, 1.2, 0.9].entries()) expect(weights[i]).toBeCloseTo(expected, 12);
  });

  it('is the gradient of KL(π‖π_ref) after the policy moved, with the weights that its estimator needs', () => {
    const softmax = (z: readonly number[]): number[] => {
      const sum = z.reduce((all, each) => all + Math.exp(each), 0);
      return z.map((each) => Math.exp(each) / sum);
    };
    const [old, now, fixed] = [
      [0.3, -1, 0.5],
      [1.1, 0.2, -0.4],
      [-0.5, 0.8, 0.1],
    ].map(softmax);
    const l = Float64Array.from(now, (p, a) => Math.log(p / fixed[a]));
    /** Of each logit, E over π_old of the loss's slope: as many samples of an action as it is likely. */
    const gradient = (
      name: keyof typeof driftEstimators,
      isDifferentiable: boolean | undefined,
    ): number[] => {
      const weights = new Float64Array(3);
      const values = Float64Array.from(now, (p, a) => p / old[a]);
      const importance = isDifferentiable === undefined ? undefined : { values, isDifferentiable };
      const ones = new Float64Array(3).fill(1);
      sampledDriftLoss(driftEstimators[name], l, ones, 3, 3, weights, importance);
      const slopes = weights.map((slope, a) => old[a] * slope);
      const sum = slopes.reduce((all, each) => all + each, 0);
      return now.map((p, a) => slopes[a] - p * sum);
    };
    const kl = now.reduce((sum, p, a) => sum + p * l[a], 0);
    const exact = now.map((p, a) => p * (l[a] - kl));
    const isExact = (of: number[]): boolean => of.every((each, a) => Math.abs(each - exact[a]) < 1e-12);
    const exactOnes = (['k1', 'k2', 'k3'] as const).flatMap((name) =>
      [undefined, false, true].filter((w) => isExact(gradient(name, w))).map((w) => [name, w]),
    );
    expect(exactOnes).toEqual([
      ['k1', true],
      ['k2', false],
      ['k3', true],
    ]);
  });
});
