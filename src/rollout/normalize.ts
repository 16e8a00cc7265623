import type { Stateful } from '../elementary/state.ts';

/** Running mean and variance per dimension, merged batch by batch [Chan et al. 1979]. JSON-safe. */
export type MomentsState = {
  readonly count: number;
  readonly mean: readonly number[];
  /** Sum of squared deviations. */
  readonly squares: readonly number[];
};

/** Standardised observations are clipped to ± this, normalised rewards too. */
export const CLIP = 10;
const EPSILON = 1e-8;

class RunningMoments implements Stateful<MomentsState> {
  count = 0;
  readonly mean: Float64Array;
  readonly squares: Float64Array;

  constructor(width: number) {
    this.mean = new Float64Array(width);
    this.squares = new Float64Array(width);
  }

  /** Adds one row (Welford's update). */
  add(values: ArrayLike<number>, offset: number): void {
    this.count += 1;
    for (let d = 0; d < this.mean.length; d++) {
      const before = values[offset + d] - this.mean[d];
      this.mean[d] += before / this.count;
      this.squares[d] += before * (values[offset + d] - this.mean[d]);
    }
  }

  /** Population standard deviation of dimension d; 1 before two values were seen. */
  deviation(d: number): number {
    return this.count < 2 ? 1 : Math.sqrt(this.squares[d] / this.count + EPSILON);
  }

  snapshot(): MomentsState {
    return { count: this.count, mean: [...this.mean], squares: [...this.squares] };
  }

  restore({ count, mean, squares }: MomentsState): void {
    this.count = count;
    this.mean.set(mean);
    this.squares.set(squares);
  }
}

/** Standardises observations by their running moments, clipped to ±10. */
export class ObservationNormalizer implements Stateful<MomentsState> {
  private readonly moments: RunningMoments;
  private readonly width: number;

  /** @param moments where to go on from; those of nothing by default */
  constructor(width: number, moments?: MomentsState) {
    this.width = width;
    this.moments = new RunningMoments(width);
    if (moments) this.moments.restore(moments);
  }

  /** Learns from `rows` observations. */
  update(observations: Float32Array, rows: number): void {
    for (let row = 0; row < rows; row++) this.moments.add(observations, row * this.width);
  }

  /** out = clip((x − mean)/std, ±10), `rows` rows. */
  apply(observations: Float32Array, rows: number, out: Float32Array): void {
    for (let d = 0; d < this.width; d++) {
      const mean = this.moments.mean[d];
      const deviation = this.moments.deviation(d);
      for (let i = d; i < rows * this.width; i += this.width) {
        out[i] = Math.min(Math.max((observations[i] - mean) / deviation, -CLIP), CLIP);
      }
    }
  }

  snapshot(): MomentsState {
    return this.moments.snapshot();
  }

  restore(state: MomentsState): void {
    this.moments.restore(state);
  }

  /** What `apply` subtracts from each dimension, and then divides by. */
  scale(): { mean: Float64Array; deviation: Float64Array } {
    const { mean } = this.moments;
    return { mean: mean.slice(), deviation: mean.map((_, d) => this.moments.deviation(d)) };
  }
}

/** Moments of the discounted return, and [N] that of each copy so far. */
export type RewardNormalizerState = { readonly moments: MomentsState; readonly discounted: Float64Array };

/**
 * Divides rewards by the running standard deviation of the discounted return, without shifting them, and
 * clips to ±10 [Engstrom et al., arXiv 2005.12729].
 */
export class RewardNormalizer implements Stateful<RewardNormalizerState> {
  private readonly moments: RunningMoments;
  private readonly discounted: Float64Array;
  private readonly gamma: number;

  constructor(copies: number, gamma: number) {
    this.moments = new RunningMoments(1);
    this.discounted = new Float64Array(copies);
    this.gamma = gamma;
  }

  /** rewards [N] of one step → out[offset …]; `ended[i]` starts copy i's discounted return anew. */
  apply(rewards: Float64Array, ended: (copy: number) => boolean, out: Float64Array, offset: number): void {
    for (let copy = 0; copy < rewards.length; copy++) {
      this.discounted[copy] = this.discounted[copy] * this.gamma + rewards[copy];
      this.moments.add(this.discounted, copy);
      if (ended(copy)) this.discounted[copy] = 0;
    }
    const deviation = this.moments.deviation(0);
    for (let copy = 0; copy < rewards.length; copy++) {
      out[offset + copy] = Math.min(Math.max(rewards[copy] / deviation, -CLIP), CLIP);
    }
  }

  /** All copies begin an episode. */
  restart(): void {
    this.discounted.fill(0);
  }

  snapshot(): RewardNormalizerState {
    return { moments: this.moments.snapshot(), discounted: this.discounted.slice() };
  }

  restore({ moments, discounted }: RewardNormalizerState): void {
    this.moments.restore(moments);
    this.discounted.set(discounted);
  }
}
