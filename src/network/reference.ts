import { tanh } from '../elementary/hyperbolic.ts';
import { createTile } from '../elementary/tile.ts';
import { type Arithmetic, CheckedNetwork, type Pass } from './checked-network.ts';
import { adamStep, sumOfSquares } from './flat-vector.ts';
import { type Layer, layersOf, layoutOf } from './layout.ts';
import { requireShape } from './limits.ts';
import type { Engine } from './network.ts';
import type { NetworkShape } from './shape.ts';
import { joinRows } from './output-rows.ts';

/** Plain loops in float64, stored as float32 where the seam says so: slow, and the oracle of every engine. */
export const referenceEngine: Engine = {
  name: 'reference',
  fastMath: false,
  create(shape, capacity) {
    requireShape(shape, capacity);
    return new CheckedNetwork(shape, capacity, new ReferenceArithmetic(shape));
  },
  createTile,
};

/** Per layer its input [count, inputs]: the observations, then the activations of each hidden layer. */
interface ReferencePass extends Pass {
  readonly parameters: Float32Array;
  readonly inputs: readonly Float64Array[];
}

class ReferenceArithmetic implements Arithmetic<ReferencePass> {
  readonly sumOfSquares = sumOfSquares;
  readonly adamStep = adamStep;
  readonly #shape: NetworkShape;
  readonly #layers: readonly Layer[];
  readonly #size: number;
  readonly #width: number;

  constructor(shape: NetworkShape) {
    this.#shape = shape;
    this.#layers = layersOf(shape);
    this.#size = layoutOf(shape).size;
    this.#width = shape.outputs + shape.logStd;
  }

  allocate(): Float32Array {
    return new Float32Array(this.#size);
  }

  forward(parameters: Float32Array, observations: Float32Array, count: number): ReferencePass {
    const inputs: Float64Array[] = [];
    let x: Float64Array = Float64Array.from(observations.subarray(0, count * this.#shape.inputs));
    for (const layer of this.#layers) {
      inputs.push(x);
      const y = new Float64Array(count * layer.outputs);
      addProduct(x, parameters, layer, y, count);
      if (inputs.length < this.#layers.length) activate(y, this.#shape.activation);
      x = y;
    }
    const outputs = new Float32Array(count * this.#width);
    joinRows(x, this.#shape.outputs, parameters, outputs, count, this.#width);
    return { outputs, parameters, inputs };
  }

  vjp(
    { parameters, inputs }: ReferencePass,
    count: number,
    dOutputs: Float32Array,
    gradient: Float32Array,
  ): void {
    const { outputs, activation } = this.#shape;
    const width = this.#width;
    const sums = new Float64Array(this.#size);
    let dy: Float64Array = new Float64Array(count * outputs);
    for (let s = 0; s < count; s++) {
      for (let o = 0; o < outputs; o++) dy[s * outputs + o] = value(dOutputs, s * width + o);
      for (let o = outputs; o < width; o++) {
        add(sums, this.#size - width + o, value(dOutputs, s * width + o));
      }
    }
    for (let l = this.#layers.length - 1; l >= 0; l--) {
      const layer = this.#layers[l] as Layer;
      const x = inputs[l] as Float64Array;
      addParameterGradient(x, dy, layer, sums, count);
      if (l === 0) break;
      dy = inputGradient(dy, parameters, layer, count);
      multiplyByDerivative(dy, x, activation);
    }
    gradient.set(sums);
  }

  jvp(
    { parameters, inputs }: ReferencePass,
    count: number,
    tangent: Float32Array,
    dOutputs: Float32Array,
  ): void {
    const { outputs, activation } = this.#shape;
    let dx: Float64Array | undefined;
    for (const [l, layer] of this.#layers.entries()) {
      const dy = new Float64Array(count * layer.outputs);
      addProduct(inputs[l] as Float64Array, tangent, layer, dy, count);
      if (dx) addWeightProduct(dx, parameters, layer, dy, count);
      const next = inputs[l + 1];
      if (next) multiplyByDerivative(dy, next, activation);
      dx = dy;
    }
    joinRows(dx as Float64Array, outputs, tangent, dOutputs, count, this.#width);
  }
}

/** y = y + xW + b. x [count, inputs], y [count, outputs]. */
function addProduct(x: Float64Array, flat: Float32Array, layer: Layer, y: Float64Array, count: number): void {
  const { bias, outputs } = layer;
  for (let s = 0; s < count && bias !== undefined; s++) {
    for (let o = 0; o < outputs; o++) add(y, s * outputs + o, value(flat, bias + o));
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
      if (bias !== undefined) add(sums, bias + o, d);
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
