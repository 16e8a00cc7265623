import { describe, expect, it } from 'vitest';
import { klFromLogProbs } from '../../src/divergence/kl.ts';
import { logSoftmax } from '../../src/divergence/softmax.ts';
import { randomStream } from '../../src/random/random.ts';
import { expectation, optimumOf, tokenLevelOptimum } from '../../src/sequence/optimum.ts';
import {
  countSequences,
  enumerateSequences,
  scoreGradient,
  sequenceLogProbs,
} from '../../src/sequence/tree.ts';
import fixture from '../fixtures/kl-gradients.json' with { type: 'json' };

const { cases } = fixture;

/** log π(v|p) [P·V] of logits a prefix. */
function logProbsOf(logits: readonly (readonly number[])[]): number[] {
  return logits.flatMap((each) => [...logSoftmax(each)]);
}

describe('enumerateSequences', () => {
  it.each(cases)('has the prefixes and sequences of the fixture, in its order', (given) => {
    const tree = enumerateSequences({ ...given, end: null }, 100);
    expect(Array.from({ length: tree.prefixes }, (_, p) => tree.prefix(p))).toEqual(given.prefixes);
    expect(Array.from({ length: tree.sequences }, (_, y) => tree.sequence(y))).toEqual(given.sequences);
  });

  it('ends where the end token ends', () => {
    const tree = enumerateSequences({ vocabulary: 2, length: 3, end: 1 }, 100);
    expect(Array.from({ length: tree.sequences }, (_, y) => tree.sequence(y))).toEqual([
      [1],
      [0, 1],
      [0, 0, 0],
      [0, 0, 1],
    ]);
  });

  it('counts what it lists', () => {
    for (const vocabulary of [1, 2, 3, 5])
      for (const length of [1, 2, 4])
        for (const end of [null, 0]) {
          const space = { vocabulary, length, end };
          expect(enumerateSequences(space, 1000).sequences).toBe(countSequences(space));
        }
  });

  it('refuses more than it may, with the number', () => {
    expect(() => enumerateSequences({ vocabulary: 10, length: 6, end: null }, 100_000)).toThrow(
      new RangeError('1000000 sequences are more than 100000'),
    );
    expect(countSequences({ vocabulary: 50, length: 12, end: null })).toBe(50 ** 12);
  });
});

describe('distributions of sequences', () => {
  it.each(cases)('KL in both directions is the fixture’s to 1e-12', (given) => {
    const tree = enumerateSequences({ ...given, end: null }, 100);
    const policy = sequenceLogProbs(tree, logProbsOf(given.logits));
    const reference = sequenceLogProbs(tree, logProbsOf(given.referenceLogits));
    expect(klFromLogProbs(policy, reference)).toBeCloseTo(given.klPolicyReference, 12);
    expect(klFromLogProbs(reference, policy)).toBeCloseTo(given.klReferencePolicy, 12);
  });

  it.each(cases)('the optimum, its objective and the distance to it are the fixture’s', (given) => {
    const tree = enumerateSequences({ ...given, end: null }, 100);
    const policy = sequenceLogProbs(tree, logProbsOf(given.logits));
    const reference = sequenceLogProbs(tree, logProbsOf(given.referenceLogits));
    for (const { beta, probabilities, objective, ...distances } of given.optima) {
      const optimum = optimumOf(reference, given.rewards, beta);
      expect(optimum.objective).toBeCloseTo(objective, 12);
      for (const [y, p] of probabilities.entries()) expect(Math.exp(optimum.logProbs[y])).toBeCloseTo(p, 12);
      expect(klFromLogProbs(optimum.logProbs, reference)).toBeCloseTo(distances.klOptimumReference, 10);
      expect(klFromLogProbs(policy, optimum.logProbs)).toBeCloseTo(distances.klPolicyOptimum, 10);
      // J(π*) − J(π) = β·KL(π‖π*), whatever π is.
      const value = expectation(policy, given.rewards) - beta * klFromLogProbs(policy, reference);
      expect(objective - value).toBeCloseTo(beta * klFromLogProbs(policy, optimum.logProbs), 10);
    }
  });

  it('an outcome that the reference rules out is ruled out, and drifts infinitely far', () => {
    const optimum = optimumOf([Math.log(0.5), Math.log(0.5), Number.NEGATIVE_INFINITY], [0, 1, 50], 1);
    expect(Math.exp(optimum.logProbs[2])).toBe(0);
    expect(expectation(optimum.logProbs, [0, 1, 50])).toBeCloseTo(Math.E / (1 + Math.E), 12);
    expect(klFromLogProbs([Math.log(0.2), Math.log(0.2), Math.log(0.6)], optimum.logProbs)).toBe(Infinity);
  });
});

