import type { Stateful } from './state.ts';

/** The fields of a `RunningMean`. */
export type MeanState = {
  readonly least: number;
  readonly greatest: number;
  readonly weight: number;
  readonly first: number;
  readonly excess: number;
};

/**
 * A mean that lies between the least and the greatest of its values and is exactly the value where all are equal,
 * whatever their weights: Σ w·(x − x₀)/Σ w + x₀, x₀ the first value, held within the two. Σ w·x/Σ w rounds otherwise:
 * fifty times 0.1 come to 0.10000000000000003.
 */
export class RunningMean implements Stateful<MeanState> {
  /** Least and greatest value added: Infinity and -Infinity before the first. */
  least = Number.POSITIVE_INFINITY;
  greatest = Number.NEGATIVE_INFINITY;
  /** Sum of the weights. */
  weight = 0;
  private first = 0;
  private excess = 0;

  /** @param weight > 0: how often the value counts */
  add(value: number, weight = 1): void {
    // From an infinite first value every difference would be infinite or NaN.
    if (this.weight === 0 && Number.isFinite(value)) this.first = value;
    this.excess += weight * (value - this.first);
    this.weight += weight;
    if (!(value >= this.least)) this.least = value;
    if (!(value <= this.greatest)) this.greatest = value;
  }

  /** NaN before the first value, and of both infinities. */
  get value(): number {
    if (this.weight === 0) return Number.NaN;
    return Math.max(this.least, Math.min(this.greatest, this.first + this.excess / this.weight));
  }

  /** As new. */
  clear(): void {
    this.least = Number.POSITIVE_INFINITY;
    this.greatest = Number.NEGATIVE_INFINITY;
    this.weight = 0;
    this.first = 0;
    this.excess = 0;
  }

  snapshot(): MeanState {
    const { least, greatest, weight, first, excess } = this;
    return { least, greatest, weight, first, excess };
  }

  restore(state: MeanState): void {
    Object.assign(this, state);
  }
}

/** Mean as `RunningMean` has it; NaN for no values. */
export function mean(values: ArrayLike<number>): number {
  const running = new RunningMean();
  for (let i = 0; i < values.length; i++) running.add(values[i] as number);
  return running.value;
}
