import { evaluateNextValues, evaluateRows, type ValueData } from '../rollout/collect.ts';
import type { KlMeasure } from '../trust-region/measure.ts';
import type { Learner } from './agent.ts';
import { createValueFit, type ValueFit } from './value-fit.ts';
import { createValueGradient, type ValueGradient, type ValueLossSettings } from './value-gradient.ts';

/**
 * The value function's half of an update, and the measuring of a step. Neither is waited for by what the policy does
 * next, so that they may run beside it: in PPO's update the two halves meet once a minibatch, for the gradient's
 * global norm, in TRPO's at its end. What a `begin` starts, its `finish` waits for; the numbers are the same
 * wherever they are computed.
 */
export interface ValueLearner {
  /** Threads that a run has with it, now. */
  readonly threads: 1 | 2;
  /** The first `rows` rows of the rollout are filled; their values may be computed. */
  collected(rows: number): void;
  /** Fills V(s_t) and V(s_{t+1}) of the whole rollout. */
  evaluate(): void;
  /** Starts on the gradient over the rows order[start … start+size) of the rollout. */
  begin(start: number, size: number): void;
  /** The gradient that was begun last. */
  finish(): ValueGradient;
  /** One step of Adam along that gradient times `scale`. */
  step(scale: number, learningRate: number): void;
  /** [epochs · T·N] for `beginFit`: the rows of each epoch in the order in which its minibatches take them. */
  readonly orders: Int32Array;
  /** Starts epochs of minibatches over the rollout in `orders`, each a step of Adam along its gradient as it is. */
  beginFit(epochs: number, learningRate: number): void;
  finishFit(): ValueFit;
  /**
   * Starts to measure the step from π_old to the policy as it is. The policy is not to change until that is
   * finished; the rollout may be filled anew.
   */
  beginMeasure(): void;
  finishMeasure(): KlMeasure;
  /** Brings the agent's `value` up to date: parameters and the optimiser's state. */
  sync(): void;
  /** Ends what runs beside this thread. */
  dispose(): void;
}

/**
 * A value learner on this thread.
 * @param minibatchSize most rows of one gradient
 * @param fitEpochs most epochs of a fit
 * @param measure of the region around the policy
 */
export function createValueLearner(
  value: Learner,
  data: ValueData,
  settings: ValueLossSettings,
  minibatchSize: number,
  fitEpochs: number,
  measure: () => KlMeasure,
): ValueLearner {
  const gradient = createValueGradient(value, data, settings, minibatchSize);
  const orders = new Int32Array(fitEpochs * data.count);
  const fitValues = createValueFit(value, data, orders, settings, minibatchSize);
  let fitting: readonly [epochs: number, learningRate: number] = [0, 0];
  let start = 0;
  let size = 0;
  let kl: KlMeasure;
  return {
    threads: 1,
    collected: () => {},
    evaluate() {
      evaluateRows(value, data, 0, data.count);
      evaluateNextValues(value, data);
    },
    begin(first, rows) {
      start = first;
      size = rows;
    },
    finish: () => gradient(start, size),
    step: (scale, learningRate) =>
      value.optimizer.step(value.parameters, value.gradient, scale, learningRate),
    orders,
    beginFit(epochs, learningRate) {
      fitting = [epochs, learningRate];
    },
    finishFit: () => fitValues(...fitting),
    beginMeasure() {
      kl = measure();
    },
    finishMeasure: () => kl,
    sync: () => {},
    dispose: () => {},
  };
}
