import { availableParallelism } from 'node:os';
import type { Worker } from 'node:worker_threads';
import type { Config } from '../config/schema.ts';
import type { Engine, NetworkShape } from '../network/network.ts';
import { startThread } from '../node/start-thread.ts';
import type { Head } from '../policy/head.ts';
import type { ValueData } from '../rollout/collect.ts';
import type { Rollout } from '../rollout/rollout.ts';
import type { KlMeasure } from '../trust-region/measure.ts';
import type { Agent } from './agent.ts';
import { CommandQueue } from './command-queue.ts';
import type { OldPolicyData } from './region.ts';
import type { ValueLossSettings } from './value-gradient.ts';
import type { ValueLearner } from './value-learner.ts';

/** What the worker can be told, with the arguments a, b. */
export const Operation = {
  /** V(s_t) of the rows [a, b). */
  evaluateRows: 0,
  /** V(s_{t+1}) of all rows, a of which a time limit cut. */
  evaluateNextValues: 1,
  /** The gradient over b rows from order[a] on; its figures go to `results`. */
  gradient: 2,
  /** A step of Adam with gradient scale a and learning rate b. */
  step: 3,
  /** Takes parameters and moments out of the shared arrays; a steps of Adam were taken. */
  take: 4,
  /** Puts them there. */
  give: 5,
  /** Measures the step to the policy in `policy`; the figures go to `policy.figures`. */
  measure: 6,
  /** a epochs of minibatches in `orders`, learning rate b; what they came to goes to `results`. */
  fit: 7,
  end: 8,
} as const;

/** What the worker is sent first; all arrays are shared memory. */
export interface ValueWorkerData {
  readonly queue: SharedArrayBuffer;
  readonly engine: Engine['name'];
  readonly fastMath: boolean;
  readonly shape: NetworkShape;
  readonly capacity: number;
  readonly optimizer: Pick<Config['optimizer'], 'adamBeta1' | 'adamBeta2' | 'adamEpsilon'>;
  readonly settings: ValueLossSettings;
  readonly minibatchSize: number;
  readonly data: ValueData;
  readonly shared: {
    readonly parameters: Float32Array;
    readonly firstMoment: Float32Array;
    readonly secondMoment: Float32Array;
    /** Loss and sum of squares of the last gradient; or of a fit its loss, index in `FAILURES` and the value. */
    readonly results: Float64Array;
    readonly orders: Int32Array;
  };
  readonly policy: PolicyCopy;
}

/** What can fail in a fit, by its index in `results`. */
export const FAILURES = [null, 'valueLoss', 'gradientNorm'] as const;

/** What measuring a step takes, copied, so that the policy's thread can fill the rollout anew. */
export interface PolicyCopy {
  readonly shape: NetworkShape;
  readonly capacity: number;
  readonly head: { readonly kind: Head['kind']; readonly size: number };
  readonly parameters: Float32Array;
  readonly data: OldPolicyData;
  /** In the order of `MEASURES`. */
  readonly figures: Float64Array;
}

/** The figures of a measured step, as they are handed over. */
export const MEASURES = [
  'oldNewMean',
  'oldNewP95',
  'oldNewMax',
  'newOldMean',
  'k1',
  'k2',
  'k3',
  'entropy',
] as const satisfies readonly (keyof KlMeasure)[];

/** A value learner on a thread of its own. */
export interface ValueThread extends ValueLearner {
  /** Goes on from the state that `value` has. */
  take(): void;
}

/** Rows whose values are computed in one go while the rollout is collected: as many as the kernels like. */
const ROWS = 128;

/**
 * Starts a thread that holds the value network and computes the same numbers as `createValueLearner`. The agent's
 * `value` is where it starts from, and holds its state after `sync`.
 * @param data a rollout in shared memory
 */
