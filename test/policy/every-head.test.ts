import { fc, test } from '@fast-check/vitest';
import { describe, expect } from 'vitest';
import { categoricalHead } from '../../src/policy/categorical.ts';
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
  /** What is ruled out, if anything. */
  readonly mask: Uint8Array | undefined;
  readonly old: Float32Array;
  readonly now: Float32Array;
  readonly tangent: Float32Array;
}

/** Values of each number of an action. */
const valuesOf = ({ kind, sizes }: Head): readonly number[] =>
  kind === 'multiBinary' ? new Array<number>(sizes[0]).fill(2) : sizes;

/** A mask that leaves something of each. */
const maskOf = (head: Head): fc.Arbitrary<Uint8Array | undefined> =>
  fc.option(
    fc
      .tuple(
        ...valuesOf(head).map((n) =>
          fc.tuple(fc.nat(n - 1), fc.array(fc.nat(1), { minLength: n, maxLength: n })),
        ),
      )
      .map((parts) =>
        Uint8Array.from(parts.flatMap(([kept, own]) => own.map((each, k) => (k === kept ? 1 : each)))),
      ),
    { nil: undefined },
  );

const caseOf = (head: Head): fc.Arbitrary<Case> =>
  fc
    .tuple(logits(head.width), logits(head.width), logits(head.width), maskOf(head))
    .map(([old, now, tangent, mask]) => ({ head, old, now, tangent, mask }));

const categorical = fc.integer({ min: 1, max: 6 }).chain((n) => caseOf(categoricalHead(n, createTile)));

const multiDiscrete = fc
  .array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 3 })
  .chain((sizes) => caseOf(multiDiscreteHead(sizes, createTile)));
const multiBinary = fc.integer({ min: 1, max: 5 }).chain((n) => caseOf(multiBinaryHead(n)));

/** All actions, each as the head stores it. */
function actionsOf(head: Head): number[][] {
  return valuesOf(head).reduce<number[][]>(
    (all, n) => all.flatMap((action) => Array.from({ length: n }, (_, k) => [...action, k])),
    [[]],
  );
}

/** log π of every action, from sums of the logits that it takes: the log-softmax over those that are allowed. */
function joint(head: Head, actions: number[][], outputs: ArrayLike<number>, mask?: Uint8Array): number[] {
  const values = valuesOf(head);
  const scores = actions.map((action) => {
    let offset = 0;
    return action.reduce((score, value, c) => {
      const at = offset + value;
      offset += values[c];
      if (mask?.[at] === 0) return Number.NEGATIVE_INFINITY;
      if (head.kind === 'multiBinary') return score + (value === 1 ? outputs[c] : 0);
      return score + outputs[at];
    }, 0);
  });
  const most = Math.max(...scores);
  const total = most + Math.log(scores.reduce((sum, score) => sum + Math.exp(score - most), 0));
  return scores.map((score) => score - total);
}

const expectation = (p: number[], f: (i: number) => number): number =>
  p.reduce((sum, logP, i) => (logP === Number.NEGATIVE_INFINITY ? sum : sum + Math.exp(logP) * f(i)), 0);
const entropyOf = (p: number[]): number => -expectation(p, (i) => p[i]);
const klOf = (p: number[], q: number[]): number => expectation(p, (i) => p[i] - q[i]);

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
    if (
      got[i] !== expected[i] &&
      !(Math.abs(got[i] - expected[i]) <= tolerance * Math.max(1, Math.abs(expected[i])))
    )
      expect.fail(`entry ${i} is ${got[i]}, expected ${expected[i]}`);
}

function read(head: Head, outputs: Float32Array, mask?: Uint8Array): Float64Array {
  const row = new Float64Array(head.width);
  head.read(outputs, 1, row, mask);
  return row;
}

