import { clippedSurrogate } from './clip.ts';
import { dualClippedSurrogate } from './dual-clip.ts';
import { samplePenalty } from './sample-penalty.ts';
import { softClippedSurrogate } from './soft-clip.ts';
import { surrogate } from './surrogate.ts';

/** What a policy is trained on, numbers resolved for one update; see `objective.kind` of the config. */
export type Objective =
  | { readonly kind: 'clip'; readonly clipRange: number }
  | { readonly kind: 'klPenalty'; readonly beta: number }
  | { readonly kind: 'surrogate' }
  | { readonly kind: 'clipAndKlPenalty'; readonly clipRange: number; readonly beta: number }
  | { readonly kind: 'dualClip'; readonly clipRange: number; readonly dualClip: number }
  | { readonly kind: 'softClip'; readonly temperature: number }
  | { readonly kind: 'samplePenalty'; readonly clipRange: number };

/**
 * The part of an objective that is a function of the sampled actions' probabilities: all but the exact KL
 * penalty.
 * @param ratios π_new(a_i|s_i)/π_old(a_i|s_i), [count]
 * @param logRatios their logarithms, [count]
 * @param weights written: ∂loss/∂log π_new(a_i|s_i), [count]
 * @returns the loss
 */
export function sampledLoss(
  objective: Objective,
  ratios: Float64Array,
  logRatios: Float64Array,
  advantages: Float64Array,
  count: number,
  weights: Float64Array,
): number {
  switch (objective.kind) {
    case 'clip':
    case 'clipAndKlPenalty':
      return clippedSurrogate(ratios, advantages, count, objective.clipRange, weights);
    case 'klPenalty':
    case 'surrogate':
      return surrogate(ratios, advantages, count, weights);
    case 'dualClip':
      return dualClippedSurrogate(
        ratios,
        advantages,
        count,
        objective.clipRange,
        objective.dualClip,
        weights,
      );
    case 'softClip':
      return softClippedSurrogate(ratios, advantages, count, objective.temperature, weights);
    case 'samplePenalty':
      return samplePenalty(ratios, logRatios, advantages, count, objective.clipRange, weights);
  }
}

/** β of the exact KL penalty; undefined where the objective has none. */
export function betaOf(objective: Objective): number | undefined {
  return 'beta' in objective ? objective.beta : undefined;
}

/** ε of the objective; undefined where it has none. */
export function clipRangeOf(objective: Objective): number | undefined {
  return 'clipRange' in objective ? objective.clipRange : undefined;
}
