import { k1, k2, k3 } from '../divergence/estimators.ts';
import { expm1 } from '../elementary/exponential.ts';
import type { Head } from '../policy/head.ts';

/* The drift KL(π‖π_ref) from a reference policy as a price: in the rewards, or in the loss. */

/** An estimate of KL(π‖π_ref) from one sample of π, as a function of ℓ = log π(y) − log π_ref(y), nats. */
export interface DriftEstimator {
  value(logRatio: number): number;
  /** Its derivative in log π(y). */
  slope(logRatio: number): number;
}

/** Those from samples [Schulman, "Approximating KL divergence", 2020], there written with −ℓ. */
export const driftEstimators = {
  /** ℓ */
  k1: { value: (logRatio: number) => k1(-logRatio), slope: () => 1 },
  /** ½ℓ² */
  k2: { value: (logRatio: number) => k2(-logRatio), slope: (logRatio: number) => logRatio },
  /** e^(−ℓ) − 1 + ℓ */
  k3: { value: (logRatio: number) => k3(-logRatio), slope: (logRatio: number) => -expm1(-logRatio) },
} as const satisfies Readonly<Record<string, DriftEstimator>>;

export type SampledDrift = keyof typeof driftEstimators;

/** `exact` is the KL of the state's whole distribution. */
export const driftNames = ['exact', 'k1', 'k2', 'k3'] as const satisfies readonly ('exact' | SampledDrift)[];
export type DriftName = (typeof driftNames)[number];

/** Which rows make up a sequence: those of an episode in one copy. Arrays are [T·N], row t·N + copy. */
export interface Sequences {
  readonly steps: number;
  readonly copies: number;
  /** 1 where the MDP ended in the step, and where a time limit cut it. */
  readonly terminated: ArrayLike<number>;
  readonly truncated: ArrayLike<number>;
}

function isLast({ terminated, truncated }: Sequences, row: number): boolean {
  return terminated[row] === 1 || truncated[row] === 1;
}

/** out[row] = the sum of the values of the sequence that the row is in. All sequences are whole. */
export function sumOverSequences(sequences: Sequences, values: ArrayLike<number>, out: Float64Array): void {
  const { steps, copies } = sequences;
  for (let copy = 0; copy < copies; copy++) {
    let first = copy;
    let sum = 0;
    for (let row = copy; row < steps * copies; row += copies) {
      sum += values[row];
      if (!isLast(sequences, row)) continue;
      for (; first <= row; first += copies) out[first] = sum;
      sum = 0;
    }
  }
}

/**
 * r_t ← r_t − β·price_t, or with whole sequences the price of each on its last step.
 * @param prices [T·N]; of sequences: the same in every row of one
 * @param rewards [T·N], changed
 */
export function chargeRewards(
  sequences: Sequences,
  level: 'token' | 'sequence',
  prices: ArrayLike<number>,
  beta: number,
  rewards: Float64Array,
): void {
  for (let row = 0; row < rewards.length; row++)
    if (level === 'token' || isLast(sequences, row)) rewards[row] -= beta * prices[row];
}

/**
 * r_t ← r_t − β·price_{t+1}: with the state's own exact KL in the loss, later states' in the return-to-go are what is
 * missing of the gradient of a sequence's KL [arXiv 2506.09477].
 * @param prices [T·N]: KL(π‖π_ref) of each state
 */
export function chargeLaterStates(
  sequences: Sequences,
  prices: ArrayLike<number>,
  beta: number,
  rewards: Float64Array,
): void {
  for (let row = 0; row < rewards.length; row++)
    if (!isLast(sequences, row)) rewards[row] -= beta * prices[row + sequences.copies];
}

/** What samples of π_old are multiplied by: w_i = π(y)/π_old(y), as a number or with its slope in log π, which is w_i. */
export interface ImportanceWeights {
  /** [count]; of sequences the same in every row of one. */
  readonly values: Float64Array;
  readonly isDifferentiable: boolean;
}

/**
 * β·mean k(ℓ_i) over a batch, or β·mean w_i·k(ℓ_i), as a loss. A sequence's ℓ stands in each of its n rows with the share 1/n, so that all
 * together count it once; its slope in the log-probability of every token is the same.
 * @param logRatios ℓ_i [count]
 * @param shares [count] of the value; 1 per token
 * @param weights [count], ∂loss/∂log π(a_i|s_i) is added
 * @returns the loss
 */
export function sampledDriftLoss(
  { value, slope }: DriftEstimator,
  logRatios: Float64Array,
  shares: Float64Array,
  count: number,
  beta: number,
  weights: Float64Array,
  importance?: ImportanceWeights,
): number {
  let sum = 0;
  for (let i = 0; i < count; i++) {
    const k = value(logRatios[i]);
    const weight = importance ? importance.values[i] : 1;
    sum += shares[i] * weight * k;
    const own = importance?.isDifferentiable ? k : 0;
    weights[i] += (beta * weight * (slope(logRatios[i]) + own)) / count;
  }
  return (beta * sum) / count;
}

/**
 * β·mean KL(π‖π_ref), exact, over a batch's states.
 * @param reference π_ref's distributions [count, K]
 * @param current π's [count, K]
 * @param dOutputs [count, K], its gradient in the outputs of π is added
 * @param scratch [count], overwritten
 * @returns the loss
 */
export function exactDriftLoss(
  head: Head,
  reference: Float64Array,
  current: Float64Array,
  count: number,
  beta: number,
  dOutputs: Float32Array,
  scratch: Float64Array,
): number {
  head.kl(current, reference, count, scratch);
  head.addReverseKlGradient(reference, current, beta / count, count, dOutputs);
  let sum = 0;
  for (let i = 0; i < count; i++) sum += scratch[i];
  return (beta * sum) / count;
}
