import { fc, test } from '@fast-check/vitest';
import { describe, expect, it } from 'vitest';
import { categoricalHead } from '../../src/policy/categorical.ts';
import { diagonalGaussianHead } from '../../src/policy/diagonal-gaussian.ts';
import type { Head } from '../../src/policy/head.ts';
import type { KlDirection } from '../../src/policy/mixture.ts';
import { multiBinaryHead } from '../../src/policy/multi-binary.ts';
import { multiDiscreteHead } from '../../src/policy/multi-discrete.ts';
import { squashedGaussianHead } from '../../src/policy/squashed-gaussian.ts';
import { type Random, randomStream } from '../../src/random/random.ts';
import { createProjector } from '../../src/trust-region/projection.ts';

const heads: readonly Head[] = [
  categoricalHead(4),
  diagonalGaussianHead(2),
  squashedGaussianHead(2),
  multiDiscreteHead([3, 1, 2]),
  multiBinaryHead(3),
];
const directions = ['oldNew', 'newOld'] as const;
const cases = heads.flatMap((head) =>
  directions.map((direction) => ({ kind: head.kind, head, direction }) as const),
);

/** A distribution as the head stores it, in float64, of outputs. */
function read({ kind, sizes }: Head, z: Float64Array): Float64Array {
  if (kind !== 'categorical' && kind !== 'multiDiscrete') return z.slice();
  const out = z.slice();
  let from = 0;
  for (const n of sizes) {
    const own = z.subarray(from, from + n);
    const most = Math.max(...own);
    const all = most + Math.log(own.reduce((sum, each) => sum + Math.exp(each - most), 0));
    for (let k = from; k < from + n; k++) out[k] -= all;
    from += n;
  }
  return out;
}

/** ∂(Σ w·x̃)/∂z̃: what is stored, in outputs. */
function slopes({ kind, sizes }: Head, w: Float64Array, mixed: Float64Array): Float64Array {
  if (kind !== 'categorical' && kind !== 'multiDiscrete') return w.slice();
  const out = w.slice();
  let from = 0;
  for (const n of sizes) {
    const all = w.subarray(from, from + n).reduce((a, b) => a + b, 0);
    for (let k = from; k < from + n; k++) out[k] -= all * Math.exp(mixed[k]);
    from += n;
  }
  return out;
}

function projected(head: Head, direction: KlDirection, old: Float64Array, own: Float64Array, delta: number) {
  const projector = createProjector(head, direction, 1);
  const [mixed, shares, kl] = [new Float64Array(head.width), new Float64Array(1), new Float64Array(1)];
  projector.project(old, own, 1, delta, mixed, shares);
  projector.kl(old, mixed, 1, kl);
  return { projector, mixed, shares, kl: kl[0] };
}

const drawn = (random: Random, { width }: Head, scale = 0.7): Float64Array =>
  Float64Array.from({ length: width }, () => scale * random.normal());

it('from (½, ½) a bound of 0.02 one way is 0.0203 the other', () => {
  const two = categoricalHead(2);
  const [even, far] = [Float64Array.of(0.5, 0.5), Float64Array.of(0.9, 0.1)].map((p) => p.map(Math.log));
  const [oldNew, newOld] = [new Float64Array(1), new Float64Array(1)];
  const near = projected(two, 'newOld', even, far, 0.02);
  expect(near.kl).toBeCloseTo(0.02, 10);
  two.kl(even, near.mixed, 1, oldNew);
  expect(oldNew[0]).toBeCloseTo(0.0203, 4);
  const other = projected(two, 'oldNew', even, far, oldNew[0]);
  two.kl(other.mixed, even, 1, newOld);
  expect(newOld[0]).toBeCloseTo(0.02, 10);
  for (const k of [0, 1]) expect(other.mixed[k]).toBeCloseTo(near.mixed[k], 10);
});

it('of a Gaussian whose deviations stay is TRPL’s projection of the mean: (μ + ω·μ_old)/(1 + ω), ω = √(KL/δ) − 1', () => {
  const [old, own] = [Float64Array.of(0.3, -1, -0.5, 0.2), Float64Array.of(1.1, -0.2, -0.5, 0.2)];
  const kl = new Float64Array(1);
  const head = diagonalGaussianHead(2);
  head.kl(own, old, 1, kl);
  const omega = Math.sqrt(kl[0] / 0.03) - 1;
  const { mixed } = projected(head, 'newOld', old, own, 0.03);
  for (const d of [0, 1]) expect(mixed[d]).toBeCloseTo((own[d] + omega * old[d]) / (1 + omega), 9);
  expect([...mixed.slice(2)]).toEqual([-0.5, 0.2]);
});

