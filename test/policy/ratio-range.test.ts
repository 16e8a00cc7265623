import { fc, test } from '@fast-check/vitest';
import { describe, expect, it } from 'vitest';
import { categoricalHead } from '../../src/policy/categorical.ts';
import { diagonalGaussianHead } from '../../src/policy/diagonal-gaussian.ts';
import type { Head } from '../../src/policy/head.ts';
import { multiBinaryHead } from '../../src/policy/multi-binary.ts';
import { multiDiscreteHead } from '../../src/policy/multi-discrete.ts';
import { squashedGaussianHead } from '../../src/policy/squashed-gaussian.ts';
import { randomStream } from '../../src/random/random.ts';

function rangeOf(head: Head, distribution: readonly number[], action: readonly number[], delta: number) {
  const [least, greatest] = [new Float64Array(1), new Float64Array(1)];
  head.ratioRange(Float64Array.from(distribution), Float32Array.from(action), 1, delta, least, greatest);
  return [least[0], greatest[0]];
}

const two = categoricalHead(2);
const ofChoice = (p: number, delta: number) => rangeOf(two, [Math.log(p), Math.log1p(-p)], [0], delta);
const ofGaussian = (z: readonly number[], delta: number) =>
  rangeOf(diagonalGaussianHead(z.length), [...z.map(() => 0), ...z.map(() => 0)], z, delta);

// By SciPy: brentq on the paper's equation for the categorical, for the Gaussian SLSQP over all means and deviations.
it.each([
  [0.5, 0.02, 0.8019834328959398, 1.1980165671040603],
  [0.5, 0.03, 0.7586797430472292, 1.2413202569527708],
  [0.1, 0.03, 0.4237909472489444, 1.889029088975944],
  [0.01, 0.03, 0.01875272295556177, 5.614323008312136],
  [0.9, 0.03, 0.9012189901137839, 1.0640232280834503],
  [0.97, 0.03, 0.9367121050318129, 1.0259599456993398],
  [0.3, 0.5, 0.08743247608380768, 2.571274428691917],
])('an action of probability %f has within a KL of %f ratios from %f to %f', (p, delta, least, greatest) => {
  const found = ofChoice(p, delta);
  expect(found[0]).toBeCloseTo(least, 11);
  expect(found[1]).toBeCloseTo(greatest, 11);
});

it.each([
  [[0], 0.03, 0.8320942060940433, 1.1779273197931441],
  [[1], 0.03, 0.7568966258032979, 1.2442445922978167],
  [[-2], 0.03, 0.43973123300157724, 1.8480423804905246],
  [[3], 0.1, 0.027685657752177236, 9.123561321633494],
  [[0, 0], 0.03, 0.7746292540873364, 1.2653441047694942],
  [[1, -0.5], 0.03, 0.7192963754408345, 1.3257364142135826],
  [[2, 0.1, -1], 0.05, 0.31241995354403584, 2.3604969810851046],
])(
  'a Gaussian’s action %j deviations away has within a KL of %f ratios from %f to %f',
  (z, delta, least, greatest) => {
    const found = ofGaussian(z, delta);
    // An optimiser's precision; a float32 action has less than its distribution.
    expect(found[0] / least).toBeCloseTo(1, 5);
    expect(found[1] / greatest).toBeCloseTo(1, 5);
  },
);

test.prop(
  {
    logit: fc.double({ min: -20, max: 20, noNaN: true }),
    logDelta: fc.double({ min: Math.log(1e-7), max: Math.log(10), noNaN: true }),
  },
  { numRuns: 500 },
)('both ends solve the paper’s equation, with 1 between them', ({ logit, logDelta }) => {
  const p = 1 / (1 + Math.exp(-logit));
  const others = 1 / (1 + Math.exp(logit));
  const delta = Math.exp(logDelta);
  const [least, greatest] = rangeOf(two, [Math.log(p), Math.log(others)], [0], delta);
  expect(least).toBeLessThanOrEqual(1);
  expect(greatest).toBeGreaterThanOrEqual(1);
  // Σ p·k3 over both, in which nothing cancels, where the other's share is no difference of near numbers.
  for (const r of [least, greatest]) {
    const rest = (1 - p * r) / others;
    if (!(rest > 1e-6 && r > 1e-6) || p > 0.999) continue;
    const kl = p * (r - 1 - Math.log(r)) + others * (rest - 1 - Math.log(rest));
    expect(Math.abs(kl - delta)).toBeLessThan(1e-7 * delta + 1e-13);
  }
});

