import { defineObjective } from './definition.ts';
import { evaluateSoftly } from './soft-clip.ts';

/**
 * Soft adaptive policy optimization [SAPO, arXiv 2511.20347]: the softly clipped surrogate with a temperature for each sign
 * of the advantage,
 *   −mean(σ(τ·(ratio − 1))·(4/τ)·Â),  τ = τ_positive where Â > 0, else τ_negative,
 * so that what is made less probable, which lifts all other actions with it, fades out sooner. With both alike it is
 * `softClip`, bit for bit.
 */
export const sapo = defineObjective({
  kind: 'sapo',
  equation: '−mean(σ(τ(ratio − 1))·(4/τ)·Â), τ by the sign of Â [SAPO, arXiv 2511.20347]',
  settings: ['temperaturePositive', 'temperatureNegative'],
  knobs: ['temperaturePositive'],
  evaluate(sample, { temperaturePositive, temperatureNegative }) {
    evaluateSoftly(sample, sample.advantage > 0 ? temperaturePositive : temperatureNegative);
  },
});
