import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { frozenLake } from '../../envs/frozen-lake.ts';
import { improvementOf } from '../../src/ground-truth/improvement.ts';
import { policyTruth } from '../../src/ground-truth/policy-truth.ts';
import { randomStream } from '../../src/random/random.ts';
import { Table } from '../../src/rollout/table.ts';

/** FrozenLake 4x4 by NumPy's linear solves; see test/fixtures/README.md. */
const reference = JSON.parse(
  readFileSync(new URL('../fixtures/ground-truth.json', import.meta.url), 'utf8'),
) as {
  gamma: number;
  policy: number[][];
  V: number[];
  Q: number[][];
  visitationUnnormalised: number[];
  J: number;
  cases: {
    newPolicy: number[][];
    trueImprovement: number;
    surrogateImprovement: number;
    klMeanOverVisitation: number;
    klMax: number;
    trpoLowerBound: number;
  }[];
};

const options = frozenLake.options.parse({});
const enumerated = frozenLake.enumerate?.(options, randomStream(0, 'environment/task'));
if (enumerated?.kind !== 'table') throw new Error('no table');
const table = new Table(enumerated.table);
const { gamma } = reference;
const policy = reference.policy.flat();
const truth = policyTruth(table, policy, gamma);

/** Largest difference of any two. */
function apart(ours: ArrayLike<number>, theirs: readonly number[]): number {
  expect(ours.length).toBe(theirs.length);
  return Math.max(...theirs.map((value, i) => Math.abs(value - ours[i])));
}

describe('what NumPy solves', () => {
  it('V, Q, visitation and J of a policy', () => {
    expect(apart(truth.values, reference.V)).toBeLessThan(1e-12);
    expect(apart(truth.actionValues, reference.Q.flat())).toBeLessThan(1e-12);
    expect(apart(truth.visitation, reference.visitationUnnormalised)).toBeLessThan(1e-12);
    expect(truth.discountedReturn).toBeCloseTo(reference.J, 12);
  });

  it.each(reference.cases.map((each, i) => ({ ...each, i })))('the step to policy $i', (expected) => {
    const next = expected.newPolicy.flat();
    const kl = Float64Array.from(reference.policy, (row, state) =>
      row.reduce((sum, p, a) => sum + p * Math.log(p / expected.newPolicy[state][a]), 0),
    );
    const step = improvementOf(table, [policy, truth], [next, policyTruth(table, next, gamma)], kl, gamma);
    expect(step.improvement).toBeCloseTo(expected.trueImprovement, 12);
    expect(step.promise).toBeCloseTo(expected.surrogateImprovement, 12);
    expect(step.klMean).toBeCloseTo(expected.klMeanOverVisitation, 12);
    expect(step.klMax).toBeCloseTo(expected.klMax, 12);
    expect(step.boundMaxKl).toBeCloseTo(expected.trpoLowerBound, 9);
    // Both hold, and the mean never exceeds the maximum.
    expect(step.boundMaxKl).toBeLessThanOrEqual(step.improvement);
    expect(step.boundMeanKl).toBeLessThanOrEqual(step.improvement);
    expect(step.boundMeanKl).toBeGreaterThan(step.boundMaxKl);
  });
});
