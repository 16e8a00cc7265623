import { clippedRatio } from './clip.ts';
import { defineObjective } from './definition.ts';

/**
 * Clipped importance-sampling weights [CISPO, MiniMax-M1, arXiv 2506.13585]: REINFORCE, each sample weighed by its
 * clipped ratio, through which no gradient flows:
 *   −mean(sg(clip(ratio, 1−ε_low, 1+ε_high))·Â·log π_new(a|s)).
 * No sample loses its gradient, however far it went; only its weight is bounded. Its loss is no return: it says nothing.
 */
export const cispo = defineObjective({
  kind: 'cispo',
  equation: '−mean(sg(clip(ratio, 1−ε_low, 1+ε_high))·Â·log π) [CISPO, arXiv 2506.13585]',
  settings: ['clipRangeLow', 'clipRangeHigh'],
  knobs: ['clipRangeHigh'],
  evaluate(sample, { clipRangeLow, clipRangeHigh }) {
    const weight = clippedRatio(sample.ratio, clipRangeLow, clipRangeHigh) * sample.advantage;
    sample.loss = -weight * sample.logProbability;
    sample.slope = -weight;
  },
});
