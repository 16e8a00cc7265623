import type { ValueData } from '../rollout/collect.ts';
import type { Learner } from './agent.ts';
import { createValueGradient, type ValueGradient, type ValueLossSettings } from './value-gradient.ts';

/** SB3-contrib and Spinning Up minimise mean((V − R)²), twice the loss that is reported here. */
export const FIT_LOSS: ValueLossSettings = { valueCoefficient: 2, valueClip: 'none', valueClipRange: 0 };

/** What a fit comes to. */
export const fitFigures = [
  // Mean over its minibatches of ½·mean((V − R)²).
  'loss',
  // Of the last minibatch, which was not applied where one of them is not finite: that, and ‖gradient‖².
  'lastLoss',
  'lastSumOfSquares',
] as const;

export type ValueFit = Readonly<Record<(typeof fitFigures)[number], number>>;

/**
 * Makes the fit of a value network to a rollout's returns, apart from the policy: epochs of minibatches, each a step
 * of Adam on mean((V − R)²), no gradient clipping.
 * @param orders [≥ epochs · T·N]: the rows of each epoch in the order in which its minibatches take them
 */
export function createValueFit(
  value: Learner,
  data: ValueData,
  orders: Int32Array,
  settings: ValueLossSettings,
  minibatchSize: number,
): (epochs: number, learningRate: number) => ValueFit {
  const { count } = data;
  const gradient = createValueGradient(value, { ...data, order: orders }, settings, minibatchSize);
  return (epochs, learningRate) => {
    let sum = 0;
    let minibatches = 0;
    let last: ValueGradient = { loss: 0, sumOfSquares: 0 };
    const ended = (): ValueFit => ({
      loss: sum / minibatches,
      lastLoss: last.loss,
      lastSumOfSquares: last.sumOfSquares,
    });
    for (let epoch = 0; epoch < epochs; epoch++) {
      for (let start = 0; start < count; start += minibatchSize) {
        last = gradient(epoch * count + start, Math.min(minibatchSize, count - start));
        sum += last.loss;
        minibatches += 1;
        if (!Number.isFinite(last.loss) || !Number.isFinite(last.sumOfSquares)) return ended();
        value.optimizer.step(value.parameters, value.gradient, 1, learningRate);
      }
    }
    return ended();
  };
}
