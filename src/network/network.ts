import type { CreateTile } from '../elementary/tile.ts';
import type { AdamStep } from '../optimizer/adam.ts';
import type { EngineName } from './engine-traits.ts';
import type { Layout } from './layout.ts';
import type { NetworkShape } from './shape.ts';

/** What one forward pass left behind; valid until the network's next forward, which makes it throw. */
export interface Activations {
  /** [count, K] row-major, K = shape.outputs + shape.logStd: distribution parameters, or values. */
  readonly outputs: Float32Array;
  /** Number of samples. */
  readonly count: number;
}

/**
 * One function from observations to outputs, with its first derivatives. Nothing above this line knows
 * which engine computes it.
 *
 * Every sample's outputs depend on that sample alone. In the wasm and reference engines they are the same
 * bits whatever the batch it stands in, and PPO's ratio is exactly 1 on the first minibatch because of it;
 * TensorFlow.js promises only closeness.
 */
export interface Network {
  readonly shape: NetworkShape;
  /** Name → offset and shape in the flat parameters. */
  readonly layout: Layout;
  /** Most samples one forward may hold. */
  readonly capacity: number;
  /** How it takes the D numbers of an observation, [D] but of a layers model, whose sides multiply to D. */
  readonly inputShape: readonly number[];
  /**
   * A zeroed flat parameter vector [layout.size] in memory this engine reads without copying. Any other
   * Float32Array of that length works too, at the price of a copy a call. At least 12 can be had.
   * @throws RangeError when the memory set aside for them is used up
   */
  allocate(): Float32Array;
  /**
   * outputs = f(parameters, observations). The parameters may be read again by `vjp` and `jvp` at this
   * point: don't change them in between.
   * @param parameters flat [layout.size]
   * @param observations [≥ count, D] row-major
   * @param count samples, in [1, capacity]
   * @throws RangeError when a length does not fit
   */
  forward(parameters: Float32Array, observations: Float32Array, count: number): Activations;
  /**
   * The outputs of `forward` alone, [count, K], the same bits: what acting needs. Valid until the network's next
   * `forward` or `infer`; earlier activations are stale after it.
   */
  infer(parameters: Float32Array, observations: Float32Array, count: number): Float32Array;
  /**
   * Reverse mode: gradient = Jᵀu at the point of `at`, overwriting `gradient`.
   * @param dOutputs u, [≥ count, K] row-major
   * @param gradient flat [layout.size]
   * @throws Error when a later forward has overwritten `at`
   */
  vjp(at: Activations, dOutputs: Float32Array, gradient: Float32Array): void;
  /**
   * Forward mode: dOutputs = Jv at the point of `at`, overwriting `dOutputs`.
   * @param tangent v, flat [layout.size]
   * @param dOutputs [≥ count, K] row-major
   * @throws Error when a later forward has overwritten `at`
   */
  jvp(at: Activations, tangent: Float32Array, dOutputs: Float32Array): void;
  /** Σ vᵢ² of a flat vector [layout.size], accumulated in float64. */
  sumOfSquares(vector: Float32Array): number;
  /**
   * One step of Adam [Kingma and Ba, arXiv 1412.6980, algorithm 1], ε placed as in PyTorch, in place:
   * g = gradientScale·gradient, m ← β1·m + (1−β1)·g, v ← β2·v + (1−β2)·g²,
   * parameters ← parameters − learningRate·m̂ / (√v̂ + ε) with m̂, v̂ divided by their bias corrections.
   * All vectors are flat [layout.size]; `gradient` is only read.
   */
  adamStep(
    parameters: Float32Array,
    gradient: Float32Array,
    firstMoment: Float32Array,
    secondMoment: Float32Array,
    step: AdamStep,
  ): void;
  /** Frees what the engine holds; the network throws when used after it. */
  dispose(): void;
}

/** Makes networks; one per way of computing. */
export interface Engine {
  readonly name: EngineName;
  /** What of TensorFlow.js computes, where it is TensorFlow.js. */
  readonly backend?: 'node' | 'wasm' | 'cpu';
  /** Whether it gives up the same bits on every machine for speed. */
  readonly fastMath: boolean;
  /**
   * @param capacity most samples one forward may hold, ≥ 1
   * @throws RangeError when a width or the capacity is no integer in its range
   */
  create(shape: NetworkShape, capacity: number): Network;
  /** exp and log1p of many numbers, for what stands on the outputs; the same bits in every engine. */
  readonly createTile: CreateTile;
}
