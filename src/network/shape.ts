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
  /** Absent: each layer adds a bias. */
  readonly bias?: false | undefined;
  /** A TensorFlow.js LayersModel instead of a perceptron; `hidden` and `activation` say nothing then. */
  readonly model?: LayersTopology;
}

/** The layers of a TensorFlow.js LayersModel, and its weights in the order of the flat parameters. */
export interface LayersTopology {
  /** Keras's `{class_name, config}`, as `model.json` has it. */
  readonly topology: { readonly class_name: string; readonly config: unknown };
  readonly weights: readonly { readonly name: string; readonly shape: readonly number[] }[];
}
