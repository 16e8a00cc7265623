import { defineObjective, type Sample } from './definition.ts';

/**
 * PPO's clipped surrogate −mean(min(ratio·Â, clip(ratio, 1−ε, 1+ε)·Â)) [arXiv 1707.06347, eq. 7].
 * Its gradient is the surrogate's where clipping does not bite and 0 where it does: above 1+ε with Â > 0,
 * below 1−ε with Â < 0.
 */
export const clip = defineObjective({
  kind: 'clip',
  equation: '−mean(min(ratio·Â, clip(ratio, 1−ε, 1+ε)·Â)) [PPO, arXiv 1707.06347, eq. 7]',
  settings: ['clipRange'],
  knobs: ['clipRange'],
  evaluate(sample, { clipRange }) {
    evaluateClipped(sample, clipRange);
  },
});

/** Writes loss and slope of a sample whose ratio is clipped to [1−low, 1+high]. */
export function evaluateClipped(sample: Sample, low: number, high = low): void {
  const plain = sample.ratio * sample.advantage;
  const clipped = clippedRatio(sample.ratio, low, high) * sample.advantage;
  sample.loss = -Math.min(plain, clipped);
  sample.slope = plain <= clipped ? -plain : 0;
}

/** clip(ratio, 1−low, 1+high) */
export function clippedRatio(ratio: number, low: number, high = low): number {
  return Math.min(Math.max(ratio, 1 - low), 1 + high);
}

/** The ratios that an objective takes for near: from 1 − low to 1 + high. */
export interface Band {
  readonly low: number;
  readonly high: number;
}

/** The edges are inside. */
export function isInside(ratio: number, { low, high }: Band): boolean {
  return ratio - 1 <= high && 1 - ratio <= low;
}

/** Share of samples with a ratio outside their band, clipped by the objective or not (SB3's and CleanRL's figure). */
export function clipFraction(ratios: Float64Array, count: number, bandAt: (i: number) => Band): number {
  let outside = 0;
  for (let i = 0; i < count; i++) if (!isInside(ratios[i], bandAt(i))) outside++;
  return outside / count;
}
