import { describe, expect, it } from 'vitest';
import { groupAdvantages, grpo, rloo } from '../../src/advantage/group.ts';

/** Two groups of two copies, four steps: episodes of two steps in the first, one of three and one in the second. */
const rollout = {
  steps: 4,
  copies: 4,
  rewards: [1, 0, 0, 0, 2, 1, 5, 0, 0, 0, 0, 1, 4, 4, 3, 3],
  terminated: [0, 0, 0, 0, 1, 1, 0, 0, 0, 0, 1, 0, 1, 1, 1, 1],
  truncated: [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0],
};

function estimated(estimate: Parameters<typeof groupAdvantages>[2]) {
  const advantages = new Float64Array(16);
  const returns = new Float64Array(16);
  groupAdvantages(rollout, 2, estimate, advantages, returns);
  return { advantages: [...advantages], returns: [...returns] };
}

describe('advantages of groups', () => {
  it('give every step what its episode is better than the others of its group', () => {
    const { advantages, returns } = estimated(rloo);
    expect(returns).toEqual([3, 1, 5, 1, 3, 1, 5, 1, 4, 4, 5, 1, 4, 4, 3, 3]);
    expect(advantages).toEqual([2, -2, 4, -4, 2, -2, 4, -4, 0, 0, 4, -4, 0, 0, 0, 0]);
  });

  it('of GRPO are R − mean, divided by the sample standard deviation or not', () => {
    expect(estimated(grpo(false)).advantages.slice(0, 4)).toEqual([1, -1, 2, -2]);
    // std of two numbers d apart is d/√2.
    const [first, , third] = estimated(grpo(true)).advantages;
    expect(first).toBeCloseTo(1 / (Math.SQRT2 + 1e-4), 12);
    expect(third).toBeCloseTo(2 / (2 * Math.SQRT2 + 1e-4), 12);
  });

  it('of equal returns are 0 exactly, whatever they are', () => {
    for (const estimate of [grpo(true), grpo(false), rloo]) {
      const returns = new Float64Array(7).fill(0.1);
      estimate(returns);
      expect([...returns]).toEqual(new Array(7).fill(0));
    }
  });

  it('refuse an episode that the rollout cuts', () => {
    const cut = { ...rollout, terminated: rollout.terminated.with(12, 0) };
    expect(() => groupAdvantages(cut, 2, rloo, new Float64Array(16), new Float64Array(16))).toThrow(
      'copy 0 has no whole episode from step 2 on',
    );
  });
});
