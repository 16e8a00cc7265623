import { klTerm, logRatio } from '../divergence/kl.ts';
import type { Dataset } from './dataset.ts';

/** The best that any function of the inputs could come to, whatever the network and however long the fit. */
export interface Reachable {
  /** Least KL(P‖Q), nats: 0 unless equal inputs have different targets. */
  readonly leastKl: number;
  /** The most accuracy. */
  readonly bestAccuracy: number;
  /** Examples whose input another example has with a different target. */
  readonly contradicted: number;
}

/** Shares of counts that are the same but for it are the same: 0.1 of 0.3, 1 of 3. */
const ROUNDING = 1e-14;

/**
 * What sees equal inputs answers equally, at best with the mean of their targets P̄: the least KL is the mean of
 * KL(P‖P̄) (so the least cross-entropy is the entropy of the target given the input), the most accuracy that of the
 * likeliest class of P̄. Inputs are equal as the network sees them: standardised and rounded to float32, −0 as 0.
 */
export function reachable(dataset: Dataset): Reachable {
  const { count, classes, inputs, targets, weights } = dataset;
  const features = dataset.inputsPerExample * dataset.features;
  const K = classes.length;
  const { groupOf, groups } = groupsOfEqual(inputs, count, features);
  const masses = new Float64Array(groups);
  const means = new Float64Array(groups * K);
  for (let i = 0; i < count; i++) {
    const group = groupOf[i];
    masses[group] += weights[i];
    const share = weights[i] / masses[group];
    // In this form the mean of equal numbers is that number.
    for (let k = 0; k < K; k++) means[group * K + k] += share * (targets[i * K + k] - means[group * K + k]);
  }
  let leastKl = 0;
  const isContradicted = new Uint8Array(groups);
  for (let i = 0; i < count; i++) {
    for (let k = 0; k < K; k++) {
      const [p, mean] = [targets[i * K + k], means[groupOf[i] * K + k]];
      if (Math.abs(p - mean) <= ROUNDING) continue;
      leastKl += (weights[i] / count) * klTerm(p, mean, logRatio(p, mean));
      isContradicted[groupOf[i]] = 1;
    }
  }
  let bestAccuracy = 0;
  for (let group = 0; group < groups; group++) {
    let most = 0;
    for (let k = group * K; k < (group + 1) * K; k++) most = Math.max(most, means[k]);
    bestAccuracy += (masses[group] / count) * most;
  }
  return {
    leastKl,
    bestAccuracy,
    contradicted: groupOf.reduce((sum, group) => sum + isContradicted[group], 0),
  };
}

/** Rows of `inputs` [count, features] with the same numbers have the same group, numbered from 0. */
function groupsOfEqual(
  inputs: Float32Array,
  count: number,
  features: number,
): { groupOf: Int32Array; groups: number } {
  const known = new Map<string, number>();
  const row = new Float32Array(features);
  const bytes = Buffer.from(row.buffer);
  const groupOf = Int32Array.from({ length: count }, (_, i) => {
    for (let d = 0; d < features; d++) row[d] = inputs[i * features + d] + 0; // −0 + 0 is 0
    const key = bytes.toString('latin1');
    const group = known.get(key) ?? known.size;
    known.set(key, group);
    return group;
  });
  return { groupOf, groups: known.size };
}
