import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { generalizedAdvantages } from '../../src/advantage/gae.ts';

interface GaeCase {
  gamma: number;
  lambda: number;
  rewards: number[][];
  values: number[][];
  dones: number[][];
  lastValues: number[];
  advantages: number[][];
  returns: number[][];
}

const fixture = JSON.parse(readFileSync(new URL('../fixtures/gae.json', import.meta.url), 'utf8')) as {
  cases: GaeCase[];
};

describe('generalizedAdvantages', () => {
  it.each(fixture.cases.map((c, i) => [i, c] as const))(
    'equals Stable-Baselines3’s RolloutBuffer in case %i',
    (_, c) => {
      const steps = c.rewards.length;
      const copies = c.rewards[0].length;
      const values = c.values.flat();
      const advantages = new Float64Array(steps * copies);
      const returns = new Float64Array(steps * copies);
      generalizedAdvantages(
        {
          steps,
          copies,
          rewards: c.rewards.flat(),
          values,
          nextValues: [...values.slice(copies), ...c.lastValues],
          terminated: c.dones.flat(),
          truncated: new Uint8Array(steps * copies),
        },
        c.gamma,
        c.lambda,
        advantages,
        returns,
      );
      c.advantages.flat().forEach((a, i) => {
        expect(advantages[i]).toBeCloseTo(a, 4);
      });
      c.returns.flat().forEach((r, i) => {
        expect(returns[i]).toBeCloseTo(r, 4);
      });
    },
  );

  const trajectory = (terminated: number, truncated: number) => {
    const advantages = new Float64Array(2);
    generalizedAdvantages(
      {
        steps: 2,
        copies: 1,
        rewards: [1, 10],
        values: [2, 3],
        nextValues: [5, 7],
        terminated: [terminated, 0],
        truncated: [truncated, 0],
      },
      0.5,
      0.5,
      advantages,
      new Float64Array(2),
    );
    return [...advantages];
  };

  it('lets the next advantage flow back within an episode', () => {
    expect(trajectory(0, 0)).toEqual([1 + 0.5 * 5 - 2 + 0.25 * 10.5, 10 + 0.5 * 7 - 3]);
  });

  it('gives a terminal state no value and stops the flow', () => {
    expect(trajectory(1, 0)).toEqual([1 - 2, 10.5]);
  });

  it('bootstraps from the final observation of a truncated episode and stops the flow', () => {
    expect(trajectory(0, 1)).toEqual([1 + 0.5 * 5 - 2, 10.5]);
  });
});
