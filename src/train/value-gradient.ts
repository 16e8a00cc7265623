import type { Config } from '../config/schema.ts';
import { valueLoss } from '../objective/value-loss.ts';
import type { ValueData } from '../rollout/collect.ts';
import type { Learner } from './agent.ts';

/** What one minibatch asks of the value function. */
export interface ValueGradient {
  /** ½·mean((V − R)²), clipped where the config asks for it, without its coefficient. */
  readonly loss: number;
  /** ‖∂(c_v·loss)/∂parameters‖². */
  readonly sumOfSquares: number;
}

/** c_v and the value clipping, as in the config's `loss`. */
export type ValueLossSettings = Pick<Config['loss'], 'valueCoefficient' | 'valueClip' | 'valueClipRange'>;

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
