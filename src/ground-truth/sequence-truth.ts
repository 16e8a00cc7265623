import { klFromLogProbs } from '../divergence/kl.ts';
import type { SequenceModel } from '../rollout/environment.ts';
import { expectation, optimumOf, tokenLevelOptimum } from '../sequence/optimum.ts';
import { enumerateSequences, sequenceLogProbs, type SequenceTree } from '../sequence/tree.ts';

/** A policy of which every answer's probability is known: log π(y|x), of each prompt [S]. */
export type KnownSequences = readonly Float64Array[];

/** What is exact of a policy that is held near a reference; KLs are of whole answers, means over the prompts. */
export interface SequenceDistances {
  /** KL(π‖π_ref) and KL(π_ref‖π). */
  readonly policyReference: number;
  readonly referencePolicy: number;
  /** E r − β·KL(π‖π_ref), and the most that it can be. */
  readonly objective: number;
  readonly optimum: number;
  /** KL(π‖π*) and KL(π*‖π), π*(y) ∝ π_ref(y)·e^(r(y)/β). */
  readonly policyOptimum: number;
  readonly optimumPolicy: number;
}

/** All answers to all prompts of a task, and what is exact because they are known. */
export interface SequenceTruth {
  readonly tree: SequenceTree;
  /** [X·P, D]: what a policy sees after every prefix of an answer to every prompt. */
  readonly observations: Float32Array;
  /** X·P */
  readonly count: number;
  /** Of each prompt [S]: what every answer is worth. */
  readonly rewards: readonly Float64Array[];
  /** Mean over the prompts of the best answer's reward. */
  readonly bestReturn: number;
  /** Of each prompt [S]: what every answer is really worth, where that is known. */
  readonly trueRewards: readonly Float64Array[] | undefined;
  /** @param logProbs log π(v|x, prefix) [X·P·V], of the rows of `observations` */
  know(logProbs: Float64Array): KnownSequences;
  /** E r: the expected return of an episode. */
  expectedReturn(known: KnownSequences): number;
  /** The same of what answers are really worth; undefined where that is not known. */
  expectedTrueReturn(known: KnownSequences): number | undefined;
  /** KL(π‖π_ref) of the answers to one prompt, and its mean over the prompts. */
  drift(policy: KnownSequences, reference: KnownSequences, prompt: number): number;
  meanDrift(policy: KnownSequences, reference: KnownSequences): number;
  /** @param beta β > 0 */
  distances(policy: KnownSequences, reference: KnownSequences, beta: number): SequenceDistances;
  /** π* of each prompt. */
  optimum(reference: KnownSequences, beta: number): KnownSequences;
  /**
   * Where the exact KL of each token's own distribution in the loss, and no more, comes to rest; undefined where some
   * prefixes look alike to a policy, which then has a compromise of them.
   * @param reference log π_ref(v|x, prefix) [X·P·V]
   */
  tokenLevelOptimum(reference: Float64Array, beta: number): KnownSequences | undefined;
}

/** @param features D @throws RangeError for too many answers, with their number */
export function createSequenceTruth(model: SequenceModel, features: number): SequenceTruth {
  const { space, prompts } = model;
  const tree = enumerateSequences(space);
  const { prefixes, sequences } = tree;
  const all = Array.from({ length: prompts }, (_, prompt) => prompt);
  const count = prompts * prefixes;
  const observations = new Float32Array(count * features);
  for (const prompt of all)
    for (let p = 0; p < prefixes; p++) {
      const at = (prompt * prefixes + p) * features;
      model.observe(prompt, tree.prefix(p), observations.subarray(at, at + features));
    }
  const answers = Array.from({ length: sequences }, (_, y) => tree.sequence(y));
  const each = (worth: SequenceModel['reward']): Float64Array[] =>
    all.map((prompt) => Float64Array.from(answers, (answer) => worth(prompt, answer)));
  const rewards = each(model.reward);
  const trueRewards = model.trueReward && each(model.trueReward);
  const meanOf = (of: (prompt: number) => number): number =>
    all.reduce((sum, prompt) => sum + of(prompt), 0) / prompts;
  const optimumTo = (reference: KnownSequences, beta: number, prompt: number) =>
    optimumOf(reference[prompt], rewards[prompt], beta);
  const drift: SequenceTruth['drift'] = (policy, reference, prompt) =>
    klFromLogProbs(policy[prompt], reference[prompt]);
  const meanDrift: SequenceTruth['meanDrift'] = (policy, reference) =>
    meanOf((prompt) => drift(policy, reference, prompt));
  return {
    tree,
    observations,
    count,
    rewards,
    trueRewards,
    bestReturn: meanOf((prompt) => rewards[prompt].reduce((a, b) => Math.max(a, b))),
    know(logProbs) {
      const size = prefixes * space.vocabulary;
      return all.map((prompt) =>
        sequenceLogProbs(tree, logProbs.subarray(prompt * size, (prompt + 1) * size)),
      );
    },
    expectedReturn: (known) => meanOf((prompt) => expectation(known[prompt], rewards[prompt])),
    expectedTrueReturn: (known) =>
      trueRewards && meanOf((prompt) => expectation(known[prompt], trueRewards[prompt])),
    drift,
    meanDrift,
    distances(policy, reference, beta) {
      const optima = all.map((prompt) => optimumTo(reference, beta, prompt));
      const policyReference = meanDrift(policy, reference);
      return {
        policyReference,
        referencePolicy: meanOf((prompt) => klFromLogProbs(reference[prompt], policy[prompt])),
        objective: meanOf((prompt) => expectation(policy[prompt], rewards[prompt])) - beta * policyReference,
        optimum: meanOf((prompt) => optima[prompt].objective),
        policyOptimum: meanOf((prompt) => klFromLogProbs(policy[prompt], optima[prompt].logProbs)),
        optimumPolicy: meanOf((prompt) => klFromLogProbs(optima[prompt].logProbs, policy[prompt])),
      };
    },
    optimum: (reference, beta) => all.map((prompt) => optimumTo(reference, beta, prompt).logProbs),
    tokenLevelOptimum(reference, beta) {
      if (!areDistinct(observations, count, features)) return undefined;
      const size = prefixes * space.vocabulary;
      return all.map((prompt) => {
        const own = reference.subarray(prompt * size, (prompt + 1) * size);
        return sequenceLogProbs(tree, tokenLevelOptimum(tree, own, rewards[prompt], beta));
      });
    },
  };
}

/** Whether each of some rows is another. @param rows [count, width] */
function areDistinct(rows: Float32Array, count: number, width: number): boolean {
  const seen = new Set<string>();
  for (let row = 0; row < count; row++) seen.add(rows.subarray(row * width, (row + 1) * width).join());
  return seen.size === count;
}
