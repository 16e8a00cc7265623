import { k1, k2, k3 } from '../divergence/estimators.ts';
import type { Divergence } from '../objective/settings.ts';
import type { Head } from '../policy/head.ts';
import type { MetricsRow } from '../row/metrics.ts';
import { quantile } from '../statistics/quantile.ts';

/** How far the policy moved on a rollout, nats, by the names of the row; whatever is measured of a step stands here. */
export const klFigures = [
  // Mean, 95th percentile and maximum over states of KL(π_old‖π_new), exact.
  'klOldNewMean',
  'klOldNewP95',
  'klOldNewMax',
  // Share of states in which it is > δ.
  'statesOutsideDelta',
  // Mean over states of KL(π_new‖π_old), exact.
  'klNewOldMean',
  // Sample estimators of KL(π_old‖π_new) on the rollout's actions.
  'k1',
  'k2',
  'k3',
  // Mean entropy of π_new over the states.
  'entropy',
] as const satisfies readonly (keyof MetricsRow)[];

export type KlMeasure = Readonly<Record<(typeof klFigures)[number], number>>;

/** Mean of the first `count` values. */
export function mean(values: ArrayLike<number>, count: number): number {
  let sum = 0;
  for (let i = 0; i < count; i++) sum += values[i];
  return sum / count;
}

/** Means of the sample estimators. */
export interface SampleKl {
  readonly k1: number;
  readonly k2: number;
  readonly k3: number;
}

/** Means of the estimators of KL(old‖new), samples from old, ℓ = log π_new − log π_old. */
export function sampleKl(logProbs: Float64Array, oldLogProbs: Float64Array, count: number): SampleKl {
  let sum1 = 0;
  let sum2 = 0;
  let sum3 = 0;
  for (let i = 0; i < count; i++) {
    const logRatio = logProbs[i] - oldLogProbs[i];
    sum1 += k1(logRatio);
    sum2 += k2(logRatio);
    sum3 += k3(logRatio);
  }
  return { k1: sum1 / count, k2: sum2 / count, k3: sum3 / count };
}

/** out[i] = the divergence of old_i and current_i, both [count, K]. @throws Error where the head has no such */
export function measureDivergences(
  head: Head,
  divergence: Divergence,
  old: Float64Array,
  current: Float64Array,
  count: number,
  out: Float64Array,
): void {
  if (divergence === 'kl') head.kl(old, current, count, out);
  else if (head.totalVariation) head.totalVariation(old, current, count, out);
  else throw new Error(`a ${head.kind} has no total variation in closed form`);
}

/**
 * Everything about the step from `old` to `current`, both [count, K].
 * @param delta δ, nats
 * @param scratch [count], overwritten
 */
export function measureKl(
  head: Head,
  old: Float64Array,
  current: Float64Array,
  actions: Float32Array,
  oldLogProbs: Float64Array,
  count: number,
  delta: number,
  scratch: Float64Array,
): KlMeasure {
  head.logProb(current, actions, count, scratch);
  const estimators = sampleKl(scratch, oldLogProbs, count);
  head.entropy(current, count, scratch);
  const entropy = mean(scratch, count);
  head.kl(current, old, count, scratch);
  const klNewOldMean = mean(scratch, count);
  head.kl(old, current, count, scratch);
  // Summed in the rollout's order, as the region does that holds it to δ, so that both are the same bits.
  const klOldNewMean = mean(scratch, count);
  const sorted = scratch.subarray(0, count).sort();
  const inside = sorted.findIndex((kl) => !(kl <= delta));
  return {
    klOldNewMean,
    klOldNewP95: quantile(sorted, 0.95),
    klOldNewMax: sorted[count - 1],
    statesOutsideDelta: inside < 0 ? 0 : (count - inside) / count,
    klNewOldMean,
    ...estimators,
    entropy,
  };
}
