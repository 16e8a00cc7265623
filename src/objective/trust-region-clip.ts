import { type Band, evaluateClipped } from './clip.ts';
import { defineObjective } from './definition.ts';

/**
 * The clipped surrogate with a band for each sample [TRGPPO, Wang et al., NeurIPS 2019, arXiv 1901.10314]:
 *   −mean(min(ratio·Â, clip(ratio, min(l, 1−ε), max(u, 1+ε))·Â)),
 * l and u the least and the greatest ratio that a policy with KL(π_old‖π) ≤ δ in the sample's state can have (`Head.ratioRange`).
 * An improbable action has a wide band, since little KL comes of it: it may become probable in one update. As δ goes to 0 it is
 * `clip`.
 */
export const trustRegionClip = defineObjective({
  kind: 'trustRegionClip',
  equation:
    '−mean(min(ratio·Â, clip(ratio, min(l, 1−ε), max(u, 1+ε))·Â)), [l, u] the ratios that KL(π_old‖π) ≤ δ in the state allows [TRGPPO, arXiv 1901.10314]',
  settings: ['clipRange', 'klRange'],
  knobs: ['klRange'],
  ratiosWithin: ({ klRange }) => klRange,
  evaluate(sample, { clipRange }) {
    const { low, high } = bandWithin(sample.leastRatio, sample.greatestRatio, clipRange);
    evaluateClipped(sample, low, high);
  },
});

/** [min(l, 1−ε), max(u, 1+ε)] */
export function bandWithin(least: number, greatest: number, clipRange: number): Band {
  return { low: Math.max(clipRange, 1 - least), high: Math.max(clipRange, greatest - 1) };
}