describe('tokenLevelOptimum', () => {
  const space = { vocabulary: 3, length: 2, end: null };
  const tree = enumerateSequences(space);
  const uniform = new Float64Array(tree.prefixes * 3).fill(-Math.log(3));
  // After the first token 0 one second token is good, after 1 all are nearly as good.
  const rewards = Float64Array.from({ length: tree.sequences }, (_, y) => {
    const [first, second] = tree.sequence(y);
    return first === 0 ? (second === 0 ? 1 : 0) : first === 1 ? 0.85 : 0;
  });
  const drift = (logProbs: Float64Array, other: ArrayLike<number>): number =>
    expectation(
      logProbs,
      Float64Array.from(logProbs, (logProb, y) => logProb - other[y]),
    );

  it.each([0.05, 0.1, 0.5, 1])('is where each token is the best for its own price, β %d', (beta) => {
    const logProbs = tokenLevelOptimum(tree, uniform, rewards, beta);
    const after = (first: number): number => {
      const own = [0, 1, 2].map((second) => Math.exp(rewards[3 * first + second] / beta));
      const sum = own.reduce((a, b) => a + b);
      for (const [second, weight] of own.entries())
        expect(Math.exp(logProbs[3 * (first + 1) + second])).toBeCloseTo(weight / sum, 12);
      return own.reduce((total, weight, second) => total + weight * rewards[3 * first + second], 0) / sum;
    };
    const worth = [0, 1, 2].map((first) => Math.exp(after(first) / beta));
    for (const [first, weight] of worth.entries())
      expect(Math.exp(logProbs[first])).toBeCloseTo(weight / worth.reduce((a, b) => a + b), 12);
  });

  it('is up to 0.11 away from the optimum, and is the optimum of a single token', () => {
    const optimum = optimumOf(sequenceLogProbs(tree, uniform), rewards, 0.1);
    const rest = sequenceLogProbs(tree, tokenLevelOptimum(tree, uniform, rewards, 0.1));
    expect(drift(rest, optimum.logProbs)).toBeCloseTo(0.1105, 4);
    const short = enumerateSequences({ vocabulary: 3, length: 1, end: null });
    const reference = [Math.log(0.5), Math.log(0.3), Math.log(0.2)];
    const own = tokenLevelOptimum(short, reference, [0, 1, 0.5], 0.3);
    expect([...own]).toEqual([...optimumOf(reference, [0, 1, 0.5], 0.3).logProbs]);
  });
});

describe('scoreGradient', () => {
  it.each(cases)('gives the fixture’s gradients of KL in both directions to 1e-9', (given) => {
    const tree = enumerateSequences({ ...given, end: null }, 100);
    const logProbs = logProbsOf(given.logits);
    const policy = sequenceLogProbs(tree, logProbs);
    const reference = sequenceLogProbs(tree, logProbsOf(given.referenceLogits));
    const probabilities = logProbs.map(Math.exp);
    // ∇ KL(π‖π_ref) = E (log π − log π_ref)·∇ log π; ∇ KL(π_ref‖π) = −E_ref ∇ log π.
    const there = policy.map((logProb, y) => Math.exp(logProb) * (logProb - reference[y]));
    const back = reference.map((logProb) => -Math.exp(logProb));
    for (const [weights, wanted] of [
      [there, given.gradientKlPolicyReference],
      [back, given.gradientKlReferencePolicy],
    ] as const) {
      const gradient = scoreGradient(tree, weights, probabilities);
      for (const [edge, each] of wanted.flat().entries()) expect(gradient[edge]).toBeCloseTo(each, 9);
    }
  });

  it('is what differences say, with an end token as well', () => {
    const random = randomStream(17, 'score');
    const tree = enumerateSequences({ vocabulary: 3, length: 3, end: 2 }, 100);
    const logits = Array.from({ length: tree.prefixes }, () => [
      random.normal(),
      random.normal(),
      random.normal(),
    ]);
    const weights = Float64Array.from({ length: tree.sequences }, random.normal);
    const value = (): number =>
      sequenceLogProbs(tree, logProbsOf(logits)).reduce((sum, logProb, y) => sum + weights[y] * logProb, 0);
    const gradient = scoreGradient(tree, weights, logProbsOf(logits).map(Math.exp));
    for (const [p, row] of logits.entries())
      for (const v of row.keys()) {
        const at = row[v];
        row[v] = at + 1e-5;
        const above = value();
        row[v] = at - 1e-5;
        const below = value();
        row[v] = at;
        expect(gradient[p * 3 + v]).toBeCloseTo((above - below) / 2e-5, 7);
      }
  });
});
