import type { ValueData } from '../rollout/collect.ts';
import type { Learner } from './agent.ts';
import { createValueGradient, type ValueLossSettings } from './value-gradient.ts';

/** SB3-contrib and Spinning Up minimise mean((V − R)²), twice the loss that is reported here. */
export const FIT_LOSS: ValueLossSettings = { valueCoefficient: 2, valueClip: 'none', valueClipRange: 0 };

/** What a fit came to. */
export interface ValueFit {
  /** Mean over its minibatches of ½·mean((V − R)²). */
  readonly loss: number;
  /** What was not finite in the last minibatch, which was not applied then; null: all was well. */
  readonly failed: { readonly quantity: 'valueLoss' | 'gradientNorm'; readonly value: number } | null;
}

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
    for (let epoch = 0; epoch < epochs; epoch++) {
      for (let start = 0; start < count; start += minibatchSize) {
        const size = Math.min(minibatchSize, count - start);
        const { loss, sumOfSquares } = gradient(epoch * count + start, size);
        sum += loss;
        minibatches += 1;
        if (!Number.isFinite(loss)) return { loss: sum, failed: { quantity: 'valueLoss', value: loss } };
        if (!Number.isFinite(sumOfSquares)) {
          return { loss: sum, failed: { quantity: 'gradientNorm', value: sumOfSquares } };
        }
        value.optimizer.step(value.parameters, value.gradient, 1, learningRate);
      }
    }
    return { loss: sum / minibatches, failed: null };
  };
}
