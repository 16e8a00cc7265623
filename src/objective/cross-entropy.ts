import { exp } from '../elementary/exponential.ts';

/**
 * Weighted mean of the cross-entropies H(P_i, Q_i) = −Σ_k p_ik log q_ik, and its gradient in the logits z of Q:
 * ∂/∂z_ik = w_i/N·(q_ik − p_ik). It is the gradient of KL(P_i‖Q_i) as well: H(P_i) does not depend on z.
 * @param targets P [N, K], rows that sum to 1
 * @param logProbs log Q [N, K], the log-softmax of the logits
 * @param weights w [N]
 * @param dLogits [N, K], overwritten
 * @returns 1/N·Σ w_i·H(P_i, Q_i), nats
 */
export function crossEntropyLoss(
  targets: Float64Array,
  logProbs: Float64Array,
  weights: Float64Array,
  count: number,
  classes: number,
  dLogits: Float32Array,
): number {
  let loss = 0;
  for (let i = 0; i < count; i++) {
    const weight = weights[i] / count;
    for (let k = i * classes; k < (i + 1) * classes; k++) {
      if (targets[k] > 0) loss -= weight * targets[k] * logProbs[k];
      dLogits[k] = weight * (exp(logProbs[k]) - targets[k]);
    }
  }
  return loss;
}
