import type { AdamStep } from '../optimizer/adam.ts';

/** Σ vᵢ² in float64. */
export function sumOfSquares(vector: Float32Array): number {
  let sum = 0;
  for (const x of vector) sum += x * x;
  return sum;
}

/** `Network.adamStep` in float64, stored as float32. */
export function adamStep(
  parameters: Float32Array,
  gradient: Float32Array,
  firstMoment: Float32Array,
  secondMoment: Float32Array,
  step: AdamStep,
): void {
  const { beta1, beta2, epsilon } = step;
  const stepSize = step.learningRate / step.biasCorrection1;
  const rootCorrection2 = Math.sqrt(step.biasCorrection2);
  for (let i = 0; i < parameters.length; i++) {
    const g = (gradient[i] as number) * step.gradientScale;
    const m = beta1 * (firstMoment[i] as number) + (1 - beta1) * g;
    const v = beta2 * (secondMoment[i] as number) + (1 - beta2) * g * g;
    firstMoment[i] = m;
    secondMoment[i] = v;
    parameters[i] = (parameters[i] as number) - (stepSize * m) / (Math.sqrt(v) / rootCorrection2 + epsilon);
  }
}
