import type { Engine, Network } from '../network/network.ts';
import { initialize } from '../network/orthogonal.ts';
import type { NetworkShape } from '../network/shape.ts';
import { crossEntropyLoss } from '../objective/cross-entropy.ts';
import { Adam } from '../optimizer/adam.ts';
import { clipScale } from '../optimizer/gradient-norm.ts';
import { categoricalHead } from '../policy/categorical.ts';
import { randomStream, shuffle } from '../random/random.ts';
import { UserError } from '../user-error.ts';
import type { Dataset, Examples } from './examples.ts';
import type { FitConfig } from './schema.ts';

/** A model that is fitted, epoch by epoch. */
export interface Model {
  readonly network: Network;
  readonly parameters: Float32Array;
  gradientSteps(): number;
  /** One pass over the examples. @returns the mean gradient norm; not finite: that step was not taken */
  runEpoch(): number;
  /** log Q [N, K] of every example, overwritten by the next call. */
  predict(): Float64Array;
}

/** Most examples that one forward holds when minibatches are smaller. */
const FORWARD_BATCH = 1024;

/** Examples that one forward holds. */
export function forwardCapacity({ batchSize }: FitConfig, count: number): number {
  return Math.min(count, Math.max(batchSize, FORWARD_BATCH));
}

/** Rows of inputs that an example has: a pair of answers has two, of which the network gives one number each. */
export function inputsPerExample({ data }: FitConfig): Dataset['inputsPerExample'] {
  return data.preferences === null ? 1 : 2;
}

/** The network that is fitted: D inputs, K classes, or for each of two inputs one of them. */
export function fitShape(config: FitConfig, D: number, K: number): NetworkShape {
  const { hidden, activation } = config.network;
  return { inputs: D, hidden, outputs: K / inputsPerExample(config), activation, logStd: 0 };
}

/** @throws UserError when the network and so many examples do not fit into the engine's memory */
function createNetwork(engine: Engine, shape: NetworkShape, capacity: number): Network {
  try {
    return engine.create(shape, capacity);
  } catch (cause) {
    if (!(cause instanceof RangeError)) throw cause;
    throw new UserError(
      `network (hidden ${JSON.stringify(shape.hidden)}, ${shape.inputs} inputs) and a batch of ${capacity} examples (batchSize) do not fit into the engine's memory: ${cause.message}`,
    );
  }
}

/** @throws UserError when the network and so many examples do not fit into the engine's memory */
export function createModel({
  config,
  dataset,
  engine,
}: {
  readonly config: FitConfig;
  readonly dataset: Examples;
  readonly engine: Engine;
}): Model {
  const { count, inputsPerExample: R, inputs, targets, weights } = dataset;
  /** Numbers of all inputs of an example. */
  const width = R * dataset.features;
  const K = dataset.classes.length;
  const { hiddenGain, headGain } = config.network;
  const size = Math.min(config.batchSize, count);
  const capacity = forwardCapacity(config, count);
  const network = createNetwork(engine, fitShape(config, dataset.features, K), R * capacity);
  const parameters = network.allocate();
  const gradient = network.allocate();
  const gains = { hiddenGain, headGain, logStd: 0 };
  initialize(network.layout, network.shape, gains, randomStream(config.seed, 'init/model'), parameters);
  const adam = new Adam(network, config.optimizer);
  const softmax = categoricalHead(K);
  const shuffling = randomStream(config.seed, 'shuffle');
  const order = Int32Array.from({ length: count }, (_, i) => i);
  const batch = {
    inputs: new Float32Array(size * width),
    targets: new Float64Array(size * K),
    weights: new Float64Array(size),
    logProbs: new Float64Array(size * K),
    dLogits: new Float32Array(size * K),
  };
  const all = new Float64Array(count * K);

  /** A step of Adam on the examples order[start … start + n). @returns the gradient's norm */
  const step = (start: number, n: number): number => {
    for (let i = 0; i < n; i++) {
      const from = order[start + i];
      batch.inputs.set(inputs.subarray(from * width, (from + 1) * width), i * width);
      batch.targets.set(targets.subarray(from * K, (from + 1) * K), i * K);
      batch.weights[i] = weights[from];
    }
    const at = network.forward(parameters, batch.inputs, R * n);
    softmax.read(at.outputs, n, batch.logProbs);
    crossEntropyLoss(batch.targets, batch.logProbs, batch.weights, n, K, batch.dLogits);
    network.vjp(at, batch.dLogits, gradient);
    const norm = Math.sqrt(network.sumOfSquares(gradient));
    if (!Number.isFinite(norm)) return norm;
    const { learningRate, maxGradientNorm } = config.optimizer;
    adam.step(parameters, gradient, clipScale(norm, maxGradientNorm), learningRate);
    return norm;
  };

  return {
    network,
    parameters,
    gradientSteps: () => adam.steps,
    runEpoch() {
      shuffle(order, shuffling);
      let norms = 0;
      for (let start = 0; start < count; start += size) {
        norms += step(start, Math.min(size, count - start));
        if (!Number.isFinite(norms)) return norms;
      }
      return norms / Math.ceil(count / size);
    },
    predict() {
      for (let start = 0; start < count; start += capacity) {
        const n = Math.min(capacity, count - start);
        const rows = inputs.subarray(start * width, (start + n) * width);
        softmax.read(network.infer(parameters, rows, R * n), n, all.subarray(start * K, (start + n) * K));
      }
      return all;
    },
  };
}
