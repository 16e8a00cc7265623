import { createHash } from 'node:crypto';
import { setImmediate } from 'node:timers/promises';
import type { Engine, Network } from '../network/network.ts';
import type { NetworkShape } from '../network/shape.ts';
import { initialize } from '../network/orthogonal.ts';
import { crossEntropyLoss } from '../objective/cross-entropy.ts';
import { Adam } from '../optimizer/adam.ts';
import { clipScale } from '../optimizer/gradient-norm.ts';
import { categoricalHead } from '../policy/categorical.ts';
import { randomStream, shuffle } from '../random/random.ts';
import { encodePolicy } from '../run/policy-file.ts';
import type { RunWriter } from '../run/run-writer.ts';
import type { RecordOfRun, RunStatus } from '../run/record.ts';
import { UserError } from '../user-error.ts';
import { LEASH_VERSION } from '../version.ts';
import type { Dataset } from './dataset.ts';
import type { FitRow } from '../row/fit.ts';
import { encodeFittedModel, encodeRewardModel } from './model-file.ts';
import { type FitMeasures, measureFit } from './measure-fit.ts';
import { type Reachable, reachable } from './reachable.ts';
import type { FitConfig } from './schema.ts';

/** What `fitModel` needs; the caller has chosen data, engine and place. */
export interface FitOptions {
  readonly config: FitConfig;
  readonly dataset: Dataset;
  readonly engine: Engine;
  readonly directory: RunWriter;
  /** Aborting finishes the epoch at hand and ends the run as `interrupted`, in its last epoch too. */
  readonly signal?: Pick<AbortSignal, 'aborted'> | undefined;
  /** Called when an epoch's row is on disk. */
  readonly onEpoch?: (row: FitRow) => void;
}

/** `run.json` of `fit`; an update is an epoch. */
export interface FitRecord extends RecordOfRun, Reachable {
  readonly kind: 'fit';
  readonly examples: number;
  readonly classes: readonly string[];
  readonly parameters: number;
  /** Before the first gradient step. */
  readonly initial: FitMeasures;
  readonly final: FitMeasures;
  /** entropyOfTarget + leastKl. */
  readonly leastCrossEntropy: number;
}

/** What a fit came to. */
export interface Fit {
  readonly record: FitRecord;
  /** log Q [N, K] of the fitted model. */
  readonly logProbs: Float64Array;
}

/**
 * Fits softmax(network(x)) to the targets by minimising their cross-entropy, epochs of shuffled minibatches,
 * each a step of Adam; one row a epoch. The same networks, engines and optimiser as `train`.
 * @throws UserError with exit code 1 when the gradient is not finite; the run is marked `failed`
 */
export async function fitModel(options: FitOptions): Promise<Fit> {
  const { config, dataset, directory, signal, onEpoch } = options;
  const model = startModel(options);
  const startedAt = new Date().toISOString();
  const start = performance.now();
  const initial = measureFit(dataset, model.predict());
  const best = reachable(dataset);
  let final = initial;
  let epoch = 0;
  const record = (status: RunStatus, rest: Partial<FitRecord> = {}): FitRecord => ({
    kind: 'fit',
    name: directory.name,
    seed: config.seed,
    ...directory.labels,
    status,
    versions: { leash: LEASH_VERSION, node: process.version, v8: process.versions.v8 },
    platform: `${process.platform} ${process.arch}`,
    engine: options.engine.name,
    startedAt,
    updatesPlanned: config.epochs,
    updates: epoch,
    examples: dataset.count,
    classes: dataset.classes,
    parameters: model.parameters.length,
    initial,
    final,
    leastCrossEntropy: initial.entropyOfTarget + best.leastKl,
    ...best,
    ...rest,
  });
  const ended = (status: RunStatus, failure?: string): FitRecord => {
    const last = record(status, {
      failure,
      finishedAt: new Date().toISOString(),
      seconds: (performance.now() - start) / 1000,
      parametersSha256: sha256(model.parameters),
    });
    directory.writeRecord(last);
    directory.log.info({ status, epochs: epoch }, 'ended');
    return last;
  };
  const markFailed = (failure: Error): void => {
    try {
      directory.log.error({ epoch: epoch + 1 }, failure.message);
      ended('failed', failure.message);
    } catch {
      // A folder that is another's takes nothing; the first failure is the one to report.
    }
  };
  try {
    directory.writeRecord(record('running'));
    directory.log.info({ examples: dataset.count, epochs: config.epochs }, 'started');
    // What came while the model was made is heard before the first epoch.
    await setImmediate();
    for (; epoch < config.epochs && !signal?.aborted; epoch++) {
      const gradientNorm = model.runEpoch();
      if (!Number.isFinite(gradientNorm)) {
        throw new UserError(
          `${directory.path}: epoch ${epoch + 1}: the gradient norm is ${gradientNorm}; last cross-entropy ${final.crossEntropy.toPrecision(4)}`,
          1,
        );
      }
      final = measureFit(dataset, model.predict());
      const row = rowOf(epoch + 1, model.gradientSteps(), final, config.optimizer.learningRate, gradientNorm);
      directory.appendRow(row);
      onEpoch?.(row);
      // Lets signals have their turn.
      await setImmediate();
    }
    const { columns, classes } = dataset;
    const { shape } = model.network;
    const { preferences } = config.data;
    if (preferences !== null)
      directory.writeRewardModel(encodeRewardModel(preferences, shape, model.parameters));
    else
      directory.writeModel(
        encodeFittedModel({ shape, parameters: model.parameters, inputs: columns, classes }),
      );
    // A model of the next token is a policy that writes it.
    if (config.data.text !== null)
      directory.writePolicy(
        encodePolicy({
          head: 'categorical',
          policy: { shape, layout: model.network.layout, parameters: model.parameters },
          tokens: classes,
        }),
      );
    const last = ended(signal?.aborted ? 'interrupted' : 'completed');
    return { record: last, logProbs: model.predict().slice() };
  } catch (cause) {
    markFailed(cause as Error);
    throw cause;
  } finally {
    model.network.dispose();
    directory.close();
  }
}

/** A config that no model can be made of leaves no run behind. */
function startModel(options: FitOptions): Model {
  try {
    return createModel(options);
  } catch (error) {
    options.directory.discard();
    throw error;
  }
}

function rowOf(
  update: number,
  gradientSteps: number,
  figures: FitMeasures,
  learningRate: number,
  gradientNorm: number,
): FitRow {
  return { update, gradientSteps, ...figures, learningRate, gradientNorm };
}

interface Model {
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

function createModel({ config, dataset, engine }: FitOptions): Model {
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

/** SHA-256 of the parameters, float32 little-endian. */
function sha256(parameters: Float32Array): string {
  const bytes = Buffer.alloc(parameters.length * 4);
  parameters.forEach((parameter, i) => {
    bytes.writeFloatLE(parameter, i * 4);
  });
  return createHash('sha256').update(bytes).digest('hex');
}
