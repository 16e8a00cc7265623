/**
 * PPO's clipped surrogate −mean(min(ratio·Â, clip(ratio, 1−ε, 1+ε)·Â)) [arXiv 1707.06347, eq. 7].
 * Its gradient is the surrogate's where clipping does not bite and 0 where it does: above 1+ε with Â > 0,
 * below 1−ε with Â < 0.
 * @param weights written: ∂loss/∂log π_new(a_i|s_i), [count]
 * @returns the loss
 */
export function clippedSurrogate(
  ratios: Float64Array,
  advantages: Float64Array,
  count: number,
  clipRange: number,
  weights: Float64Array,
): number {
  let sum = 0;
  for (let i = 0; i < count; i++) {
    const ratio = ratios[i];
    const advantage = advantages[i];
    const clipped = Math.min(Math.max(ratio, 1 - clipRange), 1 + clipRange) * advantage;
    const plain = ratio * advantage;
    sum += Math.min(plain, clipped);
    weights[i] = plain <= clipped ? -plain / count : 0;
  }
  return -sum / count;
}

/** Share of samples with |ratio − 1| > ε, clipped by the objective or not (SB3's and CleanRL's figure). */
export function clipFraction(ratios: Float64Array, count: number, clipRange: number): number {
  let outside = 0;
  for (let i = 0; i < count; i++) if (Math.abs(ratios[i] - 1) > clipRange) outside++;
  return outside / count;
}
