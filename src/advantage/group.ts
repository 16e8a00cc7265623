import { mean } from '../elementary/mean.ts';
import type { Trajectories } from './gae.ts';

/** What advantages of groups are taken from; every array is [T·N], index t·N + copy. */
export type GroupedEpisodes = Pick<Trajectories, 'steps' | 'copies' | 'rewards' | 'terminated' | 'truncated'>;

/** Of the standard deviation in GRPO, against 0; as TRL has it. */
const EPSILON = 1e-4;

/** How the returns R of a group become advantages. @param returns [G], overwritten */
export type GroupEstimator = (returns: Float64Array) => void;

/**
 * Group-relative advantages: (R − mean)/(std + 1e-4), std with G − 1 [Shao et al., arXiv 2402.03300, §4.1.2: outcome
 * supervision]; without the division R − mean [Dr. GRPO: Liu et al., arXiv 2503.20783]. Equal returns give 0.
 */
export function grpo(divideByStd: boolean): GroupEstimator {
  return (returns) => {
    const size = returns.length;
    const center = mean(returns);
    let squares = 0;
    for (const value of returns) squares += (value - center) ** 2;
    const divisor = divideByStd ? Math.sqrt(squares / (size - 1)) + EPSILON : 1;
    for (let i = 0; i < size; i++) returns[i] = (returns[i] - center) / divisor;
  };
}

/** R_i − mean of the others' [REINFORCE leave-one-out: Ahmadian et al., arXiv 2402.14740] = G/(G − 1)·(R_i − mean). */
export const rloo: GroupEstimator = (returns) => {
  const size = returns.length;
  const center = mean(returns);
  for (let i = 0; i < size; i++) returns[i] = (size / (size - 1)) * (returns[i] - center);
};

/**
 * Gives every step of an episode the advantage of its whole: copies g·G … (g + 1)·G − 1 are a group, whose k-th
 * episodes are compared with each other. Every copy must have whole episodes of the same lengths as its group.
 * @param advantages [T·N], written
 * @param returns [T·N], written: R of the episode that a step is in, undiscounted
 */
export function groupAdvantages(
  { steps, copies, rewards, terminated, truncated }: GroupedEpisodes,
  groupSize: number,
  estimate: GroupEstimator,
  advantages: Float64Array,
  returns: Float64Array,
): void {
  const ofGroup = new Float64Array(groupSize);
  for (let first = 0; first < copies; first += groupSize) {
    for (let start = 0; start < steps; ) {
      let end = start;
      while (terminated[end * copies + first] === 0 && truncated[end * copies + first] === 0) {
        end += 1;
        if (end === steps) throw new RangeError(`copy ${first} has no whole episode from step ${start} on`);
      }
      for (let i = 0; i < groupSize; i++) {
        ofGroup[i] = 0;
        for (let t = start; t <= end; t++) ofGroup[i] += rewards[t * copies + first + i];
        for (let t = start; t <= end; t++) returns[t * copies + first + i] = ofGroup[i];
      }
      estimate(ofGroup);
      for (let t = start; t <= end; t++) advantages.set(ofGroup, t * copies + first);
      start = end + 1;
    }
  }
}
