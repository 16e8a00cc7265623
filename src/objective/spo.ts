import { defineObjective } from './definition.ts';

/**
 * Simple policy optimization [Xie et al., arXiv 2401.16025]:
 *   −mean(ratio·Â − |Â|/(2ε)·(ratio − 1)²).
 * A parabola in the ratio with its best at 1 + ε·sign(Â), whatever the size of Â: a sample beyond is pulled back, harder
 * the further it went.
 */
export const spo = defineObjective({
  kind: 'spo',
  equation: '−mean(ratio·Â − |Â|/(2ε)·(ratio − 1)²) [SPO, arXiv 2401.16025]',
  settings: ['clipRange'],
  knobs: ['clipRange'],
  evaluate(sample, { clipRange }) {
    const { ratio, advantage } = sample;
    const away = ratio - 1;
    const steepness = Math.abs(advantage) / clipRange;
    sample.loss = -(ratio * advantage - 0.5 * steepness * away * away);
    sample.slope = -ratio * (advantage - steepness * away);
  },
});