describe.each(cases)('a $kind, $direction', ({ head, direction }) => {
  const { width } = head;

  it('leaves what is inside to the bit, and its gradient', () => {
    const random = randomStream(1, head.kind);
    const old = read(head, drawn(random, head));
    const own = old.map((each) => each + 1e-9);
    const { projector, mixed, shares } = projected(head, direction, old, own, 0.01);
    expect([mixed, shares[0]]).toEqual([own, 1]);
    const gradient = Float32Array.from({ length: width }, (_, k) => k + 1);
    projector.pullBack(old, own, mixed, shares, 1, gradient);
    expect([...gradient]).toEqual(Array.from({ length: width }, (_, k) => k + 1));
  });

  it('has in 200 random states the KL δ, and the gradient by central differences', () => {
    const random = randomStream(11, `${head.kind} ${direction}`);
    let outside = 0;
    for (let i = 0; i < 200; i++) {
      const [old, z, w] = [read(head, drawn(random, head)), drawn(random, head), drawn(random, head)];
      const loss = (at: Float64Array): number => {
        const { mixed } = projected(head, direction, old, read(head, at), 0.05);
        return w.reduce((sum, each, k) => sum + each * mixed[k], 0);
      };
      const own = read(head, z);
      const { projector, mixed, shares, kl } = projected(head, direction, old, own, 0.05);
      expect(kl).toBeLessThanOrEqual(0.05);
      if (shares[0] < 1) {
        outside += 1;
        expect(kl).toBeGreaterThan(0.05 * (1 - 1e-9));
      }
      const gradient = Float32Array.from(slopes(head, w, mixed));
      projector.pullBack(old, own, mixed, shares, 1, gradient);
      const step = 1e-4;
      for (let k = 0; k < width; k++) {
        const moved = (by: number): number => loss(z.map((each, j) => (j === k ? each + by : each)));
        const measured = (moved(step) - moved(-step)) / (2 * step);
        expect(Math.abs(measured - gradient[k]), `state ${i}`).toBeLessThan(2e-5);
      }
    }
    expect(outside).toBeGreaterThan(100);
  });

  it('is the nearest of the ball: no other point of it is nearer', () => {
    const random = randomStream(5, `${head.kind} ${direction}`);
    const distance = (mixed: Float64Array, own: Float64Array): number => {
      const out = new Float64Array(1);
      if (direction === 'newOld') head.kl(mixed, own, 1, out);
      else head.kl(own, mixed, 1, out);
      return out[0];
    };
    for (let i = 0; i < 20; i++) {
      const [old, own] = [read(head, drawn(random, head)), read(head, drawn(random, head))];
      const { mixed } = projected(head, direction, old, own, 0.05);
      for (let other = 0; other < 50; other++) {
        const beside = read(
          head,
          mixed.map((each) => each + 0.05 * random.normal()),
        );
        const { mixed: inside } = projected(head, direction, old, beside, 0.05);
        expect(distance(inside, own)).toBeGreaterThanOrEqual(distance(mixed, own) - 1e-9);
      }
    }
  });

  test.prop(
    {
      seed: fc.nat(),
      scale: fc.constantFrom(0.1, 1, 10, 300),
      logDelta: fc.double({ min: Math.log(1e-9), max: Math.log(50), noNaN: true }),
    },
    { numRuns: 200 },
  )('is inside, a distribution, and has a finite gradient, however far π is', ({ seed, scale, logDelta }) => {
    const random = randomStream(seed, 'far');
    const spread = head.kind.endsWith('Gaussian') ? Math.min(scale, 5) : scale;
    const [old, own] = [read(head, drawn(random, head)), read(head, drawn(random, head, spread))];
    const delta = Math.exp(logDelta);
    const { projector, mixed, shares, kl } = projected(head, direction, old, own, delta);
    expect(kl).toBeLessThanOrEqual(delta);
    expect(mixed.every((each) => !Number.isNaN(each))).toBe(true);
    const gradient = Float32Array.from(drawn(random, head));
    projector.pullBack(old, own, mixed, shares, 1, gradient);
    expect(gradient.every(Number.isFinite)).toBe(true);
  });
});

it.each(directions)('what is ruled out stays so and has no gradient, %s', (direction) => {
  const head = categoricalHead(3);
  const [old, own] = [Float64Array.of(0.5, 0.5, 0), Float64Array.of(0.99, 0.01, 0)].map((p) =>
    p.map(Math.log),
  );
  const { projector, mixed, shares, kl } = projected(head, direction, old, own, 0.01);
  expect(kl).toBeCloseTo(0.01, 8);
  expect(mixed[2]).toBe(Number.NEGATIVE_INFINITY);
  expect(Math.exp(mixed[0]) + Math.exp(mixed[1])).toBeCloseTo(1, 12);
  const gradient = Float32Array.of(0.5, -0.5, 0);
  projector.pullBack(old, own, mixed, shares, 1, gradient);
  // Of two values, whose sphere is two points, a projected state has none at all.
  for (const each of gradient) expect(Math.abs(each)).toBeLessThan(1e-7);

  const bits = multiBinaryHead(3);
  const masked = projected(
    bits,
    direction,
    Float64Array.of(0.1, Infinity, -Infinity),
    Float64Array.of(3, Infinity, -Infinity),
    0.01,
  );
  expect(masked.kl).toBeCloseTo(0.01, 8);
  expect([...masked.mixed.slice(1)]).toEqual([Infinity, -Infinity]);
});

it('a policy that is not a number is left to those who look for it', () => {
  const head = diagonalGaussianHead(1);
  const { mixed, shares } = projected(head, 'oldNew', Float64Array.of(0, 0), Float64Array.of(NaN, 0), 0.01);
  expect([mixed[0], shares[0]]).toEqual([NaN, 1]);
});
