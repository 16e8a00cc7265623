import type { Scalar, serialization, Tensor, Variable } from '@tensorflow/tfjs-core';
import type { LayersModel } from '@tensorflow/tfjs-layers';
import type { Arithmetic, Pass } from './checked-network.ts';
import { adamStep, sumOfSquares } from './flat-vector.ts';
import { type Block, type Layout, layoutOf } from './layout.ts';
import type { LayersTopology, NetworkShape } from './shape.ts';
import { completeConvolution } from './tfjs-convolution.ts';
import { joinRows, leadingColumns, sumConstants } from './output-rows.ts';

type TensorFlow = typeof import('@tensorflow/tfjs-core');
type Layers = typeof import('@tensorflow/tfjs-layers');

/** TensorFlow.js with its layers, on the backend that an engine was made for. */
export interface LayersLibrary {
  use(): TensorFlow;
  readonly layers: Layers;
}

/** One weight of the model: where it stands in the flat parameters, and where TensorFlow.js keeps it. */
interface Weight {
  readonly block: Block;
  readonly size: number;
  readonly variable: Variable;
  readonly trainable: boolean;
}

interface LayersPass extends Pass {
  /** [count, D] */
  readonly observations: Float32Array;
}

/** Any LayersModel with one input and one output as a network; dropout and the like are off. */
export class LayersArithmetic implements Arithmetic<LayersPass> {
  readonly inputShape: readonly number[];
  readonly sumOfSquares = sumOfSquares;
  readonly adamStep = adamStep;
  readonly #library: LayersLibrary;
  readonly #shape: NetworkShape;
  readonly #model: LayersModel;
  readonly #weights: readonly Weight[];
  readonly #size: number;
  readonly #width: number;

