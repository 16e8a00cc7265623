import { tanh } from '../elementary/hyperbolic.ts';
import { createTile } from '../elementary/tile.ts';
import { type Layer, type Layout, layersOf, layoutOf } from './layout.ts';
import { adamStep, sumOfSquares } from './flat-vector.ts';
import { requireCount, requireFlat, requireRows, requireShape } from './limits.ts';
import type { AdamStep } from '../optimizer/adam.ts';
import type { Activations, Engine, Network, NetworkShape } from './network.ts';

/** Plain loops in float64, stored as float32 where the seam says so: slow, and the oracle of every engine. */
export const referenceEngine: Engine = {
  name: 'reference',
  fastMath: false,
  create: (shape, capacity) => new ReferenceNetwork(shape, capacity),
  createTile,
};

class ReferenceActivations implements Activations {
  readonly count: number;
  readonly parameters: Float32Array;
  /** Per layer its input [count, inputs]: the observations, then the activations of each hidden layer. */
  readonly inputs: readonly Float64Array[];
  readonly #network: ReferenceNetwork;
  readonly #outputs: Float32Array;

  constructor(
    network: ReferenceNetwork,
    parameters: Float32Array,
    inputs: readonly Float64Array[],
    outputs: Float32Array,
    count: number,
  ) {
    this.#network = network;
    this.parameters = parameters;
    this.inputs = inputs;
    this.#outputs = outputs;
    this.count = count;
  }

  get outputs(): Float32Array {
    this.#network.requireCurrent(this);
    return this.#outputs;
  }
}

class ReferenceNetwork implements Network {
  readonly shape: NetworkShape;
  readonly layout: Layout;
  readonly capacity: number;
  readonly #layers: readonly Layer[];
  readonly #width: number;
  #current: ReferenceActivations | undefined;
  #disposed = false;

  constructor(shape: NetworkShape, capacity: number) {
    requireShape(shape, capacity);
    this.shape = shape;
    this.layout = layoutOf(shape);
    this.capacity = capacity;
    this.#layers = layersOf(shape);
    this.#width = shape.outputs + shape.logStd;
  }

  allocate(): Float32Array {
    this.#requireAlive();
    return new Float32Array(this.layout.size);
  }

