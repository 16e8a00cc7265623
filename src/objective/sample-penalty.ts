/**
 * The per-sample KL penalty that has the clipped surrogate's gradient
 * [Colletti & Holzinger, "KLip-PPO", arXiv 2606.23932, theorem 1]:
 *   −mean(w·Â) + mean(β_t·k1_t),  k1_t = −log w_t,
 * with the ratio w and β_t, which no gradient flows through, 0 inside 1 ± ε and where clipping passes and
 * −w_t·Â_t where it kills the gradient (w > 1+ε with Â > 0, w < 1−ε with Â < 0). There the penalty's gradient
 * −β_t = w_t·Â_t takes the surrogate's −w_t·Â_t away exactly, in floating point too: the weights written are
 * `clippedSurrogate`'s, bit for bit. The loss is another.
 * @param weights written: ∂loss/∂log π_new(a_i|s_i), [count]
 * @returns the loss
 */
export function samplePenalty(
  ratios: Float64Array,
  logRatios: Float64Array,
  advantages: Float64Array,
  count: number,
  clipRange: number,
  weights: Float64Array,
): number {
  let sum = 0;
  for (let i = 0; i < count; i++) {
    const plain = ratios[i] * advantages[i];
    const beta = penaltyOf(ratios[i], advantages[i], clipRange);
    sum += -plain - beta * logRatios[i];
    weights[i] = (-plain - beta) / count;
  }
  return sum / count;
}

/** β_t of one sample: what clipping amounts to as a coefficient of its k1; negative where Â > 0. */
export function penaltyOf(ratio: number, advantage: number, clipRange: number): number {
  return isKilled(ratio, advantage, clipRange) ? -(ratio * advantage) : 0;
}

/** Whether clipping takes the sample's gradient away. */
export function isKilled(ratio: number, advantage: number, clipRange: number): boolean {
  const clipped = Math.min(Math.max(ratio, 1 - clipRange), 1 + clipRange) * advantage;
  return ratio * advantage > clipped;
}
