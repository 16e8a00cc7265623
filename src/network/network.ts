import type { Layout } from './layout.ts';

/** A multilayer perceptron with optional outputs that depend on no input. */
export interface NetworkShape {
  /** D: width of one observation, ≥ 1. */
  readonly inputs: number;
  /** Widths of the hidden layers, first to last; may be empty (a linear map). */
  readonly hidden: readonly number[];
  /** Width of the last layer, ≥ 1. */
  readonly outputs: number;
  readonly activation: 'tanh' | 'relu';
  /**
   * Number of state-independent outputs appended after the last layer's, ≥ 0. They are parameters of their
   * own (layout block `logStd`): the same for every sample. A diagonal Gaussian policy has one per action
   * dimension, every other network none.
   */
  readonly logStd: number;
}

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
 * Every sample's outputs depend on that sample alone and are the same bits whatever the batch it stands in:
 * PPO's ratio is exactly 1 on the first minibatch because of it.
 */
export interface Network {
  readonly shape: NetworkShape;
  /** Name → offset and shape in the flat parameters. */
  readonly layout: Layout;
  /** Most samples one forward may hold. */
  readonly capacity: number;
  /**
   * A zeroed flat parameter vector [layout.size] in memory this engine reads without copying. Any other
   * Float32Array of that length works too, at the price of a copy a call.
   */
  allocate(): Float32Array;
  /**
   * outputs = f(parameters, observations).
   * @param parameters flat [layout.size]
   * @param observations [≥ count, D] row-major
   * @param count samples, in [1, capacity]
   * @throws RangeError when a length does not fit
   */
  forward(parameters: Float32Array, observations: Float32Array, count: number): Activations;
  /**
   * Reverse mode: gradient = Jᵀu at the point of `at`, overwriting `gradient`.
   * @param dOutputs u, [count, K] row-major
   * @param gradient flat [layout.size]
   * @throws Error when a later forward has overwritten `at`
   */
  vjp(at: Activations, dOutputs: Float32Array, gradient: Float32Array): void;
  /**
   * Forward mode: dOutputs = Jv at the point of `at`, overwriting `dOutputs`.
   * @param tangent v, flat [layout.size]
   * @param dOutputs [count, K] row-major
   * @throws Error when a later forward has overwritten `at`
   */
  jvp(at: Activations, tangent: Float32Array, dOutputs: Float32Array): void;
  /** Frees what the engine holds; the network throws when used after it. */
  dispose(): void;
}

/** Makes networks; one per way of computing. */
export interface Engine {
  readonly name: 'reference' | 'wasm';
  /** @param capacity most samples one forward may hold, ≥ 1 */
  create(shape: NetworkShape, capacity: number): Network;
}
