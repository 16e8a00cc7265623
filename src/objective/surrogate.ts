import { exp } from '../elementary/exponential.ts';
import { defineObjective } from './definition.ts';

/** ratios[i] = π_new(a_i|s_i) / π_old(a_i|s_i) = exp(logRatios[i]), logRatios[i] = log π_new − log π_old. */
export function probabilityRatios(
  logProbs: Float64Array,
  oldLogProbs: Float64Array,
  count: number,
  logRatios: Float64Array,
  ratios: Float64Array,
): void {
  for (let i = 0; i < count; i++) {
    logRatios[i] = logProbs[i] - oldLogProbs[i];
    ratios[i] = exp(logRatios[i]);
  }
}

/** The bare surrogate −mean(ratio·Â) [TRPO, arXiv 1502.05477, eq. 14]. */
export const surrogate = defineObjective({
  kind: 'surrogate',
  equation: '−mean(ratio·Â), alone',
  settings: [],
  knobs: [],
  evaluate(sample) {
    sample.slope = -(sample.ratio * sample.advantage);
    sample.loss = sample.slope;
  },
});
