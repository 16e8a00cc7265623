import { clippedRatio } from './clip.ts';
import { defineObjective } from './definition.ts';

/**
 * The dual-clipped surrogate [Ye et al., arXiv 1912.09729]: the clipped one, and where Â < 0 never
 * below c·Â:
 *   −mean(min(ratio·Â, clip(ratio, 1−ε, 1+ε)·Â))               where Â ≥ 0
 *   −mean(max(min(ratio·Â, clip(ratio, 1−ε, 1+ε)·Â), c·Â))     where Â < 0
 * so that a ratio far above 1 with a negative advantage has a bounded loss, and no gradient.
 */
export const dualClip = defineObjective({
  kind: 'dualClip',
  equation: 'clip, and never below c·Â where Â < 0 [arXiv 1912.09729]',
  settings: ['clipRange', 'dualClip'],
  knobs: ['clipRange'],
  evaluate(sample, { clipRange, dualClip }) {
    const { ratio, advantage } = sample;
    const plain = ratio * advantage;
    const clipped = clippedRatio(ratio, clipRange) * advantage;
    const least = advantage < 0 ? dualClip * advantage : Number.NEGATIVE_INFINITY;
    sample.loss = -Math.max(Math.min(plain, clipped), least);
    sample.slope = plain <= clipped && plain >= least ? -plain : 0;
  },
});
