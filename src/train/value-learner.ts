import type { Config } from '../config/schema.ts';
import { valueLoss } from '../objective/value-loss.ts';
import { evaluateNextValues, evaluateRows, type ValueData } from '../rollout/collect.ts';
import type { KlMeasure } from '../trust-region/measure.ts';
import type { Learner } from './agent.ts';

/** What one minibatch asks of the value function. */
export interface ValueGradient {
  /** ½·mean((V − R)²), clipped where the config asks for it, without its coefficient. */
  readonly loss: number;
  /** ‖∂(c_v·loss)/∂parameters‖². */
  readonly sumOfSquares: number;
}

/**
 * The value function's half of a PPO update, and the measuring of a step. Neither is waited for by what the policy
 * does next, so that they may run beside it: in an update the two halves meet once a minibatch, for the gradient's
 * global norm. What a `begin` starts, its `finish` waits for; the numbers are the same wherever they are computed.
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

/** c_v and the value clipping, as in the config's `loss`. */
export type ValueLossSettings = Pick<Config['loss'], 'valueCoefficient' | 'valueClip' | 'valueClipRange'>;

/**
 * A value learner on this thread.
 * @param minibatchSize most rows of one gradient
 * @param measure of the region around the policy
 */
export function createValueLearner(
  value: Learner,
  data: ValueData,
  settings: ValueLossSettings,
  minibatchSize: number,
  measure: () => KlMeasure,
): ValueLearner {
  const gradient = createValueGradient(value, data, settings, minibatchSize);
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
    beginMeasure() {
      kl = measure();
    },
    finishMeasure: () => kl,
    sync: () => {},
    dispose: () => {},
  };
}

/** Makes the function that writes the value loss's gradient over rows order[start … start+size) into `value`. */
export function createValueGradient(
  { network, parameters, gradient }: Learner,
  data: ValueData,
  { valueCoefficient, valueClip, valueClipRange }: ValueLossSettings,
  minibatchSize: number,
): (start: number, size: number) => ValueGradient {
  const { features, order } = data;
  const observations = new Float32Array(minibatchSize * features);
  const oldValues = new Float64Array(minibatchSize);
  const returns = new Float64Array(minibatchSize);
  const dValues = new Float32Array(minibatchSize);

  return (start, size) => {
    for (let i = 0; i < size; i++) {
      const row = order[start + i];
      for (let d = 0; d < features; d++) {
        observations[i * features + d] = data.observations[row * features + d];
      }
      oldValues[i] = data.values[row];
      returns[i] = data.returns[row];
    }
    const at = network.forward(parameters, observations, size);
    const { outputs } = at;
    const loss = valueLoss(
      outputs,
      oldValues,
      returns,
      size,
      valueClip,
      valueClipRange,
      valueCoefficient,
      dValues,
    );
    network.vjp(at, dValues, gradient);
    return { loss, sumOfSquares: network.sumOfSquares(gradient) };
  };
}