it('two independent choices share the KL as is best for both together', () => {
  const delta = 0.03;
  const [p, q] = [0.2, 0.7];
  const found = rangeOf(multiDiscreteHead([2, 2]), [p, 1 - p, q, 1 - q].map(Math.log), [0, 0], delta);
  const of = (side: 0 | 1) =>
    Array.from({ length: 2001 }, (_, i) => {
      const first = (delta * Math.max(i, 1e-6)) / 2000;
      return ofChoice(p, first)[side] * ofChoice(q, Math.max(delta - first, 1e-12))[side];
    });
  expect(found[0]).toBeCloseTo(Math.min(...of(0)), 6);
  expect(found[1]).toBeCloseTo(Math.max(...of(1)), 6);
  // Bits are choices of two.
  const logit = (x: number) => Math.log(x / (1 - x));
  const bits = rangeOf(multiBinaryHead(2), [logit(p), logit(q)], [1, 1], delta);
  expect(bits[0]).toBeCloseTo(found[0], 11);
  expect(bits[1]).toBeCloseTo(found[1], 11);
});

const heads: Readonly<Record<string, Head>> = {
  categorical: categoricalHead(4),
  'several choices': multiDiscreteHead([3, 1, 2]),
  bits: multiBinaryHead(3),
  Gaussian: diagonalGaussianHead(2),
  'squashed Gaussian': squashedGaussianHead(2),
};

describe.each(Object.keys(heads))('of a %s', (name) => {
  const head = heads[name];

  it('no policy within the KL has a ratio outside, and some come near the ends', () => {
    const random = randomStream(5, name);
    const [kl, before, after] = [0, 1, 2].map(() => new Float64Array(1));
    const [least, greatest] = [new Float64Array(1), new Float64Array(1)];
    for (let each = 0; each < 20; each++) {
      const drawn = (scale: number) =>
        Float32Array.from({ length: head.width }, () => scale * random.normal());
      const outputs = drawn(0.7);
      const old = new Float64Array(head.width);
      head.read(outputs, 1, old);
      const action = new Float32Array(head.actionWidth);
      head.sample(old, 0, random, action);
      head.ratioRange(old, action, 1, 0.05, least, greatest);
      head.logProb(old, action, 1, before);
      let [low, high] = [1, 1];
      const current = new Float64Array(head.width);
      const reach = (direction: Float32Array): void => {
        // As far along the direction as the KL allows.
        let [inside, outside] = [0, 8];
        const go = (by: number): number => {
          head.read(
            outputs.map((z, k) => z + by * direction[k]),
            1,
            current,
          );
          head.kl(old, current, 1, kl);
          return kl[0];
        };
        for (let i = 0; i < 30; i++) {
          const middle = (inside + outside) / 2;
          if (go(middle) <= 0.05) inside = middle;
          else outside = middle;
        }
        go(inside);
        head.logProb(current, action, 1, after);
        const ratio = Math.exp(after[0] - before[0]);
        low = Math.min(low, ratio);
        high = Math.max(high, ratio);
      };
      for (let i = 0; i < 200; i++) reach(drawn(1));
      const score = new Float32Array(head.width);
      head.addPolicyGradient(old, action, Float64Array.of(1), 0, 1, score);
      reach(score);
      reach(score.map((g) => -g));
      expect(low).toBeGreaterThan(least[0] - 1e-5);
      expect(high).toBeLessThan(greatest[0] + 1e-5 * greatest[0]);
      expect(Math.log(low)).toBeLessThan(0.5 * Math.log(least[0]) + 1e-9);
      expect(Math.log(high)).toBeGreaterThan(0.5 * Math.log(greatest[0]) - 1e-9);
    }
  });
});

it('an action that is certain has no other ratio', () => {
  expect(rangeOf(categoricalHead(1), [0], [0], 0.03)).toEqual([1, 1]);
  expect(rangeOf(two, [0, Number.NEGATIVE_INFINITY], [0], 0.03)).toEqual([1, 1]);
});

it('what is as good as impossible may become a good deal more probable, and hardly less costs anything', () => {
  const [least, greatest] = ofChoice(1e-9, 0.03);
  expect(least).toBeLessThan(1e-6);
  expect(greatest).toBeGreaterThan(1e6);
  expect(greatest).toBeLessThan(1e9);
});
