import { k1, k2, k3 } from '../divergence/estimators.ts';
import { exp, expm1 } from '../elementary/exponential.ts';
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

/**
 * What a sequence's exact KL, Σ_t KL_t, comes to under π in sequences of π_old: Σ_t Ω_t·KL_t with Ω_t = Π_{i<t} π/π_old.
 * @param logRatios [T·N]: log π − log π_old of each token
 * @param kls [T·N]: KL_t, π's in the state before the token
 * @param weights [T·N]: Ω_t
 * @param later [T·N]: Σ_{i>t} Ω_i·KL_i, the slope of that sum in log π of token t, by way of the weights
 */
export function weighStates(
  sequences: Sequences,
  logRatios: ArrayLike<number>,
  kls: ArrayLike<number>,
  weights: Float64Array,
  later: Float64Array,
): void {
  const { steps, copies } = sequences;
  const before = new Float64Array(copies);
  for (let row = 0; row < steps * copies; row++) {
    weights[row] = exp(before[row % copies]);
    before[row % copies] = isLast(sequences, row) ? 0 : before[row % copies] + logRatios[row];
  }
  for (let row = steps * copies - 1; row >= 0; row--) {
    const next = row + copies;
    later[row] = isLast(sequences, row) ? 0 : later[next] + weights[next] * kls[next];
  }
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

/** What the KL of each state is multiplied by, as a number [count], and where gradients before that stand [count, K], overwritten. */
export interface StateWeights {
  readonly values: Float64Array;
  readonly slopes: Float32Array;
}

/**
 * β·mean KL(π‖π_ref), exact, over a batch's states, or β·mean Ω_i·KL_i.
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
  weighed?: StateWeights,
): number {
  head.kl(current, reference, count, scratch);
  if (weighed) {
    const { values, slopes } = weighed;
    head.addReverseKlGradient(reference, current, beta / count, count, slopes.fill(0));
    for (let i = 0; i < count; i++) {
      scratch[i] *= values[i];
      for (let k = i * head.width; k < (i + 1) * head.width; k++) dOutputs[k] += values[i] * slopes[k];
    }
  } else head.addReverseKlGradient(reference, current, beta / count, count, dOutputs);
  let sum = 0;
  for (let i = 0; i < count; i++) sum += scratch[i];
  return (beta * sum) / count;
}
