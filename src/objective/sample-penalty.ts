import { clippedRatio } from './clip.ts';
import { defineObjective } from './definition.ts';

/**
 * The per-sample KL penalty that has the clipped surrogate's gradient
 * [Colletti & Holzinger, "KLip-PPO", arXiv 2606.23932]:
 *   −mean(w·Â) + mean(β_t·k1_t),  k1_t = −log w_t,
 * with the ratio w and β_t, which no gradient flows through, 0 inside 1 ± ε and where clipping passes and
 * −w_t·Â_t where it kills the gradient (w > 1+ε with Â > 0, w < 1−ε with Â < 0). There the penalty's gradient
 * −β_t = w_t·Â_t takes the surrogate's −w_t·Â_t away exactly, in floating point too: the slopes written are
 * those of `clip`, bit for bit. The loss is another.
 */
export const samplePenalty = defineObjective({
  kind: 'samplePenalty',
  equation: 'a KL penalty per sample with the gradient of clip [arXiv 2606.23932]',
  settings: ['clipRange'],
  knobs: ['clipRange'],
  evaluate(sample, { clipRange }) {
    const plain = sample.ratio * sample.advantage;
    const beta = penaltyOf(sample.ratio, sample.advantage, clipRange);
    sample.loss = -plain - beta * sample.logRatio;
    sample.slope = -plain - beta;
  },
});

/** β_t of one sample: what clipping amounts to as a coefficient of its k1; negative where Â > 0. */
export function penaltyOf(ratio: number, advantage: number, low: number, high = low): number {
  return isKilled(ratio, advantage, low, high) ? -(ratio * advantage) : 0;
}

/** Whether clipping to [1−low, 1+high] takes the sample's gradient away. */
export function isKilled(ratio: number, advantage: number, low: number, high = low): boolean {
  return ratio * advantage > clippedRatio(ratio, low, high) * advantage;
}
