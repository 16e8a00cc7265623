import type { Random } from '../random/random.ts';
import { type Layer, type Layout, layersOf } from './layout.ts';
import type { NetworkShape } from './shape.ts';

/** How a network starts; PPO's customary values in brackets. */
export interface Initialization {
  /** Gain of the hidden weights (√2). */
  readonly hiddenGain: number;
  /** Gain of the last layer's weights (0.01 for a policy, 1 for a value function). */
  readonly headGain: number;
  /** Value of the whole `logStd` block (0), where there is one. */
  readonly logStd: number;
}

/**
 * Orthogonal initialisation [Saxe et al., arXiv 1312.6120]: each weight matrix is gain·Q with QᵀQ = I (or
 * QQᵀ = I where it is wider than tall), Q uniform over such matrices; biases 0.
 * @param random a stream of its own for each network: `init/policy`, `init/value`
 * @param parameters flat [layout.size], overwritten
 * @throws RangeError when `parameters` has another length
 */
export function initialize(
  layout: Layout,
  shape: NetworkShape,
  { hiddenGain, headGain, logStd }: Initialization,
  random: Random,
  parameters: Float32Array,
): void {
  if (parameters.length !== layout.size) {
    throw new RangeError(`parameters must hold ${layout.size} numbers, got ${parameters.length}`);
  }
  const layers = layersOf(shape);
  parameters.fill(0);
  layers.forEach((layer, l) => {
    writeOrthogonal(layer, l < layers.length - 1 ? hiddenGain : headGain, random, parameters);
  });
  if (shape.logStd > 0) parameters.fill(logStd, layout.size - shape.logStd);
}

/** Orthonormal vectors as the columns of the weights, or as the rows where there are more columns. */
function writeOrthogonal(
  { inputs, outputs, weight }: Layer,
  gain: number,
  random: Random,
  flat: Float32Array,
): void {
  const tall = inputs >= outputs;
  const vectors = orthonormal(Math.min(inputs, outputs), Math.max(inputs, outputs), random);
  vectors.forEach((vector, v) => {
    vector.forEach((x, i) => {
      flat[weight + (tall ? i * outputs + v : v * outputs + i)] = gain * x;
    });
  });
}

/**
 * `count` orthonormal vectors of that length: Gram–Schmidt on Gaussian vectors. It is the QR decomposition
 * with a positive diagonal of R, the sign that makes Q uniform [Mezzadri, arXiv math-ph/0609050]. Projecting
 * twice is enough for orthogonality to rounding; a draw that vanishes is drawn again.
 */
function orthonormal(count: number, length: number, random: Random): Float64Array[] {
  const vectors: Float64Array[] = [];
  while (vectors.length < count) {
    const vector = Float64Array.from({ length }, () => random.normal());
    for (let pass = 0; pass < 2; pass++) {
      for (const other of vectors) subtract(vector, dot(vector, other), other);
    }
    const norm = Math.sqrt(dot(vector, vector));
    if (norm > 1e-9) vectors.push(vector.map((x) => x / norm));
  }
  return vectors;
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += (a[i] as number) * (b[i] as number);
  return sum;
}

/** a = a − factor·b. */
function subtract(a: Float64Array, factor: number, b: Float64Array): void {
  for (let i = 0; i < a.length; i++) a[i] = (a[i] as number) - factor * (b[i] as number);
}
