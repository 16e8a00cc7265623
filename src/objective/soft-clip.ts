import { exp } from '../elementary/exponential.ts';

/**
 * The softly clipped surrogate [Chen et al., arXiv 2205.10047, the "Scopic" objective]:
 *   −mean(σ(τ·(ratio − 1))·(4/τ)·Â),  σ the logistic function.
 * At ratio 1 its gradient is the surrogate's; away from it the gradient shrinks by 4σ(1−σ), smoothly and never
 * to 0 (but for rounding, from τ·|ratio − 1| ≈ 700).
 * @param temperature τ > 0; the greater, the narrower
 * @param weights written: ∂loss/∂log π_new(a_i|s_i), [count]
 * @returns the loss
 */
export function softClippedSurrogate(
  ratios: Float64Array,
  advantages: Float64Array,
  count: number,
  temperature: number,
  weights: Float64Array,
): number {
  let sum = 0;
  for (let i = 0; i < count; i++) {
    const ratio = ratios[i];
    const advantage = advantages[i];
    // By e^−|x|, which cannot overflow: σ(x) is 1/(1 + e^−|x|) or its complement.
    const x = temperature * (ratio - 1);
    const decay = exp(-Math.abs(x));
    const sigmoid = (x < 0 ? decay : 1) / (1 + decay);
    sum += ((sigmoid * 4) / temperature) * advantage;
    const slope = decay === 0 ? 0 : (4 * decay) / ((1 + decay) * (1 + decay));
    weights[i] = slope === 0 ? 0 : (-slope * ratio * advantage) / count;
  }
  return -sum / count;
}
