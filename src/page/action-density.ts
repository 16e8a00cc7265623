import { density, type Gaussian } from '../distributions/gaussians.ts';
import { tanh } from '../elementary/hyperbolic.ts';
import type { ToldEpisode } from '../rollout/told-episode.ts';

/** Standard deviations to each side of a mean that are drawn. */
export const REACH = 4;
/** Those within which the highest density counts: towards its bounds that of a squashed one may go up without end. */
const CENTRE = 1.5;
const POINTS = 160;

/** Of means, then standard deviations. @returns undefined where there is none of that dimension, or none that can be drawn */
export function gaussianAt(distribution: readonly number[], at: number): Gaussian | undefined {
  const [mean, std] = [distribution[at], distribution[distribution.length / 2 + at]];
  return Number.isFinite(mean) && Number.isFinite(std) ? { mean, std } : undefined;
}

/** What becomes of the number that was drawn. */
export interface Scale {
  /** From where to where; undefined: for ever. */
  readonly range: readonly [number, number] | undefined;
  action(drawn: number): number;
  /** d action / d drawn. */
  slope(drawn: number): number;
}

/** Of a dimension of an action: a squashed one is low + (high − low)·(1 + tanh u)/2, any other is what it was. */
export function scaleOf({ head, bounds }: Pick<ToldEpisode, 'head' | 'bounds'>, at: number): Scale {
  const [low, high] = bounds?.[at] ?? [null, null];
  if (head !== 'squashedGaussian' || low === null || high === null)
    return { range: undefined, action: (drawn) => drawn, slope: () => 1 };
  const half = 0.5 * (high - low);
  return {
    range: [low, high],
    action: (drawn) => low + half * (1 + tanh(drawn)),
    slope: (drawn) => half * (1 - tanh(drawn) ** 2),
  };
}

/**
 * The density of an action, from left to right: that of what was drawn by the slope [Haarnoja et al., arXiv 1801.01290,
 * appendix C, eq. 20].
 */
export function densityOf(gaussian: Gaussian, scale: Scale): [action: number, density: number][] {
  return Array.from({ length: POINTS + 1 }, (_, i) => at(gaussian, scale, REACH * ((2 * i) / POINTS - 1)));
}

/** Its highest, but for its tails. */
export function peakOf(gaussian: Gaussian, scale: Scale): number {
  const densities = Array.from({ length: 9 }, (_, i) => at(gaussian, scale, CENTRE * (i / 4 - 1))[1]);
  return Math.max(...densities);
}

/** @param z standard deviations from the mean */
function at(gaussian: Gaussian, { action, slope }: Scale, z: number): [number, number] {
  const drawn = gaussian.mean + z * gaussian.std;
  return [action(drawn), density(gaussian, drawn) / Math.max(slope(drawn), Number.MIN_VALUE)];
}
