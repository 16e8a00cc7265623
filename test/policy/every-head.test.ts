import { fc, test } from '@fast-check/vitest';
import { describe, expect } from 'vitest';
import type { Head } from '../../src/policy/head.ts';
import { multiBinaryHead } from '../../src/policy/multi-binary.ts';
import { multiDiscreteHead } from '../../src/policy/multi-discrete.ts';
import { loadEngine } from '../../src/node/load-engine.ts';
import { randomStream } from '../../src/random/random.ts';

/*
 * Distributions over several numbers against the joint distribution over all of their actions, written out in float64: nothing
 * there knows that they are independent.
 */

const { createTile } = await loadEngine('wasm');

/** A row of network outputs: logits, some of them far out, as float32 holds them. */
const logits = (length: number): fc.Arbitrary<Float32Array> =>
  fc
    .array(
      fc.oneof(fc.double({ min: -3, max: 3, noNaN: true }), fc.double({ min: -60, max: 60, noNaN: true })),
      {
        minLength: length,
        maxLength: length,
      },
    )
    .map((values) => Float32Array.from(values));

interface Case {
  readonly head: Head;
  readonly old: Float32Array;
  readonly now: Float32Array;
  readonly tangent: Float32Array;
}

const caseOf = (head: Head): fc.Arbitrary<Case> =>
  fc
    .tuple(logits(head.width), logits(head.width), logits(head.width))
    .map(([old, now, tangent]) => ({ head, old, now, tangent }));

const multiDiscrete = fc
  .array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 3 })
  .chain((sizes) => caseOf(multiDiscreteHead(sizes, createTile)));
const multiBinary = fc.integer({ min: 1, max: 5 }).chain((n) => caseOf(multiBinaryHead(n)));

/** All actions, each as the head stores it. */
function actionsOf({ kind, sizes }: Head): number[][] {
  const values = kind === 'multiBinary' ? new Array<number>(sizes[0]).fill(2) : sizes;
  return values.reduce<number[][]>(
    (all, n) => all.flatMap((action) => Array.from({ length: n }, (_, k) => [...action, k])),
    [[]],
  );
}

/** log π of every action, from sums of the logits that it takes: the log-softmax of the joint distribution. */
function joint({ kind, sizes }: Head, actions: number[][], outputs: ArrayLike<number>): number[] {
  const scores = actions.map((action) => {
    let offset = 0;
    return action.reduce((score, value, c) => {
      if (kind === 'multiBinary') return score + (value === 1 ? outputs[c] : 0);
      const own = outputs[offset + value];
      offset += sizes[c];
      return score + own;
    }, 0);
  });
  const most = Math.max(...scores);
  const total = most + Math.log(scores.reduce((sum, score) => sum + Math.exp(score - most), 0));
  return scores.map((score) => score - total);
}

const klOf = (p: number[], q: number[]): number =>
  p.reduce((sum, logP, i) => sum + Math.exp(logP) * (logP - q[i]), 0);

/** ∂f/∂outputs of a function of float64 numbers, by central differences with Richardson's correction. */
function slope(f: (outputs: number[]) => number, outputs: ArrayLike<number>): number[] {
  return Array.from(outputs, (_, j) => {
    const at = (step: number): number => f(Array.from(outputs, (x, i) => (i === j ? x + step : x)));
    const wide = (at(1e-3) - at(-1e-3)) / 2e-3;
    const near = (at(5e-4) - at(-5e-4)) / 1e-3;
    return (4 * near - wide) / 3;
  });
}

function expectNear(got: ArrayLike<number>, expected: ArrayLike<number>, tolerance: number): void {
  for (let i = 0; i < expected.length; i++)
    if (!(Math.abs(got[i] - expected[i]) <= tolerance * Math.max(1, Math.abs(expected[i]))))
      expect.fail(`entry ${i} is ${got[i]}, expected ${expected[i]}`);
}

function read(head: Head, outputs: Float32Array): Float64Array {
  const row = new Float64Array(head.width);
  head.read(outputs, 1, row);
  return row;
}

