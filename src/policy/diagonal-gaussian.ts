import { k3 } from '../divergence/estimators.ts';
import { exp, expm1 } from '../elementary/exponential.ts';
import type { Random } from '../random/random.ts';
import type { Head } from './head.ts';
import { mixturesOfDimensions } from './mixture.ts';
import { ratioRangeOfDimensions } from './ratio-range.ts';

/** ½·log 2π. */
const HALF_LOG_TWO_PI = 0.9189385332046727;

/**
 * A Gaussian with independent dimensions. Outputs and distributions are the same numbers: means μ [A], then
 * log standard deviations log σ [A]. Actions are unclipped; clip them only when stepping the environment.
 * @param dimensions A, an integer ≥ 1
 */
export function diagonalGaussianHead(dimensions: number): Head {
  const a = dimensions;
  if (!Number.isInteger(a) || a < 1) throw new RangeError(`a Gaussian needs at least 1 dimension, got ${a}`);
  return {
    kind: 'diagonalGaussian',
    sizes: [a],
    width: 2 * a,
    actionWidth: a,
    maskWidth: 0,
    greatestEntropy: undefined,
    read: (outputs, count, distributions) => {
      for (let i = 0; i < count * 2 * a; i++) distributions[i] = outputs[i];
    },
    sample: (distributions, row, random, actions) => sample(a, distributions, row, random, actions),
    mode: (distributions, row, actions) => {
      for (let d = 0; d < a; d++) actions[row * a + d] = distributions[row * 2 * a + d];
    },
    logProb: (distributions, actions, count, out) => logProb(a, distributions, actions, count, out),
    entropy: (distributions, count, out) => entropy(a, distributions, count, out),
    kl: (p, q, count, out) => kl(a, p, q, count, out),
    addPolicyGradient: (distributions, actions, weights, entropyWeight, count, dOutputs) =>
      addPolicyGradient(a, distributions, actions, weights, entropyWeight, count, dOutputs),
    addKlGradient: (old, distributions, weight, count, dOutputs) =>
      addKlGradient(a, old, distributions, weight, count, dOutputs),
    addReverseKlGradient: (fixed, distributions, weight, count, dOutputs) =>
      addReverseKlGradient(a, fixed, distributions, weight, count, dOutputs),
    ratioRange: ratioRangeOfDimensions(a, (distributions, actions, row, parts) => {
      for (let d = 0; d < a; d++) {
        const mean = row * 2 * a + d;
        parts[d] = standardized(actions[row * a + d] - distributions[mean], distributions[mean + a]);
      }
    }),
    mixtures: mixturesOfDimensions(a),
    fisherProduct: (distributions, tangent, count, out) =>
      fisherProduct(a, distributions, tangent, count, out),
  };
}

function sample(
  a: number,
  distributions: Float64Array,
  row: number,
  random: Random,
  actions: Float32Array,
): void {
  for (let d = 0; d < a; d++) {
    const mean = row * 2 * a + d;
    actions[row * a + d] = distributions[mean] + exp(distributions[mean + a]) * random.normal();
  }
}

/** Σ_d [−½((x−μ)/σ)² − log σ − ½ log 2π]. */
function logProb(
  a: number,
  distributions: Float64Array,
  actions: Float32Array,
  count: number,
  out: Float64Array,
): void {
  for (let i = 0; i < count; i++) {
    let sum = 0;
    for (let d = 0; d < a; d++) {
      const mean = i * 2 * a + d;
      const logStd = distributions[mean + a];
      const z = standardized(actions[i * a + d] - distributions[mean], logStd);
      sum -= 0.5 * z * z + logStd + HALF_LOG_TWO_PI;
    }
    out[i] = sum;
  }
}

/** apart/σ: 0 for 0, also where 1/σ is beyond 1.8e308. */
function standardized(apart: number, logStd: number): number {
  return apart === 0 ? 0 : apart * exp(-logStd);
}

