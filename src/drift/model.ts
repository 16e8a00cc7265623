import { exp, log } from '../elementary/exponential.ts';
import { randomStream } from '../random/random.ts';
import { scoreGradient, sequenceLogProbs, type SequenceTree } from '../sequence/tree.ts';
import type { Policies } from './gradient.ts';

/** Log-softmax of the logits after each prefix, [P·V]. */
export function logSoftmax({ prefixes, vocabulary }: SequenceTree, logits: ArrayLike<number>): Float64Array {
  const out = Float64Array.from(logits);
  for (let prefix = 0; prefix < prefixes; prefix++) {
    const row = out.subarray(prefix * vocabulary, (prefix + 1) * vocabulary);
    const max = row.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
    const logSum = max + log(row.reduce((sum, each) => sum + exp(each - max), 0));
    for (let v = 0; v < vocabulary; v++) row[v] -= logSum;
  }
  return out;
}

/** What the example is made of. */
export interface ExampleSettings {
  readonly seed: number;
  /** Gradient steps from π_old to π. */
  readonly steps: number;
  readonly stepSize: number;
  /** β of the objective that they ascend. */
  readonly beta: number;
}

/**
 * A table for a policy: π_ref, π_old and the reward of each sequence are drawn, normal with standard deviation 1, and π is
 * π_old after steps of gradient ascent on J = E r − β·KL(π‖π_ref), exact.
 */
export function examplePolicies(
  tree: SequenceTree,
  { seed, steps, stepSize, beta }: ExampleSettings,
): Policies {
  const random = randomStream(seed, 'estimators/model');
  const size = tree.prefixes * tree.vocabulary;
  const draw = (length: number): Float64Array => Float64Array.from({ length }, () => random.normal());
  const reference = logSoftmax(tree, draw(size));
  const logits = draw(size);
  const old = logSoftmax(tree, logits);
  const rewards = draw(tree.sequences);
  const ofReference = sequenceLogProbs(tree, reference);
  let policy = old;
  for (let step = 0; step < steps; step++) {
    const own = sequenceLogProbs(tree, policy);
    const weights = own.map((logProb, y) => exp(logProb) * (rewards[y] - beta * (logProb - ofReference[y])));
    const gradient = scoreGradient(tree, weights, policy.map(exp));
    for (let i = 0; i < size; i++) logits[i] += stepSize * gradient[i];
    policy = logSoftmax(tree, logits);
  }
  return { policy, reference, old };
}
