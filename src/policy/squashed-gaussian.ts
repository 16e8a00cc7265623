import { exp, log1p } from '../elementary/exponential.ts';
import { tanh } from '../elementary/hyperbolic.ts';
import { diagonalGaussianHead } from './diagonal-gaussian.ts';
import type { Head } from './head.ts';

const { LN2 } = Math;
/** √(2/π) and √(2π). */
const SQRT_TWO_OVER_PI = 0.7978845608028654;
const SQRT_TWO_PI = 2.5066282746310002;

/**
 * A Gaussian whose action is squashed: a = tanh(u), u ~ N(μ, σ²), independent dimensions. What is stored and called action
 * here is u, so that nothing is lost where tanh is flat; a is in (−1, 1), and the bounds of the box are a scale that changes
 * no ratio and no KL.
 *
 * log π(a) = log N(u; μ, σ) − Σ log(1 − tanh² u) [Haarnoja et al., arXiv 1801.01290, appendix C, eq. 21]. KL and Fisher information are
 * those of the Gaussians before tanh, which is one-to-one. H(a) = H(u) + Σ E[log(1 − tanh² u)] has no closed form: it is taken by
 * a fixed quadrature, to some 1e-8. The mode is tanh(μ), the median, as everywhere where such policies act without noise.
 * @param dimensions A, an integer ≥ 1
 */
export function squashedGaussianHead(dimensions: number): Head {
  const a = dimensions;
  const gaussian = diagonalGaussianHead(a);
  const own = { correction: 0, dMean: 0, dLogStd: 0 };
  return {
    ...gaussian,
    kind: 'squashedGaussian',
    logProb: (distributions, actions, count, out) => {
      gaussian.logProb(distributions, actions, count, out);
      for (let i = 0; i < count; i++)
        for (let at = i * a; at < (i + 1) * a; at++) out[i] -= logSlope(actions[at]);
    },
    entropy: (distributions, count, out) => {
      gaussian.entropy(distributions, count, out);
      for (let i = 0; i < count; i++)
        for (let mean = i * 2 * a; mean < i * 2 * a + a; mean++)
          out[i] += integrate(distributions[mean], distributions[mean + a], own).correction;
    },
    // log(1 − tanh² u) is no function of μ and σ where u is given: log π has the slopes of the Gaussian.
    addPolicyGradient: (distributions, actions, weights, entropyWeight, count, dOutputs) => {
      gaussian.addPolicyGradient(distributions, actions, weights, entropyWeight, count, dOutputs);
      if (entropyWeight === 0) return;
      for (let i = 0; i < count; i++)
        for (let mean = i * 2 * a; mean < i * 2 * a + a; mean++) {
          const { dMean, dLogStd } = integrate(distributions[mean], distributions[mean + a], own);
          dOutputs[mean] += entropyWeight * dMean;
          dOutputs[mean + a] += entropyWeight * dLogStd;
        }
    },
  };
}

/** log(1 − tanh² u) = 2(log 2 − |u| − log1p(e^(−2|u|))): of what tanh makes of a small step at u. */
function logSlope(u: number): number {
  const far = u < 0 ? -u : u;
  return 2 * (LN2 - far - log1p(exp(-2 * far)));
}

/** E[log(1 − tanh² u)] and its slopes. */
interface Correction {
  correction: number;
  dMean: number;
  dLogStd: number;
}

/** @param into written and returned: no sample allocates */
function integrate(mean: number, logStd: number, into: Correction): Correction {
  return logStd <= 0 ? overGaussian(mean, logStd, into) : aroundZero(mean, logStd, into);
}

/** Step and number of the nodes to each side in z = (u − μ)/σ: what is beyond 8 σ is 1e-15 of all. */
const STEP = 0.5;
const SIDE = 16;
/** [SIDE + 1] STEP·φ(z). */
const GAUSSIAN_WEIGHTS = Float64Array.from(
  { length: SIDE + 1 },
  (_, k) => (STEP / SQRT_TWO_PI) * exp(-0.5 * (k * STEP) ** 2),
);

/**
 * Of σ ≤ 1 by the trapezoidal rule over z. The integrand is analytic within π/(2σ) of the real line, and the error is about
 * 2·e^(−2π·(π/2)/STEP) = 5e-9 of it. [Trefethen & Weideman 2014, theorem 5.1]
 */
function overGaussian(mean: number, logStd: number, into: Correction): Correction {
  const std = exp(logStd);
  let [correction, dMean, dLogStd] = [0, 0, 0];
  for (let k = -SIDE; k <= SIDE; k++) {
    const weight = GAUSSIAN_WEIGHTS[k < 0 ? -k : k];
    const apart = std * k * STEP;
    const u = mean + apart;
    const slope = -2 * tanh(u);
    correction += weight * logSlope(u);
    dMean += weight * slope;
    dLogStd += weight * slope * apart;
  }
  return Object.assign(into, { correction, dMean, dLogStd });
}

/**
 * Of σ > 1 as 2 log 2 − 2E|u| − E[2 log1p(e^(−2|u|))]. The first expectation has a closed form, the second is of what lies around
 * 0: the double-exponential rule over |u| = e^(t − e^(−t)) has the same nodes for every μ and σ. [Takahasi & Mori 1974]
 */
function aroundZero(mean: number, logStd: number, into: Correction): Correction {
  const std = exp(logStd);
  const t = mean / std;
  const density = SQRT_TWO_OVER_PI * exp(-0.5 * t * t);
  const share = twoSided(t);
  let correction = 2 * LN2 - 2 * (std * density + mean * share);
  let dMean = -2 * share;
  let dLogStd = -2 * std * density;
  for (let k = 0; k < NODES.length; k++) {
    for (let side = 1; side >= -1; side -= 2) {
      const z = (side * NODES[k] - mean) / std;
      const part = (NODE_WEIGHTS[k] * exp(-0.5 * z * z)) / (std * SQRT_TWO_PI);
      correction -= part;
      dMean -= (part * z) / std;
      dLogStd -= part * (z * z - 1);
    }
  }
  return Object.assign(into, { correction, dMean, dLogStd });
}

/** |u| and, with their weights, 2 log1p(e^(−2|u|)) there. */
const NODE_STEP = 0.125;
const TS = Float64Array.from({ length: 60 }, (_, k) => (k - 32) * NODE_STEP);
const NODES = TS.map((t) => exp(t - exp(-t)));
const NODE_WEIGHTS = NODES.map((u, k) => NODE_STEP * u * (1 + exp(-TS[k])) * 2 * log1p(exp(-2 * u)));

/** erf(t/√2) = √(2/π)·e^(−t²/2)·Σ t^(2n+1)/(1·3·…·(2n+1)): no term cancels another. [Abramowitz & Stegun, 7.1.6] */
function twoSided(t: number): number {
  if (t < 0) return -twoSided(-t);
  if (t > 9) return 1;
  let term = t;
  let sum = t;
  for (let n = 1; term > 1e-17 * sum; n++) {
    term *= (t * t) / (2 * n + 1);
    sum += term;
  }
  return SQRT_TWO_OVER_PI * exp(-0.5 * t * t) * sum;
}
