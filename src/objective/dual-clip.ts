/**
 * The dual-clipped surrogate [Ye et al., arXiv 1912.09729]: the clipped one, and where Â < 0 never
 * below c·Â:
 *   −mean(min(ratio·Â, clip(ratio, 1−ε, 1+ε)·Â))               where Â ≥ 0
 *   −mean(max(min(ratio·Â, clip(ratio, 1−ε, 1+ε)·Â), c·Â))     where Â < 0
 * so that a ratio far above 1 with a negative advantage has a bounded loss, and no gradient.
 * @param bound c > 1
 * @param weights written: ∂loss/∂log π_new(a_i|s_i), [count]
 * @returns the loss
 */
export function dualClippedSurrogate(
  ratios: Float64Array,
  advantages: Float64Array,
  count: number,
  clipRange: number,
  bound: number,
  weights: Float64Array,
): number {
  let sum = 0;
  for (let i = 0; i < count; i++) {
    const ratio = ratios[i];
    const advantage = advantages[i];
    const plain = ratio * advantage;
    const clipped = Math.min(Math.max(ratio, 1 - clipRange), 1 + clipRange) * advantage;
    const least = advantage < 0 ? bound * advantage : Number.NEGATIVE_INFINITY;
    sum += Math.max(Math.min(plain, clipped), least);
    weights[i] = plain <= clipped && plain >= least ? -plain / count : 0;
  }
  return -sum / count;
}
