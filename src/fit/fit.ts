import { createHash } from 'node:crypto';
import { setImmediate } from 'node:timers/promises';
import type { Engine } from '../network/network.ts';
import { encodePolicy } from '../run/policy-file.ts';
import type { RunWriter } from '../run/run-writer.ts';
import type { RecordOfRun, RunStatus } from '../run/record.ts';
import { UserError } from '../user-error.ts';
import { LEASH_VERSION } from '../version.ts';
import type { Dataset } from './dataset.ts';
import type { FitRow } from '../row/fit.ts';
import { encodeFittedModel, encodeRewardModel } from './model-file.ts';
import { type FitMeasures, measureFit } from './measure-fit.ts';
import { createModel, type Model } from './model.ts';
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

/** SHA-256 of the parameters, float32 little-endian. */
function sha256(parameters: Float32Array): string {
  const bytes = Buffer.alloc(parameters.length * 4);
  parameters.forEach((parameter, i) => {
    bytes.writeFloatLE(parameter, i * 4);
  });
  return createHash('sha256').update(bytes).digest('hex');
}
