import type { KernelBackend, Tensor1D, Tensor2D } from '@tensorflow/tfjs-core';
import { createTile } from '../elementary/tile.ts';
import { type Arithmetic, CheckedNetwork, type Pass } from './checked-network.ts';
import type { TfjsBackend } from './engine-traits.ts';
import { adamStep, sumOfSquares } from './flat-vector.ts';
import { type Layer, layersOf, layoutOf } from './layout.ts';
import { requireShape } from './limits.ts';
import type { Engine } from './network.ts';
import type { NetworkShape } from './shape.ts';
import { joinRows, leadingColumns, sumConstants } from './output-rows.ts';
import { LayersArithmetic } from './tfjs-layers.ts';

/** The library itself, loaded only when one of its engines is asked for. */
type TensorFlow = typeof import('@tensorflow/tfjs-core');

/** TensorFlow.js's own names of its backends. */
export const REGISTERED = { node: 'tensorflow', wasm: 'wasm', cpu: 'cpu' } as const;

/** An engine of TensorFlow.js, a backend of which has been started. */
export function createTfjsEngine(
  tf: TensorFlow,
  layers: typeof import('@tensorflow/tfjs-layers'),
  backend: TfjsBackend,
): Engine {
  const use = switcher(tf, backend);
  return {
    name: 'tfjs',
    backend,
    fastMath: false,
    createTile,
    create(shape, capacity) {
      if (shape.model === undefined) {
        requireShape(shape, capacity);
        return new CheckedNetwork(shape, capacity, new TfjsArithmetic(use, shape));
      }
      return new CheckedNetwork(shape, capacity, new LayersArithmetic({ use, layers }, shape, shape.model));
    },
  };
}

/**
 * TensorFlow.js has one current backend for all: another engine of it may have been at work since, or have been
 * started at the same time and left the name of one backend beside the kernels of the other.
 * @returns what puts this backend in place and gives the library
 */
function switcher(tf: TensorFlow, backend: TfjsBackend): () => TensorFlow {
  const name = REGISTERED[backend];
  const kernels: KernelBackend = tf.findBackend(name);
  return () => {
    // Done when it returns: the backend has been started, and its promise only reports that.
    if (tf.getBackend() !== name || tf.backend() !== kernels) void tf.setBackend(name);
    return tf;
  };
}

/** Weights [in, out] and bias [out] of one layer. */
interface Affine {
  readonly weight: Tensor2D;
  readonly bias: Tensor1D;
}

interface TfjsPass extends Pass {
  readonly layers: readonly Affine[];
  /** Per layer its input [count, inputs]: the observations, then the activations of each hidden layer. */
  readonly inputs: readonly Tensor2D[];
  /** φ′ of each hidden layer [count, width], made when a derivative first asks for them. */
  derivatives: readonly Tensor2D[] | undefined;
}

/**
 * A multilayer perceptron in TensorFlow.js kernels, its derivatives written out: a call costs far more than
 * the arithmetic in it, and the tape of `tf.grads` records three times as many.
 */
class TfjsArithmetic implements Arithmetic<TfjsPass> {
  readonly sumOfSquares = sumOfSquares;
  readonly adamStep = adamStep;
  readonly #use: () => TensorFlow;
  readonly #shape: NetworkShape;
  readonly #layers: readonly Layer[];
  readonly #size: number;
  readonly #width: number;

  constructor(use: () => TensorFlow, shape: NetworkShape) {
    this.#use = use;
    this.#shape = shape;
    this.#layers = layersOf(shape);
    this.#size = layoutOf(shape).size;
    this.#width = shape.outputs + shape.logStd;
  }

