import { valueLoss } from '../objective/value-loss.ts';
import { type Random, shuffle } from '../random/random.ts';
import { NonFiniteError } from '../rollout/environment.ts';
import type { Rollout } from '../rollout/rollout.ts';
import type { Learner } from './agent.ts';

/** SB3-contrib and Spinning Up minimise mean((V − R)²), twice the loss that is reported here. */
const COEFFICIENT = 2;

/**
 * Makes the fit of a value network to a rollout's returns, apart from the policy: epochs of shuffled
 * minibatches, each a step of Adam on mean((V − R)²), no gradient clipping.
 * @returns a function that fits and gives the mean over its minibatches of ½·mean((V − R)²)
 * @throws NonFiniteError when a loss or the gradient is not finite; that step is not applied
 */
export function createValueFit(
  value: Learner,
  rollout: Rollout,
  minibatchSize: number,
  random: Random,
): (epochs: number, learningRate: number) => number {
  const { count, features } = rollout;
  const order = Int32Array.from({ length: count }, (_, i) => i);
  const most = Math.min(minibatchSize, count);
  const observations = new Float32Array(most * features);
  const returns = new Float64Array(most);
  const oldValues = new Float64Array(most);
  const dValues = new Float32Array(most);

  const gradientStep = (start: number, learningRate: number): number => {
    const size = Math.min(minibatchSize, count - start);
    for (let i = 0; i < size; i++) {
      const row = order[start + i];
      observations.set(rollout.observations.subarray(row * features, (row + 1) * features), i * features);
      returns[i] = rollout.returns[row];
      oldValues[i] = rollout.values[row];
    }
    const { network, parameters, gradient, optimizer } = value;
    const at = network.forward(parameters, observations, size);
    const loss = valueLoss(at.outputs, oldValues, returns, size, 'none', 0, COEFFICIENT, dValues);
    network.vjp(at, dValues, gradient);
    requireFinite('valueLoss', loss);
    requireFinite('gradientNorm', network.sumOfSquares(gradient));
    optimizer.step(parameters, gradient, 1, learningRate);
    return loss;
  };

  return (epochs, learningRate) => {
    let sum = 0;
    let minibatches = 0;
    for (let epoch = 0; epoch < epochs; epoch++) {
      shuffle(order, random);
      for (let start = 0; start < count; start += minibatchSize) {
        sum += gradientStep(start, learningRate);
        minibatches += 1;
      }
    }
    return sum / minibatches;
  };
}

function requireFinite(quantity: string, value: number): void {
  if (!Number.isFinite(value)) throw new NonFiniteError(quantity, `${value} in a step of the value network`);
}
