/**
 * The factor that brings a gradient of global L2 norm `norm` down to `maxNorm`, as PyTorch's
 * `clip_grad_norm_`: min(1, maxNorm / (norm + 1e-6)). [Pascanu et al., arXiv 1211.5063]
 * @param maxNorm null: never scaled
 */
export function clipScale(norm: number, maxNorm: number | null): number {
  return maxNorm === null ? 1 : Math.min(1, maxNorm / (norm + 1e-6));
}
