import { defineObjective } from './definition.ts';

/**
 * The surrogate without the samples that lead further away from a state where the policy is too far already:
 *   −mean(ratio·Â·m),  m = 0 where Â·(ratio − 1) > 0 and the state's divergence > δ, else 1.
 * With `divergence` "kl", KL(π_old(·|s)‖π_new(·|s)), it is TR-PPO [Wang et al., arXiv 1903.07940] and the mask of
 * DPPO [arXiv 2602.04879]; with "tv" DPPO by total variation, ½·Σ|π_new − π_old|. Both are exact. What counts is the whole
 * state, not the ratio of the one action that was drawn.
 */
export const divergenceMask = defineObjective({
  kind: 'divergenceMask',
  equation:
    '−mean(ratio·Â), without samples with Â(ratio − 1) > 0 in a state whose exact divergence is > δ [TR-PPO, arXiv 1903.07940; DPPO, arXiv 2602.04879]',
  settings: ['divergence', 'divergenceBound'],
  knobs: ['divergenceBound'],
  divergence: ({ divergence }) => divergence,
  evaluate(sample, { divergenceBound }) {
    const { ratio, advantage, stateDivergence } = sample;
    const isMasked = stateDivergence > divergenceBound && advantage * (ratio - 1) > 0;
    sample.slope = isMasked ? 0 : -ratio * advantage;
    sample.loss = sample.slope;
  },
});
