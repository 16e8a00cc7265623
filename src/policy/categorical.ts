import { k3 } from '../divergence/estimators.ts';
import { exp, log } from '../elementary/exponential.ts';
import { type CreateTile, createTile, type Tile } from '../elementary/tile.ts';
import type { Random } from '../random/random.ts';
import type { Head } from './head.ts';
import { mixturesOfChoices } from './mixture.ts';
import { ratioRangeOfChoices } from './ratio-range.ts';

/** Numbers of which exp is taken in one go: a minibatch of a few actions, in a tenth of the first-level cache. */
const TILE = 512;

/**
 * A categorical distribution over n actions; the network's outputs z are its logits. Distributions are
 * stored as log-probabilities log p = z − logsumexp(z), from which everything else follows; −Infinity (an
 * action ruled out) stands for p = 0 and takes no part in any sum.
 * @param n number of actions, an integer ≥ 1
 * @param create what computes exp and log1p
 */
export function categoricalHead(n: number, create: CreateTile = createTile): Head {
  if (!Number.isInteger(n) || n < 1) throw new RangeError(`a categorical needs at least 1 action, got ${n}`);
  const rows = Math.max(1, Math.floor(TILE / n));
  const tile = create(rows * n + ((rows * n) & 1));
  const oldProbabilities = new Float64Array(tile.size);
  const allowed = new Float32Array(tile.size);
  const endOf = (start: number, count: number): number => Math.min(start + rows, count);
  return {
    kind: 'categorical',
    sizes: [n],
    width: n,
    actionWidth: 1,
    maskWidth: n,
    greatestEntropy: log(n),
    read: (outputs, count, distributions, masks) => {
      for (let start = 0; start < count; start += rows) {
        const end = endOf(start, count);
        if (masks === undefined) read(n, tile, outputs, start, end, distributions);
        else {
          ruleOut(n, outputs, masks, start, end, allowed);
          read(n, tile, allowed, 0, end - start, distributions.subarray(start * n));
        }
      }
    },
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
      for (let start = 0; start < count; start += rows) {
        entropy(n, tile, distributions, start, endOf(start, count), out);
      }
    },
    kl: (p, q, count, out) => {
      for (let start = 0; start < count; start += rows) {
        kl(n, tile, p, q, start, endOf(start, count), out);
      }
    },
    totalVariation: (p, q, count, out) => {
      for (let i = 0; i < count; i++) {
        let sum = 0;
        for (let k = i * n; k < (i + 1) * n; k++) sum += Math.abs(exp(p[k]) - exp(q[k]));
        out[i] = sum / 2;
      }
    },
    addPolicyGradient: (distributions, actions, weights, entropyWeight, count, dOutputs) => {
      for (let start = 0; start < count; start += rows) {
        const end = endOf(start, count);
        addPolicyGradient(n, tile, distributions, actions, weights, entropyWeight, start, end, dOutputs);
      }
    },
    addKlGradient: (old, distributions, weight, count, dOutputs) => {
      for (let start = 0; start < count; start += rows) {
        addKlGradient(
          n,
          tile,
          old,
          distributions,
          weight,
          start,
          endOf(start, count),
          dOutputs,
          oldProbabilities,
        );
      }
    },
    addReverseKlGradient: (fixed, distributions, weight, count, dOutputs) => {
      for (let start = 0; start < count; start += rows) {
        addReverseKlGradient(n, tile, fixed, distributions, weight, start, endOf(start, count), dOutputs);
      }
    },
    ratioRange: ratioRangeOfChoices(1, (distributions, actions, row, parts) => {
      parts[0] = distributions[row * n + actions[row]];
    }),
    mixtures: mixturesOfChoices([n]),
    fisherProduct: (distributions, tangent, count, out) => {
      for (let start = 0; start < count; start += rows) {
        fisherProduct(n, tile, distributions, tangent, start, endOf(start, count), out);
      }
    },
  };
}

/** tile.y = p of the rows [start, end). */
function probabilities(n: number, tile: Tile, distributions: Float64Array, start: number, end: number): void {
  const { x } = tile;
  const length = (end - start) * n;
  for (let j = 0, at = start * n; j < length; j++, at++) x[j] = distributions[at];
  tile.exp(length);
}

/** The logits of the rows [start, end), −Infinity for what is ruled out. [Huang & Ontañón, arXiv 2006.14171, §3] */
function ruleOut(
  n: number,
  outputs: Float32Array,
  masks: Uint8Array,
  start: number,
  end: number,
  allowed: Float32Array,
): void {
  for (let at = start * n, j = 0; at < end * n; at++, j++)
    allowed[j] = masks[at] === 0 ? Number.NEGATIVE_INFINITY : outputs[at];
}

