import { k3 } from '../divergence/estimators.ts';
import { exp, log1p } from '../elementary/exponential.ts';
import type { Random } from '../random/random.ts';
import type { Head } from './head.ts';

/**
 * A categorical distribution over n actions; the network's outputs z are its logits. Distributions are
 * stored as log-probabilities log p = z − logsumexp(z), from which everything else follows; −Infinity (an
 * action ruled out) stands for p = 0 and takes no part in any sum.
 * @param n number of actions, an integer ≥ 1
 */
export function categoricalHead(n: number): Head {
  if (!Number.isInteger(n) || n < 1) throw new RangeError(`a categorical needs at least 1 action, got ${n}`);
  /** The probabilities of one row, where they are needed twice. */
  const probabilities = new Float64Array(n);
  return {
    kind: 'categorical',
    width: n,
    actionWidth: 1,
    read: (outputs, count, distributions) => read(n, outputs, count, distributions),
    sample: (distributions, row, random, actions) => {
      actions[row] = sample(n, distributions, row, random);
    },
    mode: (distributions, row, actions) => {
      actions[row] = mode(n, distributions, row);
    },
    logProb: (distributions, actions, count, out) => {
      for (let i = 0; i < count; i++) out[i] = distributions[i * n + actions[i]];
    },
    entropy: (distributions, count, out) => {
      for (let i = 0; i < count; i++) out[i] = entropyOf(n, distributions, i * n);
    },
    kl: (p, q, count, out) => {
      for (let i = 0; i < count; i++) out[i] = klOf(n, p, q, i * n);
    },
    addLogProbGradient: (distributions, actions, weights, count, dOutputs) =>
      addLogProbGradient(n, distributions, actions, weights, count, dOutputs),
    addEntropyGradient: (distributions, weight, count, dOutputs) =>
      addEntropyGradient(n, distributions, weight, count, dOutputs, probabilities),
    addKlGradient: (old, distributions, weight, count, dOutputs) => {
      // ∂KL(old‖new)/∂z_k = p_new(k) − p_old(k)
      for (let i = 0; i < count * n; i++) dOutputs[i] += weight * (exp(distributions[i]) - exp(old[i]));
    },
    fisherProduct: (distributions, tangent, count, out) =>
      fisherProduct(n, distributions, tangent, count, out, probabilities),
  };
}

/**
 * Log-softmax of each row. log1p of all but the largest term keeps log p exact to the last bits near p = 1. In
 * two passes, so that V8 inlines exp in one and log1p in the other: results of calls would be allocated.
 */
function read(n: number, outputs: Float32Array, count: number, distributions: Float64Array): void {
  sumRest(n, outputs, count, distributions);
  for (let i = 0; i < count; i++) {
    const row = i * n;
    const max = outputs[row + largestOf(n, outputs, row)];
    const logSum = log1p(distributions[row]);
    for (let k = 0; k < n; k++) distributions[row + k] = outputs[row + k] - max - logSum;
  }
}

/** distributions[i·n] = Σ exp(z − max z) over all but the largest z of row i. */
function sumRest(n: number, outputs: Float32Array, count: number, distributions: Float64Array): void {
  for (let i = 0; i < count; i++) {
    const row = i * n;
    const largest = largestOf(n, outputs, row);
    let rest = 0;
    for (let k = 0; k < n; k++) if (k !== largest) rest += exp(outputs[row + k] - outputs[row + largest]);
    distributions[row] = rest;
  }
}

function largestOf(n: number, outputs: Float32Array, row: number): number {
  let largest = 0;
  for (let k = 1; k < n; k++) if (outputs[row + k] > outputs[row + largest]) largest = k;
  return largest;
}

/** The inverse of the cumulative distribution at one uniform draw. */
function sample(n: number, distributions: Float64Array, row: number, random: Random): number {
  const u = random.uniform();
  let cumulative = 0;
  let last = 0;
  for (let k = 0; k < n; k++) {
    const p = exp(distributions[row * n + k]);
    cumulative += p;
    if (u < cumulative) return k;
    if (p > 0) last = k;
  }
  return last; // the sum was rounded below u
}

function mode(n: number, distributions: Float64Array, row: number): number {
  let best = 0;
  for (let k = 1; k < n; k++) if (distributions[row * n + k] > distributions[row * n + best]) best = k;
  return best;
}

/** H = −Σ p log p of the row at `offset`. */
function entropyOf(n: number, distributions: Float64Array, offset: number): number {
  let sum = 0;
  for (let k = offset; k < offset + n; k++) {
    const p = exp(distributions[k]);
    if (p !== 0) sum -= p * distributions[k];
  }
  return sum;
}

/**
 * KL(p‖q) of the rows at `offset`, as Σ p·k3(log q − log p) = Σ [p log(p/q) − p + q]: the extra terms sum to
 * 0, and with them every term is ≥ 0 and nothing cancels, however close p and q are.
 */
function klOf(n: number, p: Float64Array, q: Float64Array, offset: number): number {
  let sum = 0;
  for (let k = offset; k < offset + n; k++) {
    const pk = exp(p[k]);
    const logRatio = q[k] - p[k];
    if (pk === 0) sum += exp(q[k]);
    else if (logRatio < 1) sum += pk * k3(logRatio);
    else sum += exp(q[k]) - pk - pk * logRatio; // e^logRatio might overflow where p underflows
  }
  return sum;
}

/** ∂ log p(a)/∂z_k = [k = a] − p(k). */
function addLogProbGradient(
  n: number,
  distributions: Float64Array,
  actions: Float32Array,
  weights: Float64Array,
  count: number,
  dOutputs: Float32Array,
): void {
  for (let i = 0; i < count; i++) {
    const row = i * n;
    const weight = weights[i];
    const action = actions[i];
    for (let k = 0; k < n; k++) {
      dOutputs[row + k] += weight * ((k === action ? 1 : 0) - exp(distributions[row + k]));
    }
  }
}

/** ∂H/∂z_k = −p(k)·(log p(k) + H). */
function addEntropyGradient(
  n: number,
  distributions: Float64Array,
  weight: number,
  count: number,
  dOutputs: Float32Array,
  p: Float64Array,
): void {
  for (let i = 0; i < count; i++) {
    const row = i * n;
    let entropy = 0;
    for (let k = 0; k < n; k++) {
      p[k] = exp(distributions[row + k]);
      if (p[k] !== 0) entropy -= p[k] * distributions[row + k];
    }
    for (let k = 0; k < n; k++) {
      if (p[k] !== 0) dOutputs[row + k] -= weight * p[k] * (distributions[row + k] + entropy);
    }
  }
}

/** M = diag(p) − ppᵀ: out_k = p(k)·(v_k − Σ p(j) v_j). */
function fisherProduct(
  n: number,
  distributions: Float64Array,
  tangent: Float32Array,
  count: number,
  out: Float32Array,
  p: Float64Array,
): void {
  for (let i = 0; i < count; i++) {
    const row = i * n;
    let mean = 0;
    for (let k = 0; k < n; k++) {
      p[k] = exp(distributions[row + k]);
      mean += p[k] * tangent[row + k];
    }
    for (let k = 0; k < n; k++) out[row + k] = p[k] * (tangent[row + k] - mean);
  }
}