  forward(parameters: Float32Array, observations: Float32Array, count: number): Activations {
    const { shape, layout } = this;
    this.#requireAlive();
    requireCount(count, this.capacity);
    requireFlat('parameters', parameters, layout.size);
    requireRows('observations', observations, count, shape.inputs);
    const inputs: Float64Array[] = [];
    let x: Float64Array = Float64Array.from(observations.subarray(0, count * shape.inputs));
    for (const layer of this.#layers) {
      inputs.push(x);
      const y = new Float64Array(count * layer.outputs);
      addProduct(x, parameters, layer, y, count);
      if (inputs.length < this.#layers.length) activate(y, shape.activation);
      x = y;
    }
    const outputs = new Float32Array(count * this.#width);
    this.#join(x, parameters, outputs, count);
    this.#current = new ReferenceActivations(this, parameters, inputs, outputs, count);
    return this.#current;
  }

  infer(parameters: Float32Array, observations: Float32Array, count: number): Float32Array {
    return this.forward(parameters, observations, count).outputs;
  }

  vjp(at: Activations, dOutputs: Float32Array, gradient: Float32Array): void {
    const { parameters, inputs, count } = this.requireCurrent(at);
    const { shape, layout } = this;
    const width = this.#width;
    requireRows('dOutputs', dOutputs, count, width);
    requireFlat('gradient', gradient, layout.size);
    const sums = new Float64Array(layout.size);
    let dy: Float64Array = new Float64Array(count * shape.outputs);
    for (let s = 0; s < count; s++) {
      for (let o = 0; o < shape.outputs; o++) dy[s * shape.outputs + o] = value(dOutputs, s * width + o);
      for (let o = shape.outputs; o < width; o++) {
        add(sums, layout.size - width + o, value(dOutputs, s * width + o));
      }
    }
    for (let l = this.#layers.length - 1; l >= 0; l--) {
      const layer = this.#layers[l] as Layer;
      const x = inputs[l] as Float64Array;
      addParameterGradient(x, dy, layer, sums, count);
      if (l === 0) break;
      dy = inputGradient(dy, parameters, layer, count);
      multiplyByDerivative(dy, x, shape.activation);
    }
    gradient.set(sums);
  }

  jvp(at: Activations, tangent: Float32Array, dOutputs: Float32Array): void {
    const { parameters, inputs, count } = this.requireCurrent(at);
    const { shape, layout } = this;
    requireFlat('tangent', tangent, layout.size);
    requireRows('dOutputs', dOutputs, count, this.#width);
    let dx: Float64Array | undefined;
    for (const [l, layer] of this.#layers.entries()) {
      const dy = new Float64Array(count * layer.outputs);
      addProduct(inputs[l] as Float64Array, tangent, layer, dy, count);
      if (dx) addWeightProduct(dx, parameters, layer, dy, count);
      const next = inputs[l + 1];
      if (next) multiplyByDerivative(dy, next, shape.activation);
      dx = dy;
    }
    this.#join(dx as Float64Array, tangent, dOutputs, count);
  }

  sumOfSquares(vector: Float32Array): number {
    this.#requireAlive();
    return sumOfSquares(vector, this.layout.size);
  }

  adamStep(
    parameters: Float32Array,
    gradient: Float32Array,
    firstMoment: Float32Array,
    secondMoment: Float32Array,
    step: AdamStep,
  ): void {
    this.#requireAlive();
    adamStep(parameters, gradient, firstMoment, secondMoment, step, this.layout.size);
  }

  dispose(): void {
    this.#disposed = true;
    this.#current = undefined;
  }

  /** @throws Error unless `at` is what the last forward returned */
  requireCurrent(at: Activations): ReferenceActivations {
    this.#requireAlive();
    if (this.#current === undefined || at !== this.#current) {
      throw new Error('these activations are stale: a later forward has overwritten them');
    }
    return this.#current;
  }

  #requireAlive(): void {
    if (this.#disposed) throw new Error('the network was disposed of');
  }

  /** rows[s] = the last layer's outputs of sample s, then those that depend on no input. */
  #join(last: Float64Array, flat: Float32Array, rows: Float32Array, count: number): void {
    const { outputs } = this.shape;
    const width = this.#width;
    const constants = this.layout.size - width;
    for (let s = 0; s < count; s++) {
      for (let o = 0; o < width; o++) {
        rows[s * width + o] = o < outputs ? value(last, s * outputs + o) : value(flat, constants + o);
      }
    }
  }
}

/** y = y + xW + b. x [count, inputs], y [count, outputs]. */
function addProduct(x: Float64Array, flat: Float32Array, layer: Layer, y: Float64Array, count: number): void {
  for (let s = 0; s < count; s++) {
    for (let o = 0; o < layer.outputs; o++) add(y, s * layer.outputs + o, value(flat, layer.bias + o));
  }
  addWeightProduct(x, flat, layer, y, count);
}

/** y = y + xW. */
function addWeightProduct(
  x: Float64Array,
  flat: Float32Array,
  { inputs, outputs, weight }: Layer,
  y: Float64Array,
  count: number,
): void {
  for (let s = 0; s < count; s++) {
    for (let i = 0; i < inputs; i++) {
      const xi = value(x, s * inputs + i);
      for (let o = 0; o < outputs; o++) add(y, s * outputs + o, xi * value(flat, weight + i * outputs + o));
    }
  }
}

/** dW = xᵀ·dy and db = Σ dy, added to `sums`. */
function addParameterGradient(
  x: Float64Array,
  dy: Float64Array,
  { inputs, outputs, weight, bias }: Layer,
  sums: Float64Array,
  count: number,
): void {
  for (let s = 0; s < count; s++) {
    for (let o = 0; o < outputs; o++) {
      const d = value(dy, s * outputs + o);
      add(sums, bias + o, d);
      for (let i = 0; i < inputs; i++) add(sums, weight + i * outputs + o, value(x, s * inputs + i) * d);
    }
  }
}

/** dx = dy·Wᵀ. */
function inputGradient(
  dy: Float64Array,
  flat: Float32Array,
  { inputs, outputs, weight }: Layer,
  count: number,
): Float64Array {
  const dx = new Float64Array(count * inputs);
  for (let s = 0; s < count; s++) {
    for (let i = 0; i < inputs; i++) {
      let sum = 0;
      for (let o = 0; o < outputs; o++)
        sum += value(dy, s * outputs + o) * value(flat, weight + i * outputs + o);
      dx[s * inputs + i] = sum;
    }
  }
  return dx;
}

function activate(z: Float64Array, activation: NetworkShape['activation']): void {
  for (let i = 0; i < z.length; i++) {
    const x = value(z, i);
    z[i] = activation === 'tanh' ? tanh(x) : Math.max(x, 0);
  }
}

/** d = d·φ′(z), φ′ written in h = φ(z). */
function multiplyByDerivative(
  d: Float64Array,
  h: Float64Array,
  activation: NetworkShape['activation'],
): void {
  for (let i = 0; i < d.length; i++) {
    const y = value(h, i);
    d[i] = value(d, i) * (activation === 'tanh' ? 1 - y * y : y > 0 ? 1 : 0);
  }
}

function value(vector: Float32Array | Float64Array, i: number): number {
  return vector[i] as number;
}

function add(vector: Float64Array, i: number, x: number): void {
  vector[i] = (vector[i] as number) + x;
}
