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
  /** [T·N, D] as the environment gave them, where another policy reads them and this one sees them normalised. */
  readonly rawObservations: Float32Array | undefined;
  /** [T·N, A] as sampled: box actions unclipped. */
  readonly actions: Float32Array;
  /** [T·N, M] 0 for what the environment's mask ruled out; absent where it has none. */
  readonly masks: Uint8Array | undefined;
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
  /** [T·N] the rows in the order in which an epoch's minibatches take them. */
  readonly order: Int32Array;
}

/**
 * @param width K: numbers per distribution
 * @param actionWidth A: numbers per action
 * @param memory SharedArrayBuffer where another thread computes the values
 * @param keepsRaw whether raw observations are kept beside those that the policy saw
 * @param maskWidth M: numbers per mask; 0: there are none
 */
export function createRollout(
  steps: number,
  copies: number,
  features: number,
  width: number,
  actionWidth: number,
  memory: typeof ArrayBuffer | typeof SharedArrayBuffer = ArrayBuffer,
  keepsRaw = false,
  maskWidth = 0,
): Rollout {
  const count = steps * copies;
  const float32 = (length: number): Float32Array => new Float32Array(new memory(4 * length));
  const float64 = (length: number): Float64Array => new Float64Array(new memory(8 * length));
  const int32 = (length: number): Int32Array => new Int32Array(new memory(4 * length));
  return {
    steps,
    copies,
    count,
    features,
    observations: float32(count * features),
    rawObservations: keepsRaw ? new Float32Array(count * features) : undefined,
    actions: new Float32Array(count * actionWidth),
    masks: maskWidth > 0 ? new Uint8Array(count * maskWidth) : undefined,
    distributions: new Float64Array(count * width),
    logProbs: new Float64Array(count),
    rewards: new Float64Array(count),
    terminated: new Uint8Array(count),
    truncated: new Uint8Array(count),
    lastObservations: float32(copies * features),
    cutRows: int32(count),
    cutObservations: float32(count * features),
    cuts: 0,
    values: float64(count),
    nextValues: float64(count),
    advantages: new Float64Array(count),
    returns: float64(count),
    optimalActions: new Int32Array(count).fill(-1),
    order: inOrder(int32(count)),
  };
}

function inOrder(rows: Int32Array): Int32Array {
  for (let i = 0; i < rows.length; i++) rows[i] = i;
  return rows;
}
