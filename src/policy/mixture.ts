import { exp, log } from '../elementary/exponential.ts';

/*
 * A policy between two, of one state: π̃(t) with π̃(0) = π_old and π̃(1) = π. Of all distributions of the head's kind within a KL of
 * π_old it is the nearest to π, for some t:
 *   newOld  KL(π̃‖π_old) ≤ δ with the least KL(π̃‖π): the geometric mixture π̃ ∝ π^t·π_old^(1−t), t = 1/(1 + η)
 *           [TROLL, Becker et al., arXiv 2510.03817; for Gaussians TRPL, Otto et al., arXiv 2101.09207]
 *   oldNew  KL(π_old‖π̃) ≤ δ with the least KL(π‖π̃): the distribution with the moments of the mixture t·π + (1 − t)·π_old
 * By Lagrange with multiplier η. Of an exponential family the first mixes natural parameters (logits; μ/σ² and 1/σ²), the second
 * expectations (probabilities; E[x] and E[x²]). Several choices, bits or dimensions, whose KLs add up, all have the same t.
 */

/** Which KL: of π_old from the new policy, or of the new one from π_old. */
export type KlDirection = 'oldNew' | 'newOld';

/** π̃(t) as the head stores distributions, and its derivatives in what is an output of the network: a row of each array. */
export interface Mixture {
  /** out = π̃(t). @param t in (0, 1] */
  at(old: Float64Array, current: Float64Array, t: number, out: Float64Array): void;
  /** out = ∂π̃/∂t. @param mixed π̃(t) */
  slope(old: Float64Array, current: Float64Array, t: number, mixed: Float64Array, out: Float64Array): void;
  /** out = (∂π̃/∂π at this t)ᵀ·h. @param mixed π̃(t) */
  pull(
    old: Float64Array,
    current: Float64Array,
    t: number,
    mixed: Float64Array,
    h: Float64Array,
    out: Float64Array,
  ): void;
}

export type Mixtures = Readonly<Record<KlDirection, Mixture>>;

/** log(t·e^a + (1 − t)·e^b); −Infinity where both are. */
function logMix(t: number, a: number, b: number): number {
  const most = Math.max(a, b);
  return most === Number.NEGATIVE_INFINITY ? most : most + log(t * exp(a - most) + (1 - t) * exp(b - most));
}

/**
 * Distributions are log-probabilities of each choice's values, −Infinity for what is ruled out in both.
 * @param sizes values of each choice
 */
export function mixturesOfChoices(sizes: readonly number[]): Mixtures {
  const each = (visit: (from: number, to: number) => void): void => {
    let from = 0;
    for (const n of sizes) {
      visit(from, from + n);
      from += n;
    }
  };
  return {
    newOld: {
      at: (old, current, t, out) =>
        each((from, to) => {
          let most = Number.NEGATIVE_INFINITY;
          for (let k = from; k < to; k++) {
            out[k] = t * current[k] + (1 - t) * old[k];
            most = Math.max(most, out[k]);
          }
          let sum = 0;
          for (let k = from; k < to; k++) sum += exp(out[k] - most);
          for (let k = from; k < to; k++) out[k] -= most + log(sum);
        }),
      slope(old, current, _, mixed, out) {
        for (let k = 0; k < out.length; k++)
          out[k] = mixed[k] === Number.NEGATIVE_INFINITY ? 0 : current[k] - old[k];
      },
      pull(_, __, t, ___, h, out) {
        for (let k = 0; k < out.length; k++) out[k] = t * h[k];
      },
    },
    oldNew: {
      at(old, current, t, out) {
        for (let k = 0; k < out.length; k++) out[k] = logMix(t, current[k], old[k]);
      },
      slope(old, current, _, mixed, out) {
        for (let k = 0; k < out.length; k++)
          out[k] =
            mixed[k] === Number.NEGATIVE_INFINITY ? 0 : exp(current[k] - mixed[k]) - exp(old[k] - mixed[k]);
      },
      pull: (_, current, t, mixed, h, out) =>
        each((from, to) => {
          // In log π the slope of log π̃ is t·π/π̃; in logits that less its part along π.
          let all = 0;
          for (let k = from; k < to; k++) {
            out[k] = mixed[k] === Number.NEGATIVE_INFINITY ? 0 : t * exp(current[k] - mixed[k]) * h[k];
            all += out[k];
          }
          for (let k = from; k < to; k++) out[k] -= exp(current[k]) * all;
        }),
    },
  };
}

