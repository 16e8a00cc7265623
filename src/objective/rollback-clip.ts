import { isKilled } from './sample-penalty.ts';
import { defineObjective } from './definition.ts';

/**
 * PPO with rollback, PPO-RB [Wang et al., arXiv 1903.07940]: where `clip` has no gradient, the ratio comes back with
 * slope α. With Â > 0 and ratio > 1+ε the loss is −((1 + α)(1+ε) − α·ratio)·Â, with Â < 0 and ratio < 1−ε
 * −((1 + α)(1−ε) − α·ratio)·Â, continuous with the surrogate −ratio·Â, which it is everywhere else.
 */
export const rollbackClip = defineObjective({
  kind: 'rollbackClip',
  equation:
    'the loss of surrogate, and where clip has no gradient −((1+α)(1±ε) − α·ratio)·Â [PPO-RB, arXiv 1903.07940]',
  settings: ['clipRange', 'rollbackSlope'],
  knobs: ['clipRange'],
  evaluate(sample, { clipRange, rollbackSlope }) {
    const { ratio, advantage } = sample;
    if (isKilled(ratio, advantage, clipRange)) {
      const edge = advantage > 0 ? 1 + clipRange : 1 - clipRange;
      sample.loss = -((1 + rollbackSlope) * edge - rollbackSlope * ratio) * advantage;
      sample.slope = rollbackSlope * ratio * advantage;
      return;
    }
    sample.slope = -ratio * advantage;
    sample.loss = sample.slope;
  },
});