  /** @throws RangeError when the model does not map the shape's inputs to its outputs */
  constructor(library: LayersLibrary, shape: NetworkShape, topology: LayersTopology) {
    completeConvolution(library.use());
    this.#library = library;
    const layout = layoutOf(shape);
    this.#shape = shape;
    this.#size = layout.size;
    this.#width = shape.outputs + shape.logStd;
    this.#model = inWords(() => modelOf(library.layers, topology.topology));
    this.inputShape = inputShapeOf(this.#model, shape);
    this.#weights = weightsOf(this.#model, layout);
    inWords(() => this.#try());
  }

  /** What a topology says wrong may come out only in a pass: here, and not in the middle of a run. */
  #try(): void {
    const [parameters, gradient] = [this.allocate(), this.allocate()];
    const pass = this.forward(parameters, new Float32Array(this.#shape.inputs), 1);
    this.vjp(pass, 1, new Float32Array(this.#width), gradient);
  }

  allocate(): Float32Array {
    return new Float32Array(this.#size);
  }

  forward(parameters: Float32Array, given: Float32Array, count: number): LayersPass {
    const { inputs, outputs: own } = this.#shape;
    const tf = this.#library.use();
    const observations = given.slice(0, count * inputs);
    const outputs = new Float32Array(count * this.#width);
    tf.tidy(() => {
      for (const { block, size, variable } of this.#weights) {
        const values = parameters.slice(block.offset, block.offset + size);
        variable.assign(tf.tensor(values, [...block.shape]));
      }
      joinRows(this.#apply(tf, observations, count).dataSync(), own, parameters, outputs, count, this.#width);
    });
    return { outputs, observations };
  }

  vjp({ observations }: LayersPass, count: number, dOutputs: Float32Array, gradient: Float32Array): void {
    const { outputs } = this.#shape;
    const tf = this.#library.use();
    gradient.fill(0);
    tf.tidy(() => {
      const u = tf.tensor2d(leadingColumns(dOutputs, count, outputs, this.#width), [count, outputs]);
      const gradients = this.#pullBack(tf, observations, count, u);
      for (const { block, variable } of this.#weights) {
        const part = gradients[variable.name];
        if (part) gradient.set(part.dataSync(), block.offset);
      }
    });
    sumConstants(dOutputs, count, outputs, this.#width, gradient);
  }

  /** Forward mode out of reverse mode twice: u ↦ Jᵀu is linear, and the gradient of ⟨Jᵀu, v⟩ in u is Jv. */
  jvp({ observations }: LayersPass, count: number, tangent: Float32Array, dOutputs: Float32Array): void {
    const { outputs } = this.#shape;
    const tf = this.#library.use();
    tf.tidy(() => {
      const directions = this.#weights.map(({ block, size }) =>
        tf.tensor(tangent.slice(block.offset, block.offset + size), [...block.shape]),
      );
      const along = (u: Tensor): Tensor => {
        const gradients = this.#pullBack(tf, observations, count, u);
        const terms = this.#weights.flatMap(({ variable }, i) => {
          const part = gradients[variable.name];
          return part ? [tf.sum(tf.mul(part, directions[i] as Tensor))] : [];
        });
        return tf.addN(terms);
      };
      const change = tf.grad(along)(tf.ones([count, outputs]));
      joinRows(change.dataSync(), outputs, tangent, dOutputs, count, this.#width);
    });
  }

  dispose(): void {
    this.#model.dispose();
  }

  /** The model's outputs [count, outputs]. */
  #apply(tf: TensorFlow, observations: Float32Array, count: number): Tensor {
    return this.#model.apply(tf.tensor(observations, [count, ...this.inputShape]), {
      training: false,
    }) as Tensor;
  }

  /** Jᵀu by name of the variable. */
  #pullBack(tf: TensorFlow, observations: Float32Array, count: number, u: Tensor): Record<string, Tensor> {
    const trainable = this.#weights.filter((each) => each.trainable).map(({ variable }) => variable);
    const product = (): Scalar => tf.sum(tf.mul(this.#apply(tf, observations, count), u));
    return tf.variableGrads(product, trainable).grads;
  }
}

/**
 * What TensorFlow.js makes of a topology that may be damaged, and what it trips over in words.
 * @throws RangeError, or its own Error
 */
function inWords<T>(make: () => T): T {
  try {
    return make();
  } catch (cause) {
    // Its own errors say what is wrong; these come out of the middle of it.
    if (cause instanceof TypeError) throw new RangeError('its modelTopology is damaged: it cannot be built');
    if (cause instanceof RangeError && !cause.message.startsWith('its topology'))
      throw new RangeError('its modelTopology has layers that are too large to be built');
    throw cause;
  }
}

/**
 * The model with zeros for weights (`true`: its initialisers may need operations that tfjs-core alone does not
 * have). `tf.models.modelFromJSON` does the same, but behind a promise.
 */
function modelOf({ Sequential, LayersModel }: Layers, topology: LayersTopology['topology']): LayersModel {
  const config = fromKeras(topology.config) as serialization.ConfigDict;
  if (topology.class_name === 'Sequential')
    return Sequential.fromConfig(Sequential, config, {}, true) as LayersModel;
  if (['Model', 'Functional', 'LayersModel'].includes(topology.class_name))
    return LayersModel.fromConfig(LayersModel, config, {}, true) as LayersModel;
  throw new RangeError(`its topology is a ${topology.class_name}, not a Sequential or functional model`);
}

const NODE_LISTS = new Set(['inboundNodes', 'inputLayers', 'outputLayers']);

/** Keras's snake_case keys and words in TensorFlow.js's camelCase; names stay as they are. */
function fromKeras(value: unknown, key = ''): unknown {
  if (typeof value === 'string') return camelCase(value);
  if (Array.isArray(value)) {
    const isName = (item: unknown, i: number): boolean =>
      NODE_LISTS.has(key) && i === 0 && typeof item === 'string';
    const own = value.map((item, i) => (isName(item, i) ? item : fromKeras(item, key)));
    return key === 'layers' ? endingLayers(own) : own;
  }
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]) => {
      const own = camelCase(name);
      return [own, name === 'name' && typeof inner === 'string' ? inner : fromKeras(inner, own)];
    }),
  );
}

/**
 * TensorFlow.js goes through the layers of a model again and again until each has its inputs: where one takes what no
 * layer gives, or its own output, for ever. Every time but the last gives one to at least one of them.
 */
function endingLayers(layers: unknown[]): unknown[] {
  const calls = layers.map((layer) => (layer as { inboundNodes?: unknown } | null)?.inboundNodes);
  let left = calls.reduce<number>((sum, own) => sum + (Array.isArray(own) ? own.length : 0), 2);
  return Object.defineProperty(layers, Symbol.iterator, {
    value() {
      if (left-- > 0) return Array.prototype.values.call(layers);
      throw new RangeError('its topology has a layer that never gets its inputs: no other gives them');
    },
  });
}

function camelCase(word: string): string {
  return word.length < 2 ? word : word.replace(/_+(\w|$)/g, (_, letter: string) => letter.toUpperCase());
}

/** The shape of one sample. @throws RangeError when the model has other inputs or outputs than the network */
function inputShapeOf({ inputs, outputs, layers }: LayersModel, shape: NetworkShape): number[] {
  if (inputs.length !== 1 || outputs.length !== 1)
    throw new RangeError(
      `it has ${inputs.length} inputs and ${outputs.length} outputs; one of each is wanted`,
    );
  const sizes = (dimensions: readonly (number | null)[]): number[] => dimensions.slice(1).map(Number);
  const input = sizes(inputs[0]?.shape ?? []);
  const output = sizes(outputs[0]?.shape ?? []);
  if (input.reduce((product, size) => product * size, 1) !== shape.inputs)
    throw new RangeError(`it takes [${input.join(', ')}], the environment gives ${shape.inputs} numbers`);
  if (output.length !== 1 || output[0] !== shape.outputs)
    throw new RangeError(`it gives [${output.join(', ')}], [${shape.outputs}] is wanted`);
  const last = layers.at(-1)?.getConfig();
  if (last?.activation === 'softmax' || layers.at(-1)?.getClassName() === 'Softmax')
    throw new RangeError('it ends in a softmax; leash takes the logits before it');
  return input;
}

/** @throws RangeError when model and layout do not have the same weights */
function weightsOf(model: LayersModel, layout: Layout): Weight[] {
  const trainable = new Set(model.trainableWeights);
  const blocks = layout.blocks.filter(({ name }) => name !== 'logStd');
  if (model.weights.length !== blocks.length)
    throw new RangeError(`its layers have ${model.weights.length} weights, its file ${blocks.length}`);
  return blocks.map((block) => {
    const own = model.weights.find(({ originalName }) => originalName === block.name);
    if (own === undefined || own.shape.join() !== block.shape.join())
      throw new RangeError(`no layer has the weight ${block.name} of shape [${block.shape.join(', ')}]`);
    const size = block.shape.reduce((product, d) => product * d, 1);
    return { block, size, variable: own.read() as Variable, trainable: trainable.has(own) };
  });
}