describe.each([
  ['categorical', categorical],
  ['multi-discrete', multiDiscrete],
  ['multi-binary', multiBinary],
])('a %s distribution', (_, cases) => {
  const settings = { numRuns: 200 };

  test.prop({ given: cases }, settings)('has the log-probability of every action', ({ given }) => {
    const { head, now, mask } = given;
    const actions = actionsOf(head);
    const row = read(head, now, mask);
    const out = new Float64Array(1);
    const got = actions.map((action) => {
      head.logProb(row, Float32Array.from(action), 1, out);
      return out[0];
    });
    expectNear(got, joint(head, actions, now, mask), 1e-10);
  });

  test.prop({ given: cases }, settings)('has the entropy, and the KL in both directions', ({ given }) => {
    const { head, old, now, mask } = given;
    const actions = actionsOf(head);
    const [p, q] = [joint(head, actions, old, mask), joint(head, actions, now, mask)];
    const [own, other] = [read(head, old, mask), read(head, now, mask)];
    const out = new Float64Array(1);
    head.entropy(own, 1, out);
    expectNear(out, [entropyOf(p)], 1e-9);
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
    const { head, old, now, mask } = given;
    const actions = actionsOf(head);
    const fixed = joint(head, actions, old, mask);
    const [own, row] = [read(head, old, mask), read(head, now, mask)];
    const forward = new Float32Array(head.width);
    head.addKlGradient(own, row, 0.7, 1, forward);
    expectNear(
      forward,
      slope((z) => 0.7 * klOf(fixed, joint(head, actions, z, mask)), now),
      1e-5,
    );
    const reverse = new Float32Array(head.width);
    head.addReverseKlGradient(own, row, 0.7, 1, reverse);
    expectNear(
      reverse,
      slope((z) => 0.7 * klOf(joint(head, actions, z, mask), fixed), now),
      1e-4,
    );
  });

  test.prop({ given: cases }, settings)('has the Fisher product E[∇log π ∇log πᵀ]·v', ({ given }) => {
    const { head, now, tangent, mask } = given;
    const actions = actionsOf(head);
    const row = read(head, now, mask);
    const p = joint(head, actions, now, mask);
    const expected = new Float64Array(head.width);
    for (const [i, action] of actions.entries()) {
      if (p[i] === Number.NEGATIVE_INFINITY) continue;
      const score = slope((z) => joint(head, actions, z, mask)[i], now);
      const along = score.reduce((sum, s, k) => sum + s * tangent[k], 0);
      for (let k = 0; k < expected.length; k++) expected[k] += Math.exp(p[i]) * along * score[k];
      expect(action.length).toBe(head.actionWidth);
    }
    const product = new Float32Array(head.width);
    head.fisherProduct(row, tangent, 1, product);
    expectNear(product, expected, 2e-5);
  });
});

test('what a mask rules out has probability 0, no gradient and no part in anything, exactly', () => {
  const random = randomStream(6, 'masks');
  for (const head of [
    categoricalHead(7, createTile),
    multiDiscreteHead([3, 1, 4], createTile),
    multiBinaryHead(4),
  ]) {
    const count = 400; // more than a tile of any
    const draw = () => Float32Array.from({ length: count * head.width }, () => 30 * random.normal());
    const masks = new Uint8Array(count * head.maskWidth).fill(1);
    for (let i = 0; i < count; i++) {
      let from = i * head.maskWidth;
      for (const n of valuesOf(head)) {
        const kept = random.integer(n);
        for (let k = 0; k < n; k++) masks[from + k] = k === kept || random.integer(3) === 0 ? 1 : 0;
        from += n;
      }
    }
    const [old, now] = [draw(), draw()].map((outputs) => {
      const rows = new Float64Array(count * head.width);
      head.read(outputs, count, rows, masks);
      return rows;
    }) as [Float64Array, Float64Array];
    const everything = new Uint8Array(masks.length).fill(1);
    const outputs = draw();
    const [plain, open] = [new Float64Array(now.length), new Float64Array(now.length)];
    head.read(outputs, count, plain);
    head.read(outputs, count, open, everything);
    expect(open).toEqual(plain);
    const actions = new Float32Array(count * head.actionWidth);
    for (const take of ['sample', 'mode'] as const)
      for (let i = 0; i < count; i++) {
        if (take === 'sample') head.sample(now, i, random, actions);
        else head.mode(now, i, actions);
        let from = i * head.maskWidth;
        for (const [a, n] of valuesOf(head).entries()) {
          expect(masks[from + actions[i * head.actionWidth + a]]).toBe(1);
          from += n;
        }
      }
    const out = new Float64Array(count);
    const weights = new Float64Array(count).fill(2);
    const gradients = [0, 1, 2, 3].map(() => new Float32Array(count * head.width)) as Float32Array[];
    const [policy, forward, reverse, fisher] = gradients as [
      Float32Array,
      Float32Array,
      Float32Array,
      Float32Array,
    ];
    head.addPolicyGradient(now, actions, weights, 0.5, count, policy);
    head.addKlGradient(old, now, 1, count, forward);
    head.addReverseKlGradient(old, now, 1, count, reverse);
    head.fisherProduct(now, draw(), count, fisher);
    const isFixed = (i: number, k: number): boolean =>
      head.kind === 'multiBinary'
        ? masks[i * head.maskWidth + 2 * k] + masks[i * head.maskWidth + 2 * k + 1] === 1
        : masks[i * head.maskWidth + k] === 0;
    for (let i = 0; i < count; i++)
      for (let k = 0; k < head.width; k++)
        for (const gradient of gradients) {
          const at = gradient[i * head.width + k];
          if (isFixed(i, k)) expect(at === 0).toBe(true);
          else expect(Number.isFinite(at)).toBe(true);
        }
    for (const compute of [
      () => head.logProb(now, actions, count, out),
      () => head.entropy(now, count, out),
      () => head.kl(old, now, count, out),
      () => head.kl(now, old, count, out),
    ]) {
      compute();
      expect(out.every((each) => Number.isFinite(each))).toBe(true);
    }
    head.kl(now, now, count, out);
    expect(out.every((each) => each === 0)).toBe(true);
  }
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