describe.each([
  ['multi-discrete', multiDiscrete],
  ['multi-binary', multiBinary],
])('a %s distribution', (_, cases) => {
  const settings = { numRuns: 200 };

  test.prop({ given: cases }, settings)('has the log-probability of every action', ({ given }) => {
    const { head, now } = given;
    const actions = actionsOf(head);
    const row = read(head, now);
    const out = new Float64Array(1);
    const got = actions.map((action) => {
      head.logProb(row, Float32Array.from(action), 1, out);
      return out[0];
    });
    expectNear(got, joint(head, actions, now), 1e-10);
  });

  test.prop({ given: cases }, settings)('has the entropy, and the KL in both directions', ({ given }) => {
    const { head, old, now } = given;
    const actions = actionsOf(head);
    const [p, q] = [joint(head, actions, old), joint(head, actions, now)];
    const [own, other] = [read(head, old), read(head, now)];
    const out = new Float64Array(1);
    head.entropy(own, 1, out);
    expectNear(out, [-p.reduce((sum, logP) => sum + Math.exp(logP) * logP, 0)], 1e-9);
    head.kl(own, other, 1, out);
    expectNear(out, [klOf(p, q)], 1e-9);
    expect(out[0]).toBeGreaterThanOrEqual(0);
    head.kl(other, own, 1, out);
    expectNear(out, [klOf(q, p)], 1e-9);
  });

  test.prop(
    { given: cases, pick: fc.nat(), entropyWeight: fc.double({ min: -2, max: 2, noNaN: true }) },
    settings,
  )('has the gradient of log-probability and entropy', ({ given, pick, entropyWeight }) => {
    const { head, now } = given;
    const actions = actionsOf(head);
    const index = pick % actions.length;
    const gradient = new Float32Array(head.width);
    const weights = Float64Array.of(1.5);
    head.addPolicyGradient(
      read(head, now),
      Float32Array.from(actions[index] as number[]),
      weights,
      entropyWeight,
      1,
      gradient,
    );
    const value = (outputs: number[]): number => {
      const p = joint(head, actions, outputs);
      return 1.5 * p[index] - entropyWeight * p.reduce((sum, logP) => sum + Math.exp(logP) * logP, 0);
    };
    expectNear(gradient, slope(value, now), 1e-5);
  });

  test.prop({ given: cases }, settings)('has the gradients of both KLs', ({ given }) => {
    const { head, old, now } = given;
    const actions = actionsOf(head);
    const fixed = joint(head, actions, old);
    const [own, row] = [read(head, old), read(head, now)];
    const forward = new Float32Array(head.width);
    head.addKlGradient(own, row, 0.7, 1, forward);
    expectNear(
      forward,
      slope((z) => 0.7 * klOf(fixed, joint(head, actions, z)), now),
      1e-5,
    );
    const reverse = new Float32Array(head.width);
    head.addReverseKlGradient(own, row, 0.7, 1, reverse);
    expectNear(
      reverse,
      slope((z) => 0.7 * klOf(joint(head, actions, z), fixed), now),
      1e-4,
    );
  });

  test.prop({ given: cases }, settings)('has the Fisher product E[∇log π ∇log πᵀ]·v', ({ given }) => {
    const { head, now, tangent } = given;
    const actions = actionsOf(head);
    const row = read(head, now);
    const p = joint(head, actions, now);
    const expected = new Float64Array(head.width);
    for (const [i, action] of actions.entries()) {
      const score = slope((z) => joint(head, actions, z)[i], now);
      const along = score.reduce((sum, s, k) => sum + s * tangent[k], 0);
      for (let k = 0; k < expected.length; k++) expected[k] += Math.exp(p[i]) * along * score[k];
      expect(action.length).toBe(head.actionWidth);
    }
    const product = new Float32Array(head.width);
    head.fisherProduct(row, tangent, 1, product);
    expectNear(product, expected, 2e-5);
  });
});

test('actions are drawn as often as they are probable', () => {
  for (const head of [multiDiscreteHead([2, 3]), multiBinaryHead(2)]) {
    const random = randomStream(5, head.kind);
    const row = read(
      head,
      Float32Array.from({ length: head.width }, () => random.normal()),
    );
    const actions = actionsOf(head);
    const count = new Map(actions.map((action) => [action.join(), 0]));
    const drawn = new Float32Array(head.actionWidth);
    const draws = 20_000;
    for (let i = 0; i < draws; i++) {
      head.sample(row, 0, random, drawn);
      const key = [...drawn].join();
      count.set(key, (count.get(key) as number) + 1);
    }
    const out = new Float64Array(1);
    for (const action of actions) {
      head.logProb(row, Float32Array.from(action), 1, out);
      const p = Math.exp(out[0]);
      const share = (count.get(action.join()) as number) / draws;
      expect(Math.abs(share - p)).toBeLessThan(4 * Math.sqrt((p * (1 - p)) / draws) + 1e-9);
    }
  }
});
