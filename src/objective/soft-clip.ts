import { exp } from '../elementary/exponential.ts';
import { defineObjective, type Sample } from './definition.ts';

/**
 * The softly clipped surrogate [Chen et al., arXiv 2205.10047, the "Scopic" objective]:
 *   −mean(σ(τ·(ratio − 1))·(4/τ)·Â),  σ the logistic function.
 * At ratio 1 its gradient is the surrogate's; away from it the gradient shrinks by 4σ(1−σ), smoothly and never
 * to 0 (but for rounding, from τ·|ratio − 1| ≈ 700).
 */
export const softClip = defineObjective({
  kind: 'softClip',
  equation: '−mean(σ(τ(ratio − 1))·(4/τ)·Â) [arXiv 2205.10047]',
  settings: ['temperature'],
  knobs: ['temperature'],
  evaluate(sample, { temperature }) {
    evaluateSoftly(sample, temperature);
  },
});

/** Writes loss and slope of a sample at a temperature τ. */
export function evaluateSoftly(sample: Sample, temperature: number): void {
  const { ratio, advantage } = sample;
  // By e^−|x|, which cannot overflow: σ(x) is 1/(1 + e^−|x|) or its complement.
  const x = temperature * (ratio - 1);
  const decay = exp(-Math.abs(x));
  const sigmoid = (x < 0 ? decay : 1) / (1 + decay);
  sample.loss = -(((sigmoid * 4) / temperature) * advantage);
  const steepness = decay === 0 ? 0 : (4 * decay) / ((1 + decay) * (1 + decay));
  sample.slope = steepness === 0 ? 0 : -steepness * ratio * advantage;
}
