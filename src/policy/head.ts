import type { Random } from '../random/random.ts';
import type { Mixtures } from './mixture.ts';
import type { RatioRange } from './ratio-range.ts';

/** Every kind of action distribution; `heads` says what each is. */
export const headKinds = [
  'categorical',
  'diagonalGaussian',
  'squashedGaussian',
  'multiDiscrete',
  'multiBinary',
] as const;
export type HeadKind = (typeof headKinds)[number];

/** What a head is made from. */
export interface HeadShape {
  readonly kind: HeadKind;
  /**
   * [n] actions of a categorical, [A] dimensions of a Gaussian, [n_1, n_2, …] values of each choice of a
   * multi-discrete, [n] bits of a multi-binary.
   */
  readonly sizes: readonly number[];
}

/**
 * A kind of action distribution. A batch of distributions is stored as a Float64Array [count, width]:
 * log-probabilities for a categorical, those of one choice after the other for a multi-discrete, logits of the ones for a
 * multi-binary, means then log standard deviations for a diagonal Gaussian.
 * `outputs` and `dOutputs` are the network's, [count, width] row-major.
 */
export interface Head extends HeadShape {
  /** K: numbers per distribution, and outputs of the policy network. */
  readonly width: number;
  /** Numbers per action: 1 for a categorical (its index). */
  readonly actionWidth: number;
  /** nats: of a policy that knows no action from another; undefined for real numbers. */
  readonly greatestEntropy: number | undefined;
  /** M: numbers per mask, one for each value of each choice or bit; 0 for real numbers, which have none. */
  readonly maskWidth: number;
  /**
   * Network outputs → distributions (log-softmax for a categorical).
   * @param masks [count, M], 0 for what has probability 0, exactly: the distribution is that over what is left, and so are
   *   entropy, KL and Fisher information; its output has gradient 0. Something of each choice must be left
   */
  read(outputs: Float32Array, count: number, distributions: Float64Array, masks?: Uint8Array): void;
  /** Draws the action of row `row` and writes it at actions[row·actionWidth …]. */
  sample(distributions: Float64Array, row: number, random: Random, actions: Float32Array): void;
  /** The most probable action (the mean of a Gaussian), written like `sample`. */
  mode(distributions: Float64Array, row: number, actions: Float32Array): void;
  /** out[i] = log π(a_i | s_i), nats. */
  logProb(distributions: Float64Array, actions: Float32Array, count: number, out: Float64Array): void;
  /** out[i] = H(π(·|s_i)), nats (differential entropy for a Gaussian). */
  entropy(distributions: Float64Array, count: number, out: Float64Array): void;
  /** out[i] = KL(p_i‖q_i), exact, nats. */
  kl(p: Float64Array, q: Float64Array, count: number, out: Float64Array): void;
  /** out[i] = ½·Σ_a |p_i(a) − q_i(a)|, exact, in [0, 1]; only where there is a closed form: for discrete actions. */
  totalVariation?(p: Float64Array, q: Float64Array, count: number, out: Float64Array): void;
  /**
   * dOutputs += weights[i] · ∂ log π(a_i|s_i) / ∂ outputs + entropyWeight · ∂ H(π_i) / ∂ outputs, in one pass: both
   * are made of the same probabilities.
   */
  addPolicyGradient(
    distributions: Float64Array,
    actions: Float32Array,
    weights: Float64Array,
    entropyWeight: number,
    count: number,
    dOutputs: Float32Array,
  ): void;
  /** dOutputs += weight · ∂ Σ_i KL(old_i‖new_i) / ∂ outputs of new. */
  addKlGradient(
    oldDistributions: Float64Array,
    distributions: Float64Array,
    weight: number,
    count: number,
    dOutputs: Float32Array,
  ): void;
  /** dOutputs += weight · ∂ Σ_i KL(new_i‖fixed_i) / ∂ outputs of new: the direction that leaves a reference. */
  addReverseKlGradient(
    fixedDistributions: Float64Array,
    distributions: Float64Array,
    weight: number,
    count: number,
    dOutputs: Float32Array,
  ): void;
  /**
   * How far the probability (density) of a_i can go: of all distributions of this kind with KL(p_i‖q) ≤ delta the least and
   * the greatest q(a_i)/p_i(a_i).
   */
  readonly ratioRange: RatioRange;
  /** Of a row: the policies between two that are nearest to one within a KL of the other. */
  readonly mixtures: Mixtures;
  /** out = M·tangent per sample, M the Fisher information of the distribution in its outputs. */
  fisherProduct(distributions: Float64Array, tangent: Float32Array, count: number, out: Float32Array): void;
}
