import type { Activations } from '../network/network.ts';
import type { RatioRanges } from '../objective/objective.ts';
import type { Head } from '../policy/head.ts';
import type { Rollout } from '../rollout/rollout.ts';

/** One gathered minibatch and the arrays its losses are computed in; allocated once. */
export interface Minibatch {
  size: number;
  /** Of the rollout. */
  rows: Int32Array;
  readonly observations: Float32Array;
  readonly actions: Float32Array;
  readonly masks: Uint8Array | undefined;
  readonly oldLogProbs: Float64Array;
  readonly advantages: Float64Array;
  activations: Activations;
  readonly distributions: Float64Array;
  /** π_old's; gathered only where the objective or the step size asks how far the policy is from them. */
  readonly oldDistributions: Float64Array;
  readonly logProbs: Float64Array;
  readonly logRatios: Float64Array;
  readonly ratios: Float64Array;
  /** Of π_old and π_new in each state, where the objective asks for it. */
  readonly divergences: Float64Array;
  /** Likewise: the ratios that a KL in each state allows. */
  readonly ranges: RatioRanges;
  readonly weights: Float64Array;
  readonly kl: Float64Array;
  readonly dOutputs: Float32Array;
}

export function createMinibatch(
  size: number,
  features: number,
  width: number,
  actionWidth: number,
  maskWidth = 0,
): Minibatch {
  const column = (): Float64Array => new Float64Array(size);
  return {
    size,
    rows: new Int32Array(0),
    observations: new Float32Array(size * features),
    actions: new Float32Array(size * actionWidth),
    masks: maskWidth > 0 ? new Uint8Array(size * maskWidth) : undefined,
    oldLogProbs: column(),
    advantages: column(),
    activations: { outputs: new Float32Array(0), count: 0 },
    distributions: new Float64Array(size * width),
    oldDistributions: new Float64Array(size * width),
    logProbs: column(),
    logRatios: column(),
    ratios: column(),
    divergences: column(),
    ranges: { least: column(), greatest: column() },
    weights: column(),
    kl: column(),
    dOutputs: new Float32Array(size * width),
  };
}

/** Copies the policy's columns of the rows order[start … start+size) of the rollout together. */
export function gather(rollout: Rollout, head: Head, start: number, size: number, batch: Minibatch): void {
  const { features } = rollout;
  const { actionWidth, maskWidth } = head;
  batch.size = size;
  batch.rows = rollout.order.subarray(start, start + size);
  for (let i = 0; i < size; i++) {
    const row = rollout.order[start + i];
    for (let d = 0; d < features; d++) {
      batch.observations[i * features + d] = rollout.observations[row * features + d];
    }
    for (let d = 0; d < actionWidth; d++) {
      batch.actions[i * actionWidth + d] = rollout.actions[row * actionWidth + d];
    }
    if (batch.masks && rollout.masks) {
      for (let d = 0; d < maskWidth; d++) batch.masks[i * maskWidth + d] = rollout.masks[row * maskWidth + d];
    }
    batch.oldLogProbs[i] = rollout.logProbs[row];
    batch.advantages[i] = rollout.advantages[row];
  }
}

/** Copies distributions of the rows that `gather` copied, to where those of π_old are. @param distributions [T·N, K] */
export function gatherDistributions(
  distributions: Float64Array,
  { width }: Head,
  { size, rows, oldDistributions }: Minibatch,
): void {
  for (let i = 0; i < size; i++) {
    for (let k = 0; k < width; k++) oldDistributions[i * width + k] = distributions[rows[i] * width + k];
  }
}

/** Copies what is known of the ratios of the rows that `gather` copied. */
export function gatherRanges({ least, greatest }: RatioRanges, { size, rows, ranges }: Minibatch): void {
  for (let i = 0; i < size; i++) {
    ranges.least[i] = least[rows[i]];
    ranges.greatest[i] = greatest[rows[i]];
  }
}
