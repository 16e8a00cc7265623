import { evaluateClipped } from './clip.ts';
import { defineObjective } from './definition.ts';

/**
 * The clipped surrogate with a band of two widths, "clip-higher" [DAPO, arXiv 2503.14476]:
 *   −mean(min(ratio·Â, clip(ratio, 1−ε_low, 1+ε_high)·Â)).
 * A greater ε_high leaves improbable actions more room to become probable. With both equal it is `clip`, bit for bit.
 */
export const clipHigher = defineObjective({
  kind: 'clipHigher',
  equation: '−mean(min(ratio·Â, clip(ratio, 1−ε_low, 1+ε_high)·Â)) [DAPO, arXiv 2503.14476]',
  settings: ['clipRangeLow', 'clipRangeHigh'],
  knobs: ['clipRangeHigh'],
  evaluate(sample, { clipRangeLow, clipRangeHigh }) {
    evaluateClipped(sample, clipRangeLow, clipRangeHigh);
  },
});
