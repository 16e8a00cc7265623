import { exp, expm1, log, log1p } from '../elementary/exponential.ts';

/*
 * How far one action's probability can go while KL(π_old‖π) ≤ δ in its state [TRGPPO, Wang et al., NeurIPS 2019, arXiv
 * 1901.10314]: of all policies π of the head's kind the greatest and the least log π(a)/π_old(a).
 *
 * By Lagrange both are reached by the π that has the moments of (1 − w)·π_old + w·(the action alone), with the w > 0 and the
 * w < 0 at which its KL is δ. For a choice with p = π_old(a) that is π(a) = p + w(1 − p), and the KL is the paper's
 * −p·log r − (1 − p)·log((1 − p·r)/(1 − p)) with r = π(a)/p. For a Gaussian with z = (a − μ)/σ it is μ' = μ + w·z·σ,
 * σ'² = (1 − w)(1 + w·z²)·σ². Of several choices or dimensions, whose KLs add up, all have the same w: one root a sample and
 * side. (The authors' code turns several dimensions into one by a rotation, which leaves the diagonal Gaussians; here
 * it is exact in them.)
 */

/** What a step of size x makes of a sample; the same object for all. */
interface Moved {
  kl: number;
  logRatio: number;
}

/**
 * An action's parts, as the functions below take them.
 * @param into written: KL and log-ratio of the policy at 1 − w = e^(−x)
 */
type Move = (parts: Float64Array, x: number, into: Moved) => void;

/** @param parts log π_old of each choice's value */
const moveChoices: Move = (parts, x, into) => {
  into.kl = 0;
  into.logRatio = 0;
  const w = -expm1(-x);
  for (let c = 0; c < parts.length; c++) {
    const others = -expm1(parts[c]);
    // Nothing else is possible: there is nothing to take from, and what is given up goes nowhere.
    if (others === 0) continue;
    const p = exp(parts[c]);
    const logRatio = log1p((w * others) / p);
    into.kl += others * x - p * logRatio;
    into.logRatio += logRatio;
  }
};

/** @param parts (a − μ)/σ of each dimension */
const moveDimensions: Move = (parts, x, into) => {
  into.kl = 0;
  into.logRatio = 0;
  const w = -expm1(-x);
  for (let d = 0; d < parts.length; d++) {
    const squared = parts[d] * parts[d];
    const spread = 1 + w * squared;
    const logVariance = log1p(w * squared) - x;
    // ½(log s² + (1 + m²)/s² − 1) with m = w·z and s² = (1 − w)(1 + w·z²).
    into.kl += 0.5 * (logVariance + (1 + w * w * squared) * exp(-logVariance) - 1);
    into.logRatio += 0.5 * (squared - logVariance - (exp(-x) * squared) / spread);
  }
};

/** Where log(1 − w) ends on the way down: at the least w, at which one part's probability, or deviation, is 0. */
function leastOfChoices(parts: Float64Array): number {
  let most = Number.POSITIVE_INFINITY;
  // 1 − w = 1 + p/(1 − p) = 1/(1 − p)
  for (let c = 0; c < parts.length; c++) if (parts[c] < 0) most = Math.min(most, -log(-expm1(parts[c])));
  return most;
}

function leastOfDimensions(parts: Float64Array): number {
  let most = Number.POSITIVE_INFINITY;
  for (let d = 0; d < parts.length; d++) most = Math.min(most, log1p(1 / (parts[d] * parts[d])));
  return most;
}

/** By halvings and secants some ten are enough; after so many nothing is left that a double could tell. */
const STEPS = 60;
const PRECISION = 1e-12;

const moved: Moved = { kl: 0, logRatio: 0 };

/**
 * log π(a)/π_old(a) where the KL is δ on one side.
 * @param sign 1: more probable, −1: less
 * @param end of |x| on that side
 */
function extremeLogRatio(move: Move, parts: Float64Array, delta: number, sign: 1 | -1, end: number): number {
  // √KL is nearly a straight line in x.
  const bound = Math.sqrt(delta);
  const excess = (x: number): number => {
    move(parts, sign * x, moved);
    return Number.isFinite(moved.kl) ? Math.sqrt(Math.max(0, moved.kl)) - bound : Number.MAX_VALUE;
  };
  let [low, atLow] = [0, -bound];
  let high = Math.min(Math.sqrt(2 * delta), end / 2);
  let atHigh = excess(high);
  for (let i = 0; atHigh < 0; i++) {
    // Nothing to move: no KL ever.
    if (i === STEPS) return moved.logRatio;
    [low, atLow] = [high, atHigh];
    high = Math.min(2 * high, (high + end) / 2);
    atHigh = excess(high);
  }
  for (let i = 0; i < STEPS && high - low > PRECISION * high; i++) {
    const secant = low - (atLow * (high - low)) / (atHigh - atLow);
    // Every third step halves, so that neither end stays where it is.
    const x = i % 3 === 2 || !(secant > low && secant < high) ? (low + high) / 2 : secant;
    const at = excess(x);
    if (Math.abs(at) <= PRECISION * bound) return moved.logRatio;
    if (at < 0) [low, atLow] = [x, at];
    else [high, atHigh] = [x, at];
  }
  excess(low);
  return moved.logRatio;
}

/** See `Head.ratioRange`. */
export type RatioRange = (
  distributions: Float64Array,
  actions: Float32Array,
  count: number,
  delta: number,
  least: Float64Array,
  greatest: Float64Array,
) => void;

/** Writes the parts of the action of a row. */
type Fill = (distributions: Float64Array, actions: Float32Array, row: number, parts: Float64Array) => void;

function createRatioRange(size: number, move: Move, endOf: typeof leastOfChoices, fill: Fill): RatioRange {
  const parts = new Float64Array(size);
  return (distributions, actions, count, delta, least, greatest) => {
    for (let row = 0; row < count; row++) {
      fill(distributions, actions, row, parts);
      least[row] = exp(extremeLogRatio(move, parts, delta, -1, endOf(parts)));
      greatest[row] = exp(extremeLogRatio(move, parts, delta, 1, Number.POSITIVE_INFINITY));
    }
  };
}

/** @param fill writes log π_old of each choice's value */
export function ratioRangeOfChoices(choices: number, fill: Fill): RatioRange {
  return createRatioRange(choices, moveChoices, leastOfChoices, fill);
}

/** @param fill writes (a − μ)/σ of each dimension */
export function ratioRangeOfDimensions(dimensions: number, fill: Fill): RatioRange {
  return createRatioRange(dimensions, moveDimensions, leastOfDimensions, fill);
}