export function createValueThread(
  { head, policy, value }: Agent,
  data: Rollout,
  engine: Engine,
  optimizer: ValueWorkerData['optimizer'],
  settings: ValueLossSettings,
  minibatchSize: number,
  fitEpochs: number,
): ValueThread {
  const { shape, capacity } = value.network;
  const copy = copyOfPolicy(head, policy, data);
  const shared: ValueWorkerData['shared'] = {
    parameters: sharedFloat32(value.parameters.length),
    firstMoment: sharedFloat32(value.parameters.length),
    secondMoment: sharedFloat32(value.parameters.length),
    results: sharedFloat64(3),
    orders: new Int32Array(new SharedArrayBuffer(4 * fitEpochs * data.count)),
  };
  const queue = new CommandQueue();
  const workerData: ValueWorkerData = {
    queue: queue.memory,
    engine: engine.name,
    fastMath: engine.fastMath,
    shape,
    capacity,
    optimizer,
    settings: {
      valueCoefficient: settings.valueCoefficient,
      valueClip: settings.valueClip,
      valueClipRange: settings.valueClipRange,
    },
    minibatchSize,
    data: sharedPart(data),
    shared,
    policy: copy,
  };
  const worker = prepared ?? startWorker();
  prepared = undefined;
  worker.postMessage(workerData);
  let evaluated = 0;
  let stepsSince = 0;
  let measuring = 0;
  let fitting = 0;

  return {
    threads: 2,
    collected(rows) {
      if (rows - evaluated < ROWS) return;
      queue.send(Operation.evaluateRows, evaluated, rows);
      evaluated = rows;
    },
    evaluate() {
      queue.send(Operation.evaluateRows, evaluated, data.count);
      queue.send(Operation.evaluateNextValues, data.cuts);
      evaluated = 0;
      queue.drain();
    },
    begin: (start, size) => queue.send(Operation.gradient, start, size),
    finish() {
      queue.drain();
      return { loss: shared.results[0], sumOfSquares: shared.results[1] };
    },
    step(scale, learningRate) {
      stepsSince += 1;
      queue.send(Operation.step, scale, learningRate);
    },
    take() {
      queue.drain();
      shared.parameters.set(value.parameters);
      shared.firstMoment.set(value.optimizer.firstMoment);
      shared.secondMoment.set(value.optimizer.secondMoment);
      queue.send(Operation.take, value.optimizer.steps);
      evaluated = 0;
      stepsSince = 0;
    },
    orders: shared.orders,
    beginFit(epochs, learningRate) {
      stepsSince += epochs * Math.ceil(data.count / minibatchSize);
      fitting = queue.send(Operation.fit, epochs, learningRate);
    },
    finishFit() {
      queue.waitFor(fitting);
      const [loss, failure, value] = shared.results;
      const quantity = FAILURES[failure] ?? null;
      return { loss, failed: quantity && { quantity, value } };
    },
    beginMeasure() {
      copy.parameters.set(policy.parameters);
      copy.data.observations.set(data.observations);
      copy.data.actions.set(data.actions);
      copy.data.distributions.set(data.distributions);
      copy.data.logProbs.set(data.logProbs);
      measuring = queue.send(Operation.measure);
    },
    finishMeasure() {
      queue.waitFor(measuring);
      return Object.fromEntries(MEASURES.map((name, i) => [name, copy.figures[i]])) as unknown as KlMeasure;
    },
    sync() {
      queue.send(Operation.give);
      queue.drain();
      value.parameters.set(shared.parameters);
      value.optimizer.firstMoment.set(shared.firstMoment);
      value.optimizer.secondMoment.set(shared.secondMoment);
      value.optimizer.continueFrom(value.optimizer.steps + stepsSince);
      stepsSince = 0;
    },
    dispose: () => queue.send(Operation.end),
  };
}

/** The fields the worker needs: what else a rollout has would be copied. */
function sharedPart(data: ValueData): ValueData {
  const { count, copies, features, observations, lastObservations, cutRows, cutObservations } = data;
  const { cuts, values, nextValues, returns, order } = data;
  return {
    ...{ count, copies, features, observations, lastObservations, cutRows, cutObservations },
    ...{ cuts, values, nextValues, returns, order },
  };
}

function sharedFloat32(length: number): Float32Array {
  return new Float32Array(new SharedArrayBuffer(4 * length));
}

function sharedFloat64(length: number): Float64Array {
  return new Float64Array(new SharedArrayBuffer(8 * length));
}

function copyOfPolicy(
  head: Head,
  { network: { shape, capacity }, parameters }: Agent['policy'],
  { count, observations, actions, distributions, logProbs }: Rollout,
): PolicyCopy {
  return {
    shape,
    capacity,
    head: { kind: head.kind, size: head.kind === 'categorical' ? head.width : head.actionWidth },
    parameters: sharedFloat32(parameters.length),
    data: {
      count,
      observations: sharedFloat32(observations.length),
      actions: sharedFloat32(actions.length),
      distributions: sharedFloat64(distributions.length),
      logProbs: sharedFloat64(logProbs.length),
    },
    figures: sharedFloat64(MEASURES.length),
  };
}

let prepared: Worker | undefined;

/**
 * Starts the thread that the next `createValueThread` takes, so that it loads while the caller still reads a config: a
 * tenth of a second that nothing then waits for. Does nothing where one core only would run both.
 */
export function prepareValueThread(): void {
  if (availableParallelism() > 1) prepared ??= startWorker();
}

/** Ends a thread that was started in vain. */
export function discardPreparedThread(): void {
  void prepared?.terminate();
  prepared = undefined;
}

/** A thread that waits for its `ValueWorkerData`. */
function startWorker(): Worker {
  // It makes next to no garbage: a small space for new objects saves 2 MB.
  const resourceLimits = { maxYoungGenerationSizeMb: 1 };
  const worker = startThread(new URL('value-worker.js', import.meta.url), { resourceLimits });
  // A run that ends by an error must not be kept alive by its thread.
  worker.unref();
  return worker;
}
