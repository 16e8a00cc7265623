import { logStdRatio, standardized } from '../divergence/diagonal-gaussian.ts';
import { klTerm } from '../divergence/kl.ts';
import { exp, log } from '../elementary/exponential.ts';
import { integral } from './integral.ts';

/** A normal distribution of one number. */
export interface Gaussian {
  readonly mean: number;
  /** σ > 0. */
  readonly std: number;
}

/** ½·log 2π. */
const HALF_LOG_TWO_PI = 0.9189385332046727;
/** Standard deviations beyond which nothing of a Gaussian counts: e^−72 of its density. */
const REACH = 12;

/** Density at x. */
export function density({ mean, std }: Gaussian, x: number): number {
  const z = standardized(x, mean, std);
  return exp(-0.5 * z * z - HALF_LOG_TWO_PI) / std;
}

/**
 * log q(x) − log p(x) at x = μ_p + σ_p·z, which is a + b·z + c·z²: what all figures of two Gaussians come from.
 */
export function logRatioIn(
  p: Gaussian,
  q: Gaussian,
): { readonly a: number; readonly b: number; readonly c: number } {
  const apart = standardized(p.mean, q.mean, q.std);
  const ratio = p.std / q.std;
  // 1 − ratio² by its factors: nothing cancels where the widths are close.
  const c = 0.5 * ((q.std - p.std) / q.std) * (1 + ratio);
  return { a: logStdRatio(p.std, q.std) - 0.5 * apart * apart, b: -apart * ratio, c };
}

/** Where both densities are the same, ascending: none where p and q are the same, one where they are as wide, else two. */
export function crossings(p: Gaussian, q: Gaussian): number[] {
  const { a, b, c } = logRatioIn(p, q);
  const at = (z: number): number => p.mean + p.std * z;
  if (c === 0) return b === 0 ? [] : [at(-a / b)];
  const root = Math.sqrt(b * b - 4 * a * c);
  // The larger of both roots first: the other follows without a difference of equals [Numerical Recipes, §5.6].
  const larger = -0.5 * (b + (b < 0 ? -root : root));
  return (larger === 0 ? [0, 0] : [larger / c, a / larger]).map(at).sort((x, y) => x - y);
}

/** A stretch of numbers in which one of the densities is the larger throughout, and what it adds to each divergence. */
export interface RegionShare {
  /** May be −∞ and +∞. */
  readonly from: number;
  readonly to: number;
  /** P(x in it) and Q(x in it). */
  readonly massP: number;
  readonly massQ: number;
  /** ∫ p log(p/q) and ∫ q log(q/p) over it, nats, of either sign: they sum to KL(P‖Q) and KL(Q‖P). */
  readonly sharePQ: number;
  readonly shareQP: number;
}

/** The regions between the crossings of both densities, from left to right. */
export function regionShares(p: Gaussian, q: Gaussian): RegionShare[] {
  const edges = [Number.NEGATIVE_INFINITY, ...crossings(p, q), Number.POSITIVE_INFINITY];
  return edges.slice(1).map((to, i) => {
    const from = edges[i] as number;
    return {
      ...{ from, to, massP: over(p, from, to, () => 1), massQ: over(q, from, to, () => 1) },
      sharePQ: 0 - over(p, from, to, valueIn(p, q)),
      shareQP: 0 - over(q, from, to, valueIn(q, p)),
    };
  });
}

function valueIn(p: Gaussian, q: Gaussian): (z: number) => number {
  const { a, b, c } = logRatioIn(p, q);
  return (z) => a + z * (b + z * c);
}

/** ∫ φ(z)·f(z) dz over the part of a Gaussian that lies between two numbers. */
function over({ mean, std }: Gaussian, from: number, to: number, f: (z: number) => number): number {
  const low = Math.max(-REACH, (from - mean) / std);
  const high = Math.min(REACH, (to - mean) / std);
  return low < high ? expectation(f, low, high) : 0;
}

/** E[f(z)] of a standard normal z, or the part of it that lies between two numbers. */
export function expectation(f: (z: number) => number, low = -REACH, high = REACH): number {
  return integral((z) => exp(-0.5 * z * z - HALF_LOG_TWO_PI) * f(z), low, high, 0.5);
}

/**
 * Jensen–Shannon divergence of two Gaussians, nats, in [0, log 2], by quadrature: there is no closed form.
 * Good to 1e-10 where neither is more than a hundred times as wide as the other.
 */
export function gaussianJensenShannon(p: Gaussian, q: Gaussian): number {
  const term = (x: number): number => {
    const [px, qx] = [density(p, x), density(q, x)];
    const m = 0.5 * (px + qx);
    // As `jensenShannon` sums: each outcome's terms are ≥ 0, and none cancels.
    return 0.5 * (klTerm(px, m, log(m) - log(px)) + klTerm(qx, m, log(m) - log(qx)));
  };
  const piece = 0.5 * Math.min(p.std, q.std);
  // Where the two lie far apart there is nothing between them.
  const stretches = union([p, q].map(({ mean, std }) => [mean - REACH * std, mean + REACH * std] as const));
  const sum = stretches.reduce((total, [from, to]) => total + integral(term, from, to, piece), 0);
  return Math.min(sum, Math.LN2);
}

function union(stretches: readonly (readonly [number, number])[]): (readonly [number, number])[] {
  const [first, second] = [...stretches].sort(([a], [b]) => a - b) as [[number, number], [number, number]];
  if (second[0] > first[1]) return [first, second];
  return [[first[0], Math.max(first[1], second[1])]];
}