/** Distributions are logits of the ones, ±Infinity for a bit that is what it is in both. @param logProbability log σ(z) */
export function mixturesOfBits(logProbability: (logit: number) => number): Mixtures {
  const isFree = (logit: number): boolean => Number.isFinite(logit);
  return {
    newOld: {
      at(old, current, t, out) {
        for (let b = 0; b < out.length; b++)
          out[b] = isFree(current[b]) ? t * current[b] + (1 - t) * old[b] : current[b];
      },
      slope(old, current, _, mixed, out) {
        for (let b = 0; b < out.length; b++) out[b] = isFree(mixed[b]) ? current[b] - old[b] : 0;
      },
      pull(_, __, t, ___, h, out) {
        for (let b = 0; b < out.length; b++) out[b] = t * h[b];
      },
    },
    oldNew: {
      at(old, current, t, out) {
        for (let b = 0; b < out.length; b++) {
          if (!isFree(current[b])) out[b] = current[b];
          else
            out[b] =
              logMix(t, logProbability(current[b]), logProbability(old[b])) -
              logMix(t, logProbability(-current[b]), logProbability(-old[b]));
        }
      },
      slope(old, current, _, mixed, out) {
        for (let b = 0; b < out.length; b++) {
          // (p − p_old)/(p̃(1 − p̃)), the difference over either value's probability.
          const [one, zero] = [logProbability(mixed[b]), logProbability(-mixed[b])];
          const change =
            exp(logProbability(current[b]) - one - zero) - exp(logProbability(old[b]) - one - zero);
          out[b] = isFree(mixed[b]) ? change : 0;
        }
      },
      pull(_, current, t, mixed, h, out) {
        for (let b = 0; b < out.length; b++) {
          const own = logProbability(current[b]) + logProbability(-current[b]);
          const ratio = exp(own - logProbability(mixed[b]) - logProbability(-mixed[b]));
          out[b] = isFree(mixed[b]) ? t * ratio * h[b] : 0;
        }
      },
    },
  };
}

/** Distributions are means, then log standard deviations. @param dimensions A */
export function mixturesOfDimensions(dimensions: number): Mixtures {
  const n = dimensions;
  return {
    newOld: {
      at(old, current, t, out) {
        for (let d = 0; d < n; d++) {
          // 1/σ̃² over 1/σ_old²: the share of π in it is `now`.
          const now = t * exp(2 * (old[n + d] - current[n + d]));
          const all = now + 1 - t;
          out[d] = old[d] + (now / all) * (current[d] - old[d]);
          out[n + d] = old[n + d] - 0.5 * log(all);
        }
      },
      slope(old, current, _, mixed, out) {
        for (let d = 0; d < n; d++) {
          const now = exp(2 * (mixed[n + d] - current[n + d]));
          const before = exp(2 * (mixed[n + d] - old[n + d]));
          out[d] = now * (current[d] - mixed[d]) - before * (old[d] - mixed[d]);
          out[n + d] = -0.5 * (now - before);
        }
      },
      pull(_, current, t, mixed, h, out) {
        for (let d = 0; d < n; d++) {
          const share = t * exp(2 * (mixed[n + d] - current[n + d]));
          out[d] = share * h[d];
          out[n + d] = share * (h[n + d] - 2 * (current[d] - mixed[d]) * h[d]);
        }
      },
    },
    oldNew: {
      at(old, current, t, out) {
        for (let d = 0; d < n; d++) {
          // In units of σ_old.
          const apart = (current[d] - old[d]) * exp(-old[n + d]);
          const variance = t * exp(2 * (current[n + d] - old[n + d])) + 1 - t + t * (1 - t) * apart * apart;
          out[d] = old[d] + t * (current[d] - old[d]);
          out[n + d] = old[n + d] + 0.5 * log(variance);
        }
      },
      slope(old, current, t, mixed, out) {
        for (let d = 0; d < n; d++) {
          const apart = current[d] - old[d];
          const scaled = apart * exp(-mixed[n + d]);
          const change = exp(2 * (current[n + d] - mixed[n + d])) - exp(2 * (old[n + d] - mixed[n + d]));
          out[d] = apart;
          out[n + d] = 0.5 * (change + (1 - 2 * t) * scaled * scaled);
        }
      },
      pull(old, current, t, mixed, h, out) {
        for (let d = 0; d < n; d++) {
          const inverse = exp(-2 * mixed[n + d]);
          out[d] = t * h[d] + t * (1 - t) * (current[d] - old[d]) * inverse * h[n + d];
          out[n + d] = t * exp(2 * (current[n + d] - mixed[n + d])) * h[n + d];
        }
      },
    },
  };
}