  allocate(): Float32Array {
    return new Float32Array(this.#size);
  }

  forward(parameters: Float32Array, observations: Float32Array, count: number): TfjsPass {
    const shape = this.#shape;
    const tf = this.#use();
    const layers = this.#layers.map((layer) => affine(tf, parameters, layer));
    const inputs = [tf.tensor2d(observations.slice(0, count * shape.inputs), [count, shape.inputs])];
    for (const { weight: b, bias } of layers) {
      const z = tf.fused.matMul({ a: inputs.at(-1) as Tensor2D, b, bias }) as Tensor2D;
      if (inputs.push(z) > layers.length) break;
      // Not tf.relu, nor fused: the wasm backend's makes 0 of NaN, and a broken run would look whole.
      inputs[inputs.length - 1] = shape.activation === 'tanh' ? tf.tanh(z) : tf.maximum(z, 0);
      z.dispose();
    }
    const last = inputs.pop() as Tensor2D;
    const outputs = new Float32Array(count * this.#width);
    joinRows(last.dataSync(), shape.outputs, parameters, outputs, count, this.#width);
    last.dispose();
    return { outputs, layers, inputs, derivatives: undefined };
  }

  vjp(pass: TfjsPass, count: number, dOutputs: Float32Array, gradient: Float32Array): void {
    const { layers, inputs } = pass;
    const { outputs } = this.#shape;
    const tf = this.#use();
    const derivatives = this.#derivativesOf(tf, pass);
    tf.tidy(() => {
      // Column sums as a product: summing over rows would transpose first.
      const ones = tf.ones([1, count]) as Tensor2D;
      let dy = tf.tensor2d(leadingColumns(dOutputs, count, outputs, this.#width), [count, outputs]);
      for (let l = layers.length - 1; l >= 0; l--) {
        const { weight, bias } = this.#layers[l] as Layer;
        gradient.set(tf.matMul(inputs[l] as Tensor2D, dy, true, false).dataSync(), weight);
        if (bias !== undefined) gradient.set(tf.matMul(ones, dy).dataSync(), bias);
        if (l === 0) break;
        const dx = tf.matMul(dy, (layers[l] as Affine).weight, false, true);
        dy = tf.mul(dx, derivatives[l - 1] as Tensor2D);
      }
    });
    sumConstants(dOutputs, count, outputs, this.#width, gradient);
  }

  jvp(pass: TfjsPass, count: number, tangent: Float32Array, dOutputs: Float32Array): void {
    const { layers, inputs } = pass;
    const tf = this.#use();
    const derivatives = this.#derivativesOf(tf, pass);
    tf.tidy(() => {
      let dx: Tensor2D | undefined;
      for (const [l, layer] of this.#layers.entries()) {
        const { weight: b, bias } = affine(tf, tangent, layer);
        let dy = tf.fused.matMul({ a: inputs[l] as Tensor2D, b, bias }) as Tensor2D;
        if (dx) dy = tf.add(dy, tf.matMul(dx, (layers[l] as Affine).weight));
        const derivative = derivatives[l];
        dx = derivative ? tf.mul(dy, derivative) : dy;
      }
      const change = (dx as Tensor2D).dataSync();
      joinRows(change, this.#shape.outputs, tangent, dOutputs, count, this.#width);
    });
  }

  free({ layers, inputs, derivatives = [] }: TfjsPass): void {
    for (const { weight, bias } of layers) {
      weight.dispose();
      bias.dispose();
    }
    for (const tensor of [...inputs, ...derivatives]) tensor.dispose();
  }

  /** φ′(z) written in h = φ(z): 1 − h² for tanh; 1 above 0 and else 0 for relu. */
  #derivativesOf(tf: TensorFlow, pass: TfjsPass): readonly Tensor2D[] {
    pass.derivatives ??= tf.tidy(() =>
      pass.inputs
        .slice(1)
        .map((h): Tensor2D => (this.#shape.activation === 'tanh' ? tf.sub(1, tf.square(h)) : tf.step(h))),
    );
    return pass.derivatives;
  }
}

/** Copies: the wasm and node backends copy anyway, and the cpu backend would keep a view. Of a layer without a bias that is 0. */
function affine(tf: TensorFlow, flat: Float32Array, { inputs, outputs, weight, bias }: Layer): Affine {
  return {
    weight: tf.tensor2d(flat.slice(weight, weight + inputs * outputs), [inputs, outputs]),
    bias: tf.tensor1d(bias === undefined ? new Float32Array(outputs) : flat.slice(bias, bias + outputs)),
  };
}
