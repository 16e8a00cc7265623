import { exp, log1p, sigmoid } from '../elementary/exponential.ts';
import { clippedRatio } from './clip.ts';
import { defineObjective } from './definition.ts';

/**
 * The clip with a soft edge, KLip-PPO's own generalisation [Colletti & Holzinger, arXiv 2606.23932, discussion; equations as in
 * the authors' code]. With d = ratio − (1+ε) where Â > 0 and (1−ε) − ratio where Â < 0, how far a sample went beyond the edge at
 * which clipping takes its gradient, and softness s:
 *   linearRamp   −mean(w·Â) + mean(β_t·k1_t),  β_t = −w·Â·g,  g = clip(d/s, 0, 1)
 *   sigmoid      the same with  g = σ(d/s)
 *   softMinimum  mean(|Â|·s·log(e^(−u/s) + e^(−c/s))),  u = w·sign(Â), c = clip(w, 1−ε, 1+ε)·sign(Â)
 * with k1 = −log w and β_t and g without a gradient: the gradient of `clip` is multiplied by 1 − g. The smaller s, the nearer to
 * `clip`, which is g = 1 where d > 0. The sigmoid is not 0 inside the band: at ratio 1 it takes σ(−ε/s) of each gradient.
 */
export const softGate = defineObjective({
  kind: 'softGate',
  equation:
    'clip whose gradient fades by 1 − g over softness s beyond the edge: linearRamp g = clip(d/s, 0, 1), sigmoid g = σ(d/s), softMinimum min(u, c) → −s·log(e^(−u/s) + e^(−c/s)) [KLip-PPO, arXiv 2606.23932]',
  settings: ['clipRange', 'gate', 'softness'],
  knobs: ['clipRange'],
  evaluate(sample, { clipRange, gate, softness }) {
    const { ratio, advantage } = sample;
    const plain = ratio * advantage;
    if (gate === 'softMinimum') {
      const sign = Math.sign(advantage);
      // u − c: above 0 where clipping takes the gradient, 0 inside the band, below where clipping passes.
      const over = sign * (ratio - clippedRatio(ratio, clipRange));
      const decay = exp(-Math.abs(over) / softness);
      const smaller = Math.min(sign * ratio, sign * clippedRatio(ratio, clipRange));
      sample.loss = -Math.abs(advantage) * (smaller - softness * log1p(decay));
      // Inside the band both branches have the ratio's slope, outside the plain one alone.
      const ofPlain = over === 0 ? 1 : (over > 0 ? decay : 1) / (1 + decay);
      sample.slope = ofPlain === 0 ? 0 : -plain * ofPlain;
      return;
    }
    const beyond = advantage > 0 ? ratio - (1 + clipRange) : 1 - clipRange - ratio;
    const open = gate === 'linearRamp' ? ramp(beyond / softness) : sigmoid(beyond / softness);
    sample.loss = -plain + plain * open * sample.logRatio;
    sample.slope = open === 1 ? 0 : -plain * (1 - open);
  },
});

function ramp(x: number): number {
  return Math.min(Math.max(x, 0), 1);
}