/** Log-softmax of the rows [start, end). log1p of all but the largest term keeps log p exact near p = 1. */
function read(
  n: number,
  tile: Tile,
  outputs: Float32Array,
  start: number,
  end: number,
  distributions: Float64Array,
): void {
  const { x, y } = tile;
  let length = 0;
  for (let i = start; i < end; i++) {
    const row = i * n;
    const largest = largestOf(n, outputs, row);
    const max = outputs[row + largest];
    for (let k = 0; k < n; k++) {
      const below = outputs[row + k] - max;
      distributions[row + k] = below;
      // Which is largest can't be predicted: to write it too and then over it is cheaper than a branch.
      x[length] = below;
      length += Number(k !== largest);
    }
  }
  tile.exp(length);
  for (let r = 0, j = 0; r < end - start; r++) {
    let rest = 0;
    for (let k = 1; k < n; k++) rest += y[j++];
    x[r] = rest;
  }
  tile.log1p(end - start);
  for (let i = start, at = start * n; i < end; i++) {
    const logSum = y[i - start];
    for (let k = 0; k < n; k++) distributions[at++] -= logSum;
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

/** H = −Σ p log p. */
function entropy(
  n: number,
  tile: Tile,
  distributions: Float64Array,
  start: number,
  end: number,
  out: Float64Array,
): void {
  probabilities(n, tile, distributions, start, end);
  const { y } = tile;
  for (let i = start, j = 0; i < end; i++) {
    let sum = 0;
    for (let at = i * n; at < (i + 1) * n; at++, j++) if (y[j] !== 0) sum -= y[j] * distributions[at];
    out[i] = sum;
  }
}

/**
 * KL(p‖q), as Σ p·k3(log q − log p) = Σ [p log(p/q) − p + q]: the extra terms sum to 0, and with them every term
 * is ≥ 0 and nothing cancels, however close p and q are.
 */
function kl(
  n: number,
  tile: Tile,
  p: Float64Array,
  q: Float64Array,
  start: number,
  end: number,
  out: Float64Array,
): void {
  probabilities(n, tile, p, start, end);
  const { y } = tile;
  for (let i = start, j = 0; i < end; i++) {
    let sum = 0;
    for (let at = i * n; at < (i + 1) * n; at++, j++) {
      const pk = y[j];
      const logRatio = q[at] - p[at];
      if (pk === 0) sum += exp(q[at]);
      else if (logRatio < 1) sum += pk * k3(logRatio);
      else sum += exp(q[at]) - pk - pk * logRatio; // e^logRatio might overflow where p underflows
    }
    out[i] = sum;
  }
}

/** ∂ log p(a)/∂z_k = [k = a] − p(k); ∂H/∂z_k = −p(k)·(log p(k) + H). */
function addPolicyGradient(
  n: number,
  tile: Tile,
  distributions: Float64Array,
  actions: Float32Array,
  weights: Float64Array,
  entropyWeight: number,
  start: number,
  end: number,
  dOutputs: Float32Array,
): void {
  probabilities(n, tile, distributions, start, end);
  const { y } = tile;
  for (let i = start; i < end; i++) {
    const row = i * n;
    const from = (i - start) * n;
    const weight = weights[i];
    const action = actions[i];
    let entropy = 0;
    for (let k = 0; k < n; k++) if (y[from + k] !== 0) entropy -= y[from + k] * distributions[row + k];
    for (let k = 0; k < n; k++) {
      const p = y[from + k];
      // 1 − p in float64: the difference of two float32 would cancel where p is near 1.
      dOutputs[row + k] += weight * (Number(k === action) - p);
      if (p !== 0) dOutputs[row + k] -= entropyWeight * p * (distributions[row + k] + entropy);
    }
  }
}

/** ∂KL(old‖new)/∂z_k = p_new(k) − p_old(k). @param oldProbabilities scratch */
function addKlGradient(
  n: number,
  tile: Tile,
  old: Float64Array,
  distributions: Float64Array,
  weight: number,
  start: number,
  end: number,
  dOutputs: Float32Array,
  oldProbabilities: Float64Array,
): void {
  probabilities(n, tile, old, start, end);
  oldProbabilities.set(tile.y);
  probabilities(n, tile, distributions, start, end);
  for (let j = 0, at = start * n; at < end * n; j++, at++) {
    dOutputs[at] += weight * (tile.y[j] - oldProbabilities[j]);
  }
}

/** ∂KL(new‖fixed)/∂z_k = p(k)·(log p(k) − log p_fixed(k) − KL). */
function addReverseKlGradient(
  n: number,
  tile: Tile,
  fixed: Float64Array,
  distributions: Float64Array,
  weight: number,
  start: number,
  end: number,
  dOutputs: Float32Array,
): void {
  probabilities(n, tile, distributions, start, end);
  const { y } = tile;
  for (let i = start; i < end; i++) {
    const row = i * n;
    const from = (i - start) * n;
    let kl = 0;
    for (let k = 0; k < n; k++)
      if (y[from + k] !== 0) kl += y[from + k] * (distributions[row + k] - fixed[row + k]);
    for (let k = 0; k < n; k++) {
      const p = y[from + k];
      if (p !== 0) dOutputs[row + k] += weight * p * (distributions[row + k] - fixed[row + k] - kl);
    }
  }
}

/** M = diag(p) − ppᵀ: out_k = p(k)·(v_k − Σ p(j) v_j). */
function fisherProduct(
  n: number,
  tile: Tile,
  distributions: Float64Array,
  tangent: Float32Array,
  start: number,
  end: number,
  out: Float32Array,
): void {
  probabilities(n, tile, distributions, start, end);
  const { y } = tile;
  for (let i = start; i < end; i++) {
    const row = i * n;
    const from = (i - start) * n;
    let mean = 0;
    for (let k = 0; k < n; k++) mean += y[from + k] * tangent[row + k];
    for (let k = 0; k < n; k++) out[row + k] = y[from + k] * (tangent[row + k] - mean);
  }
}
