import { k3 } from '../divergence/estimators.ts';
import { exp, log, log1p } from '../elementary/exponential.ts';
import type { Random } from '../random/random.ts';
import type { Head } from './head.ts';
import { mixturesOfBits } from './mixture.ts';
import { ratioRangeOfChoices } from './ratio-range.ts';

/**
 * Independent bits, the b-th 1 with probability σ(z_b): the network's outputs z are their logits, and so are the
 * distributions; ±Infinity (a value ruled out) stands for a bit that is what it is and takes no part in any sum. log π, entropy
 * and KL are sums over the bits. [A Bernoulli as exponential family in its logit: Wainwright & Jordan 2008, table 3.1]
 * @param bits n, an integer ≥ 1
 */
export function multiBinaryHead(bits: number): Head {
  const n = bits;
  if (!Number.isInteger(n) || n < 1) throw new RangeError(`a multi-binary needs at least 1 bit, got ${n}`);
  return {
    kind: 'multiBinary',
    sizes: [n],
    width: n,
    actionWidth: n,
    maskWidth: 2 * n,
    greatestEntropy: n * log(2),
    read: (outputs, count, distributions, masks) => {
      for (let i = 0; i < count * n; i++) distributions[i] = outputs[i];
      if (masks === undefined) return;
      for (let i = 0; i < count * n; i++) {
        if (masks[2 * i] === 0) distributions[i] = Number.POSITIVE_INFINITY;
        else if (masks[2 * i + 1] === 0) distributions[i] = Number.NEGATIVE_INFINITY;
      }
    },
    sample: (distributions, row, random, actions) => sample(n, distributions, row, random, actions),
    mode: (distributions, row, actions) => {
      for (let at = row * n; at < (row + 1) * n; at++) actions[at] = distributions[at] > 0 ? 1 : 0;
    },
    logProb: (distributions, actions, count, out) =>
      sum(n, count, out, (at) => logProbability(actions[at] === 1 ? distributions[at] : -distributions[at])),
    entropy: (distributions, count, out) => sum(n, count, out, (at) => entropy(distributions[at])),
    kl: (p, q, count, out) => sum(n, count, out, (at) => klTerm(p[at], q[at]) + klTerm(-p[at], -q[at])),
    addPolicyGradient: (distributions, actions, weights, entropyWeight, count, dOutputs) =>
      addPolicyGradient(n, distributions, actions, weights, entropyWeight, count, dOutputs),
    addKlGradient: (old, distributions, weight, count, dOutputs) => {
      // ∂KL(old‖new)/∂z = σ(z) − σ(z_old).
      for (let i = 0; i < count * n; i++)
        dOutputs[i] += weight * (probability(distributions[i]) - probability(old[i]));
    },
    addReverseKlGradient: (fixed, distributions, weight, count, dOutputs) => {
      // ∂KL(new‖fixed)/∂z = σ(z)·σ(−z)·(z − z_fixed).
      for (let i = 0; i < count * n; i++) {
        const variance = varianceOf(distributions[i]);
        if (variance !== 0) dOutputs[i] += weight * variance * (distributions[i] - fixed[i]);
      }
    },
    ratioRange: ratioRangeOfChoices(n, (distributions, actions, row, parts) => {
      for (let b = 0; b < n; b++) {
        const logit = distributions[row * n + b];
        parts[b] = logProbability(actions[row * n + b] === 1 ? logit : -logit);
      }
    }),
    mixtures: mixturesOfBits(logProbability),
    fisherProduct: (distributions, tangent, count, out) => {
      // M = diag(σ(z)·σ(−z)).
      for (let i = 0; i < count * n; i++) out[i] = varianceOf(distributions[i]) * tangent[i];
    },
  };
}

/** σ(z) = 1/(1 + e^(−z)), of a bit that is 1; of one that is 0 it is σ(−z). */
export function probability(logit: number): number {
  if (logit >= 0) return 1 / (1 + exp(-logit));
  const ratio = exp(logit);
  return ratio / (1 + ratio);
}

/** log σ(z), exact where σ(z) is near 1 and where it is below the smallest double. */
function logProbability(logit: number): number {
  return logit >= 0 ? -log1p(exp(-logit)) : logit - log1p(exp(logit));
}

/** σ(z)·σ(−z); 0 for ±Infinity. */
function varianceOf(logit: number): number {
  return probability(logit) * probability(-logit);
}

/** H = −σ(z) log σ(z) − σ(−z) log σ(−z). */
function entropy(logit: number): number {
  const term = (z: number): number => {
    const p = probability(z);
    return p === 0 ? 0 : p * logProbability(z);
  };
  return -term(logit) - term(-logit);
}

/** Of one value of a bit p·log(p/q) − p + q, as in a categorical: ≥ 0, and nothing cancels. */
function klTerm(p: number, q: number): number {
  const own = probability(p);
  if (own === 0) return probability(q);
  const logRatio = logProbability(q) - logProbability(p);
  return logRatio < 1 ? own * k3(logRatio) : probability(q) - own - own * logRatio;
}

function sample(
  n: number,
  distributions: Float64Array,
  row: number,
  random: Random,
  actions: Float32Array,
): void {
  for (let at = row * n; at < (row + 1) * n; at++)
    actions[at] = random.uniform() < probability(distributions[at]) ? 1 : 0;
}

/** out[i] = the sum over the bits of row i. */
function sum(n: number, count: number, out: Float64Array, term: (at: number) => number): void {
  for (let i = 0; i < count; i++) {
    let total = 0;
    for (let at = i * n; at < (i + 1) * n; at++) total += term(at);
    out[i] = total;
  }
}

/** ∂ log π(a)/∂z = a − σ(z); ∂H/∂z = −z·σ(z)·σ(−z). */
function addPolicyGradient(
  n: number,
  distributions: Float64Array,
  actions: Float32Array,
  weights: Float64Array,
  entropyWeight: number,
  count: number,
  dOutputs: Float32Array,
): void {
  for (let i = 0; i < count; i++) {
    for (let at = i * n; at < (i + 1) * n; at++) {
      const z = distributions[at];
      // 1 − σ(z) as σ(−z): the difference would cancel where σ(z) is near 1.
      const slope = actions[at] === 1 ? probability(-z) : -probability(z);
      dOutputs[at] += weights[i] * slope;
      const variance = varianceOf(z);
      if (variance !== 0) dOutputs[at] -= entropyWeight * z * variance;
    }
  }
}
