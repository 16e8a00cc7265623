import { exp, expm1 } from '../elementary/exponential.ts';

/** A Monte Carlo estimate: the mean over samples and its standard error, both in nats. */
export interface Estimate {
  readonly mean: number;
  /** Sample standard deviation (N−1) / √N; NaN for one sample. */
  readonly standardError: number;
}

/** Log-ratios ℓ = log π_new(a) − log π_old(a), nats, one per sample. */
export type LogRatios = ArrayLike<number>;

/*
 * Estimators of KL(old‖new) from samples of old [Schulman, "Approximating KL divergence", 2020].
 */

/** k1 = −ℓ: unbiased, may be negative. */
export function k1(logRatio: number): number {
  return -logRatio;
}

/** k2 = ½ℓ²: biased, never negative, little variance. */
export function k2(logRatio: number): number {
  return 0.5 * logRatio * logRatio;
}

/**
 * k3 = e^ℓ − 1 − ℓ: unbiased, never negative. By its Taylor series where e^ℓ − 1 and ℓ would cancel, so it
 * is good to some 1e-15 relative everywhere.
 */
export function k3(logRatio: number): number {
  const l = logRatio;
  if (l > 0.125 || l < -0.125) return l === Infinity ? l : expm1(l) - l;
  const high = 1 / 5040 + l * (1 / 40320 + l * (1 / 362880 + l * (1 / 3628800 + l * (1 / 39916800))));
  return l * l * (1 / 2 + l * (1 / 6 + l * (1 / 24 + l * (1 / 120 + l * (1 / 720 + l * high)))));
}

/*
 * Estimators of KL(new‖old) from the same samples of old, by importance weights r = e^ℓ.
 */

/** r·ℓ: unbiased, may be negative. */
export function k1NewOld(logRatio: number): number {
  return logRatio === -Infinity ? 0 : exp(logRatio) * logRatio;
}

/** r·½ℓ²: biased, never negative. */
export function k2NewOld(logRatio: number): number {
  return logRatio === -Infinity ? 0 : exp(logRatio) * 0.5 * logRatio * logRatio;
}

/** r·ℓ − (r − 1) = r·k3(−ℓ): unbiased, never negative. */
export function k3NewOld(logRatio: number): number {
  return logRatio < -1 ? k1NewOld(logRatio) - expm1(logRatio) : exp(logRatio) * k3(-logRatio);
}

/**
 * KL(old‖new) from samples of old: k1, k2 and k3, each with its standard error.
 * @param logRatios ℓ = log π_new − log π_old at actions drawn from π_old; −Infinity where new has no mass
 * @throws RangeError without samples
 */
export function estimateKlOldNew(logRatios: LogRatios): { k1: Estimate; k2: Estimate; k3: Estimate } {
  return { k1: estimate(logRatios, k1), k2: estimate(logRatios, k2), k3: estimate(logRatios, k3) };
}

/**
 * KL(new‖old) from the same samples of old, by importance weights: k1 = rℓ, k2 = ½rℓ², k3 = rℓ − (r − 1).
 * @param logRatios ℓ = log π_new − log π_old at actions drawn from π_old
 * @throws RangeError without samples
 */
export function estimateKlNewOld(logRatios: LogRatios): { k1: Estimate; k2: Estimate; k3: Estimate } {
  return {
    k1: estimate(logRatios, k1NewOld),
    k2: estimate(logRatios, k2NewOld),
    k3: estimate(logRatios, k3NewOld),
  };
}

/** Mean and standard error of f over the samples [Welford 1962: no cancellation]. */
function estimate(logRatios: LogRatios, f: (logRatio: number) => number): Estimate {
  const n = logRatios.length;
  if (n === 0) throw new RangeError('an estimate needs at least 1 sample, got 0');
  let mean = 0;
  let squares = 0;
  for (let i = 0; i < n; i++) {
    const x = f(logRatios[i]);
    if (Math.abs(x) === Infinity) return { mean: x, standardError: NaN };
    const apart = x - mean;
    mean += apart / (i + 1);
    squares += apart * (x - mean);
  }
  return { mean, standardError: Math.sqrt(squares / (n - 1) / n) };
}
