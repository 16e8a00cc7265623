/** What one rollout holds; every array has T·N rows, row t·N + copy. Allocated once, refilled each update. */
export interface Rollout {
  /** T: steps per copy. */
  readonly steps: number;
  /** N: copies. */
  readonly copies: number;
  /** T·N. */
  readonly count: number;
  /** D: width of one observation as the network sees it. */
  readonly features: number;
  /** [T·N, D] what the policy saw. */
  readonly observations: Float32Array;
  /** [T·N, A] as sampled: box actions unclipped. */
  readonly actions: Float32Array;
  /** [T·N, K] the policy's distributions when it acted: π_old. */
  readonly distributions: Float64Array;
  /** [T·N] log π_old(a|s). */
  readonly logProbs: Float64Array;
  /** [T·N] as learned from (normalised where the config asks for it). */
  readonly rewards: Float64Array;
  /** [T·N] 1 where the MDP ended in the step. */
  readonly terminated: Uint8Array;
  /** [T·N] 1 where a time limit cut the episode. */
  readonly truncated: Uint8Array;
  /** [N, D] the observations after the last step. */
  readonly lastObservations: Float32Array;
  /** Rows whose episode was truncated, and their final observations [rows, D]. */
  readonly cutRows: Int32Array;
  readonly cutObservations: Float32Array;
  cuts: number;
  /** [T·N] V(s_t) and V(s_{t+1}). */
  readonly values: Float64Array;
  readonly nextValues: Float64Array;
  /** [T·N] Â_t and R_t. */
  readonly advantages: Float64Array;
  readonly returns: Float64Array;
  /** [T·N] best action where the environment knows it, else −1. */
  readonly optimalActions: Int32Array;
}

/** @param width K: numbers per distribution @param actionWidth A: numbers per action */
export function createRollout(
  steps: number,
  copies: number,
  features: number,
  width: number,
  actionWidth: number,
): Rollout {
  const count = steps * copies;
  return {
    steps,
    copies,
    count,
    features,
    observations: new Float32Array(count * features),
    actions: new Float32Array(count * actionWidth),
    distributions: new Float64Array(count * width),
    logProbs: new Float64Array(count),
    rewards: new Float64Array(count),
    terminated: new Uint8Array(count),
    truncated: new Uint8Array(count),
    lastObservations: new Float32Array(copies * features),
    cutRows: new Int32Array(count),
    cutObservations: new Float32Array(count * features),
    cuts: 0,
    values: new Float64Array(count),
    nextValues: new Float64Array(count),
    advantages: new Float64Array(count),
    returns: new Float64Array(count),
    optimalActions: new Int32Array(count).fill(-1),
  };
}
