import { mean } from '../elementary/mean.ts';

/** ⌊n/4⌋: values that are cut at each end. */
export function interquartileCut(count: number): number {
  return Math.floor(count / 4);
}

/**
 * Mean of what is left when ⌊n/4⌋ values are cut at each end (scipy.stats.trim_mean with 0.25, as rliable has it). Below
 * four values nothing is cut: it is the mean. [Agarwal et al., arXiv 2108.13264]
 * @param sorted ascending
 */
export function interquartileMeanOf(sorted: Float64Array): number {
  const cut = interquartileCut(sorted.length);
  return mean(sorted.subarray(cut, sorted.length - cut));
}
