import { softmax } from '../../divergence/softmax.ts';

/** Those of the tutorial's softmax. */
export const EXAMPLE_LOGITS = [2.5, -1.3, 8.7, 0.2] as const;

/** “The capital of France is …”, as the tutorial has it. */
export const ANSWERS = ['Paris', 'Cheese', 'Lyon'] as const;
export const REFERENCE = [0.95, 0.03, 0.02] as const;
/** Of 100 annotators so many preferred the answer to Paris. */
const PREFERRED = [50, 63, 62] as const;
export const REWARD = PREFERRED.map((each) => Math.log(each / (100 - each)));
/** π* ∝ π_ref · exp(reward/β): the policy that maximises the mean of reward − β·log(π/π_ref). */
export function bestAnswers(beta: number): Float64Array {
  return softmax(REFERENCE.map((p, i) => Math.log(p) + (REWARD[i] as number) / beta));
}
