import type { AdamStep } from '../optimizer/adam.ts';
import { requireFlat } from './limits.ts';

/** Σ vᵢ² in float64. @throws RangeError when the vector does not hold `size` numbers */
export function sumOfSquares(vector: Float32Array, size: number): number {
  requireFlat('vector', vector, size);
  let sum = 0;
  for (const x of vector) sum += x * x;
  return sum;
}

/** `Network.adamStep` in float64, stored as float32. @throws RangeError when a vector does not hold `size` numbers */
export function adamStep(
  parameters: Float32Array,
  gradient: Float32Array,
  firstMoment: Float32Array,
  secondMoment: Float32Array,
  step: AdamStep,
  size: number,
): void {
  requireFlat('parameters', parameters, size);
  requireFlat('gradient', gradient, size);
  requireFlat('firstMoment', firstMoment, size);
  requireFlat('secondMoment', secondMoment, size);
  const { beta1, beta2, epsilon } = step;
  const stepSize = step.learningRate / step.biasCorrection1;
  const rootCorrection2 = Math.sqrt(step.biasCorrection2);
  for (let i = 0; i < size; i++) {
    const g = (gradient[i] as number) * step.gradientScale;
    const m = beta1 * (firstMoment[i] as number) + (1 - beta1) * g;
    const v = beta2 * (secondMoment[i] as number) + (1 - beta2) * g * g;
    firstMoment[i] = m;
    secondMoment[i] = v;
    parameters[i] = (parameters[i] as number) - (stepSize * m) / (Math.sqrt(v) / rootCorrection2 + epsilon);
  }
}
