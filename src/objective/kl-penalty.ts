import type { Head } from '../policy/head.ts';
import { clip } from './clip.ts';
import { defineObjective } from './definition.ts';
import { surrogate } from './surrogate.ts';

/** The surrogate with the exact penalty [PPO, arXiv 1707.06347, eq. 8]. */
export const penalisedSurrogate = defineObjective({
  kind: 'klPenalty',
  equation: '−mean(ratio·Â) + β·KL(π_old‖π_new), exact [eq. 8]',
  settings: ['beta', 'adapt'],
  knobs: ['adapt', 'beta'],
  evaluate: surrogate.evaluate,
});

/** The clipped surrogate with the exact penalty, as RLlib's PPO has it by default. */
export const penalisedClip = defineObjective({
  kind: 'clipAndKlPenalty',
  equation: 'clip with the penalty added (RLlib)',
  settings: ['clipRange', 'beta', 'adapt'],
  knobs: ['adapt', 'beta'],
  evaluate: clip.evaluate,
});

/**
 * β·mean KL(π_old‖π_new), exact, over a batch's states [PPO, arXiv 1707.06347, eq. 8]. Its gradient is 0 at
 * π_new = π_old, so that an update's first gradient step is the bare surrogate's.
 * @param old distributions of π_old, [count, K]
 * @param current distributions of π_new, [count, K]
 * @param dOutputs its gradient is added: β/count·∂ΣKL/∂outputs of π_new, [count, K]
 * @param scratch overwritten, [count]
 * @returns the penalty, nats times β
 */
export function klPenalty(
  head: Head,
  old: Float64Array,
  current: Float64Array,
  count: number,
  beta: number,
  dOutputs: Float32Array,
  scratch: Float64Array,
): number {
  head.addKlGradient(old, current, beta / count, count, dOutputs);
  head.kl(old, current, count, scratch);
  let sum = 0;
  for (let i = 0; i < count; i++) sum += scratch[i];
  return (beta * sum) / count;
}
