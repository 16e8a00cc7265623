import type { Head } from '../policy/head.ts';

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
