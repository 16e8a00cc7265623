/** What generalised advantage estimation reads; every array is [T·N], index t·N + copy. */
export interface Trajectories {
  readonly steps: number;
  readonly copies: number;
  readonly rewards: ArrayLike<number>;
  /** V(s_t). */
  readonly values: ArrayLike<number>;
  /** V(s_{t+1}) of the state the step really led to: the final observation where the episode was cut. */
  readonly nextValues: ArrayLike<number>;
  /** 1 where the MDP ended in the step: the next state is worth 0. */
  readonly terminated: ArrayLike<number>;
  /** 1 where a time limit cut the episode: bootstrapped, but nothing flows back across it. */
  readonly truncated: ArrayLike<number>;
}

/**
 * Generalised advantage estimation [Schulman et al., arXiv 1506.02438, eq. 16]:
 *   δ_t = r_t + γ V(s_{t+1})(1 − terminated) − V(s_t)
 *   Â_t = δ_t + γλ Â_{t+1}(1 − terminated)(1 − truncated)
 * and the value targets R_t = Â_t + V(s_t).
 * @param advantages [T·N], written
 * @param returns [T·N], written
 */
export function generalizedAdvantages(
  { steps, copies, rewards, values, nextValues, terminated, truncated }: Trajectories,
  gamma: number,
  lambda: number,
  advantages: Float64Array,
  returns: Float64Array,
): void {
  for (let copy = 0; copy < copies; copy++) {
    let advantage = 0;
    for (let t = steps - 1; t >= 0; t--) {
      const i = t * copies + copy;
      const delta = rewards[i] + gamma * nextValues[i] * (1 - terminated[i]) - values[i];
      advantage = delta + gamma * lambda * advantage * (1 - terminated[i]) * (1 - truncated[i]);
      advantages[i] = advantage;
      returns[i] = advantage + values[i];
    }
  }
}