/** Σ_d [log σ + ½ log 2πe]. */
function entropy(a: number, distributions: Float64Array, count: number, out: Float64Array): void {
  for (let i = 0; i < count; i++) {
    let sum = 0;
    for (let d = 0; d < a; d++) sum += distributions[i * 2 * a + a + d] + HALF_LOG_TWO_PI + 0.5;
    out[i] = sum;
  }
}

/**
 * KL(p‖q) = Σ_d [log σ_q − log σ_p + (σ_p² + (μ_p−μ_q)²)/(2σ_q²) − ½], written ½·Σ_d [k3(2 log σ_p/σ_q) +
 * ((μ_p−μ_q)/σ_q)²]: no term is negative and none cancels.
 */
function kl(a: number, p: Float64Array, q: Float64Array, count: number, out: Float64Array): void {
  for (let i = 0; i < count; i++) {
    let sum = 0;
    for (let d = 0; d < a; d++) {
      const mean = i * 2 * a + d;
      const z = standardized(p[mean] - q[mean], q[mean + a]);
      sum += 0.5 * (k3(2 * (p[mean + a] - q[mean + a])) + z * z);
    }
    out[i] = sum;
  }
}

/** ∂ log p(x)/∂μ = (x−μ)/σ², ∂/∂log σ = ((x−μ)/σ)² − 1; ∂H/∂μ = 0, ∂H/∂log σ = 1. */
function addPolicyGradient(
  a: number,
  distributions: Float64Array,
  actions: Float32Array,
  weights: Float64Array,
  entropyWeight: number,
  count: number,
  dOutputs: Float32Array,
): void {
  for (let i = 0; i < count; i++) {
    for (let d = 0; d < a; d++) {
      const mean = i * 2 * a + d;
      const inverseStd = exp(-distributions[mean + a]);
      const z = (actions[i * a + d] - distributions[mean]) * inverseStd;
      dOutputs[mean] += weights[i] * z * inverseStd;
      dOutputs[mean + a] += weights[i] * (z * z - 1) + entropyWeight;
    }
  }
}

/** ∂KL(old‖new)/∂μ = (μ−μ_old)/σ², ∂/∂log σ = 1 − (σ_old² + (μ−μ_old)²)/σ². */
function addKlGradient(
  a: number,
  old: Float64Array,
  distributions: Float64Array,
  weight: number,
  count: number,
  dOutputs: Float32Array,
): void {
  for (let i = 0; i < count; i++) {
    for (let d = 0; d < a; d++) {
      const mean = i * 2 * a + d;
      const inverseStd = exp(-distributions[mean + a]);
      const z = (distributions[mean] - old[mean]) * inverseStd;
      dOutputs[mean] += weight * z * inverseStd;
      dOutputs[mean + a] -= weight * (expm1(2 * (old[mean + a] - distributions[mean + a])) + z * z);
    }
  }
}

/** ∂KL(new‖fixed)/∂μ = (μ−μ_fixed)/σ_fixed², ∂/∂log σ = σ²/σ_fixed² − 1. */
function addReverseKlGradient(
  a: number,
  fixed: Float64Array,
  distributions: Float64Array,
  weight: number,
  count: number,
  dOutputs: Float32Array,
): void {
  for (let i = 0; i < count; i++) {
    for (let d = 0; d < a; d++) {
      const mean = i * 2 * a + d;
      const apart = distributions[mean] - fixed[mean];
      dOutputs[mean] += weight * standardized(apart, fixed[mean + a]) * exp(-fixed[mean + a]);
      dOutputs[mean + a] += weight * expm1(2 * (distributions[mean + a] - fixed[mean + a]));
    }
  }
}

/** M = diag(σ⁻²) on the means, 2 on the log standard deviations. */
function fisherProduct(
  a: number,
  distributions: Float64Array,
  tangent: Float32Array,
  count: number,
  out: Float32Array,
): void {
  for (let i = 0; i < count; i++) {
    for (let d = 0; d < a; d++) {
      const mean = i * 2 * a + d;
      out[mean] = tangent[mean] * exp(-2 * distributions[mean + a]);
      out[mean + a] = 2 * tangent[mean + a];
    }
  }
}
